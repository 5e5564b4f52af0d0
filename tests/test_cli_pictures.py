"""Guarantee: the README's pictures are what the command shows, and load nothing from elsewhere.

The threats: a picture of yesterday's command, and a page that tells a third party who reads it.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from scripts import pictures

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = re.compile(r"""(?:href|src)=|url\((?!#)|@import|@font-face""")


@pytest.mark.parametrize("picture", pictures.PICTURES, ids=lambda picture: picture.name)
def test_a_picture_loads_nothing(picture: pictures.Picture) -> None:
    text = (pictures.FOLDER / f"{picture.name}.svg").read_text(encoding="utf-8")
    assert not ELSEWHERE.search(text.replace('clip-path="url(#', ""))


@pytest.mark.slow
def test_the_pictures_are_what_the_command_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = {path.name: path.read_text() for path in pictures.FOLDER.iterdir()}
    monkeypatch.setattr(pictures, "FOLDER", tmp_path)
    monkeypatch.setattr(pictures, "ROOT", tmp_path)
    pictures.main()
    assert {path.name for path in tmp_path.iterdir()} == set(committed)
    for name in ("help.svg", "error.svg"):
        gone = said(committed[name]) - said((tmp_path / name).read_text())
        assert not gone, f"make pictures: {name} shows what is no longer said"


def said(picture: str) -> set[str]:
    """The pieces of text in a picture; a request's id is another each time."""
    text = html.unescape(re.sub(r"req_sandbox_\w+", "", picture)).replace("\xa0", " ")
    return {piece.strip() for piece in re.findall(r"<text[^>]*>([^<]+)</text>", text)}
