"""What redaction costs beside logging alone: a clean record, a dirty one, and a megabyte of both.

Every row is a ratio to the same logger writing the same lines without redaction, in one run;
processor time, so that a busy machine changes little.
"""

from __future__ import annotations

import json
import logging
import random
from functools import partial
from time import process_time
from typing import TYPE_CHECKING

from sume_ext.secrecy.log_redaction import clean, install_log_redaction
from sume_ext.secrecy.memory import remember, remember_json
from sume_ext.secrecy.redaction import redact_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KNOWN = 500
CLEAN = "GET /api/v1/jobs/job_5f0e11aa finished with status 200 in 35 ms, attempt 1 of 5"
MEGABYTE = 1_000_000
_RANDOM = random.Random(5)  # the same text in every run


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


def _hex(size: int) -> str:
    return f"{_RANDOM.getrandbits(4 * size):0{size}x}"


KEY = f"sume_live_{_hex(20)}"
OBJECT_KEYS = [f"media/{_hex(16)}/clip-{number:04}.mp4" for number in range(KNOWN)]


def _clean() -> str:
    return (
        f"GET /api/v1/jobs/job_{_hex(8)} finished with status {_RANDOM.choice((200, 404, 503))} "
        f"in {_RANDOM.randrange(900)} ms, attempt {_RANDOM.randrange(1, 5)} of 5"
    )


def _header() -> str:
    return f"Authorization: Bearer {KEY}"


def _signed() -> str:
    return (
        f"PUT https://bucket.s3.eu-west-1.amazonaws.com/{_RANDOM.choice(OBJECT_KEYS)}"
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261122"
        f"%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=20261122T{_RANDOM.randrange(10**6):06}Z"
        f"&X-Amz-Expires=900&X-Amz-Signature={_hex(64)}"
    )


def _json() -> str:
    return f'{{"user": {{"id": "user_{_hex(12)}", "email": "{_email()}"}}, "credits": 12}}'


def _email() -> str:
    return f"someone.{_hex(4)}@example.com"


def _stored() -> str:
    return f"stored as {_RANDOM.choice(OBJECT_KEYS)} for {_email()}"


def _megabyte(*makers: Callable[[], str]) -> str:
    """A megabyte of lines, no two of them alike, so that nothing pays that remembers lines."""
    lines: list[str] = []
    size = 0
    while size < MEGABYTE:
        lines.append(makers[len(lines) % len(makers)]())
        size += len(lines[-1]) + 1
    return "\n".join(lines)[:MEGABYTE]


def _answer() -> tuple[bytes, dict[str, object]]:
    """What tells the client of the object keys."""
    data: dict[str, object] = {"data": [{"object_key": key} for key in OBJECT_KEYS]}
    return json.dumps(data).encode(), data


def main() -> None:
    """Print the table."""
    remember(KEY)
    remember_json(*_answer())
    logger = logging.getLogger("bench.redaction")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(_Nowhere())
    rows: list[tuple[str, float, float]] = []
    texts = {"clean": CLEAN, "a key": _header(), "a signed URL": _signed(), "JSON": _json()}
    for name, text in texts.items():
        alone = _best(partial(logger.info, "%s", text), 5_000)
        uninstall = install_log_redaction()
        redacted = _best(partial(logger.info, "%s", text), 5_000)
        uninstall()
        rows.append((f"one record, {name}", alone, redacted))
    megabytes: dict[str, Sequence[Callable[[], str]]] = {
        "1 MB, clean": [_clean],
        "1 MB, one line in ten dirty": [*[_clean] * 9, _header, *[_clean] * 9, _signed],
        "1 MB, every line dirty": [_header, _signed, _json, _stored],
    }
    for name, makers in megabytes.items():
        text = _megabyte(*makers)
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
