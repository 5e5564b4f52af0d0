"""What redaction costs beside logging alone: a clean record, a dirty one, and a megabyte of both.

Every row is a ratio to the same logger writing the same lines without redaction, in one run;
processor time, so that a busy machine changes little.
"""

from __future__ import annotations

import logging
from functools import partial
from time import process_time
from typing import TYPE_CHECKING

from sume_ext.secrecy.log_redaction import clean, install_log_redaction
from sume_ext.secrecy.memory import remember
from sume_ext.secrecy.redaction import redact_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEY = "sume_live_9f8e7d6c5b4a39281706"
OBJECT_KEY = "media/5c1f9a7e3b2d4c6f/clip-0042.mp4"
CLEAN = "GET /api/v1/jobs/job_5f0e11aa finished with status 200 in 35 ms, attempt 1 of 5"
DIRTY = (
    f"Authorization: Bearer {KEY}",
    "PUT https://bucket.s3.eu-west-1.amazonaws.com/media/clip.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261122%2Feu-west-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20261122T203941Z&X-Amz-Expires=900&X-Amz-Signature=" + "9f" * 32,
    '{"user": {"id": "user_9f8e7d6c5b4a", "email": "someone@example.com"}, "credits": 12}',
    f"stored as {OBJECT_KEY} for someone@example.com",
)
MEGABYTE = 1_000_000
_NINE = (CLEAN,) * 9


class _Nowhere(logging.Handler):
    """Formats every record and forgets it, so that no disk is measured."""

    def emit(self, record: logging.LogRecord) -> None:
        self.format(record)


def _best(work: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Seconds that one call takes at best."""

    def measured() -> float:
        began = process_time()
        for _ in range(times):
            work()
        return (process_time() - began) / times

    return min(measured() for _ in range(rounds))


def _log_all(logger: logging.Logger, lines: list[str]) -> None:
    for line in lines:
        logger.info("%s", line)


def _megabyte(lines: Sequence[str]) -> str:
    text = "\n".join(lines) + "\n"
    return (text * (MEGABYTE // len(text) + 1))[:MEGABYTE]


def main() -> None:
    """Print the table."""
    remember(KEY, OBJECT_KEY, *(f"{number:024x}" for number in range(500)))
    logger = logging.getLogger("bench.redaction")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(_Nowhere())
    rows: list[tuple[str, float, float]] = []
    texts = {"clean": CLEAN, "a key": DIRTY[0], "a signed URL": DIRTY[1], "JSON": DIRTY[2]}
    for name, text in texts.items():
        alone = _best(partial(logger.info, "%s", text), 5_000)
        uninstall = install_log_redaction()
        redacted = _best(partial(logger.info, "%s", text), 5_000)
        uninstall()
        rows.append((f"one record, {name}", alone, redacted))
    megabytes: dict[str, Sequence[str]] = {
        "1 MB, clean": [CLEAN],
        "1 MB, one line in ten dirty": [*_NINE, DIRTY[0], *_NINE, DIRTY[1]],
        "1 MB, every line dirty": DIRTY,
    }
    for name, lines in megabytes.items():
        text = _megabyte(lines)
        line_by_line = text.splitlines()
        alone = _best(partial(_log_all, logger, line_by_line), 1, 3)
        redacted = alone + _best(partial(redact_text, text), 1, 3)
        rows.append((name, alone, redacted))
    print(f"{'what':32}{'logging':>12}{'redaction':>12}{'ratio':>8}")  # noqa: T201
    for name, alone, redacted in rows:
        added = redacted - alone
        print(  # noqa: T201  (a table for a person)
            f"{name:32}{alone * 1e6:>9.1f} us{added * 1e6:>9.1f} us{redacted / alone:>8.2f}"
        )
    record = logging.LogRecord("bench", logging.INFO, "", 0, "%s", (CLEAN,), None)
    print(f"the filter alone, clean record: {_best(partial(clean, record), 20_000) * 1e6:.2f} us")  # noqa: T201


if __name__ == "__main__":
    main()
