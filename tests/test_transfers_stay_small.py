"""Guarantee: a transfer takes no more memory than a few pieces of it, however large it is.

The threat is a whole video in memory, once per copy that some layer makes of it. Speed is measured
by `tests/benchmarks/bench_transfers.py`, never asserted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.bench_transfers import make, ours, server
from tests.thoroughness import one_in

if TYPE_CHECKING:
    from pathlib import Path

MOST_MIB = 24


@pytest.mark.parametrize("way", one_in(2, ["upload", "download", "async download", "async upload"]))
def test_a_large_file_takes_little_memory(tmp_path: Path, way: str) -> None:
    clip = tmp_path / "clip.mp4"
    make(clip, 96)
    with server(clip) as origin:
        figures = ours(way)(origin, clip)
    assert figures["memory"] <= MOST_MIB
    if way.endswith("download"):
        assert clip.with_name("clip.mp4.out").stat().st_size == clip.stat().st_size
