"""The sandbox in a shell: two lines to export, then a line per request until Ctrl-C.

The log names no secret: no key, no query, no path of storage or media.
"""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NoReturn

from sume_ext.sandbox.extras import MissingExtraError
from sume_ext.sandbox.faults import Fault
from sume_ext.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import TextIO

    from sume_ext.sandbox.journal import Received

INTERRUPTED: Final = 130
CANT_START: Final = 2
HIGHEST_PORT: Final = 65535
EPILOG: Final = """\
A fault says where, then what, and strikes once unless times= says otherwise:
  --fault 'get_job status=503 times=2 retry_after=5'
  --fault 'create_video_generation outcome=failed times=null'
  --fault 'paid reset=after'
  --fault 'GET /jobs/* latency=0.5 times=null'
"""


class _Parser(argparse.ArgumentParser):
    """A parser that repeats no key which was pasted in a wrong place."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and end."""
        from sume_ext.secrecy.redaction import redact_text  # noqa: PLC0415  (only failures pay)

        super().error(redact_text(message))


def parser(program: str = "sume sandbox") -> argparse.ArgumentParser:
    """The options of the command."""
    options = _Parser(
        prog=program,
        description="Run a stand-in for the Sume API on this machine; nothing leaves it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument(
        "--port", type=_port, default=0, help="port of the API (default: any free)"
    )
    options.add_argument("--speed", type=float, default=1.0, help="how much faster than real time")
    options.add_argument("--credits", type=float, default=1000, help="credits to start with")
    options.add_argument("--seed", type=int, default=0, help="same seed, same ids")
    options.add_argument("--rate-limit", type=int, help="requests per minute before 429")
    options.add_argument("--active-limit", type=int, default=100, help="active jobs before 429")
    options.add_argument(
        "--fault", action="append", default=[], type=_fault, metavar="SPEC", help="see below"
    )
    options.add_argument("--quiet", action="store_true", help="no log of requests")
    return options


def serve(argv: Sequence[str] | None = None, *, program: str = "sume sandbox") -> int:
    """Run the sandbox until Ctrl-C or a termination signal.

    Args:
        argv: The command's options, as in ``["--speed", "10"]``; those of the process by default.
        program: What the command calls itself in its help.

    Returns:
        The exit code: 130 after Ctrl-C, 0 after a termination signal, 2 when it can't start.
    """
    chosen = parser(program).parse_args(argv)
    try:
        sandbox = Sandbox(
            speed=chosen.speed,
            credits=chosen.credits,
            seed=chosen.seed,
            rate_limit=chosen.rate_limit,
            active_limit=chosen.active_limit,
            faults=chosen.fault,
            ports=(chosen.port, 0, 0),
        ).start()
    except (MissingExtraError, OSError, ValueError) as error:
        reason = _reason(error, chosen.port) if isinstance(error, OSError) else error
        print(f"{program}: {reason}", file=sys.stderr)  # noqa: T201  (a command)
        return CANT_START
    with sandbox:
        if not chosen.quiet:
            sandbox.requests.on_answer = lambda received: _tell(received, sys.stderr)
        _announce(sandbox)
        return _wait()


def _reason(error: OSError, port: int) -> str:
    """Why it can't listen, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use already; choose another, or none for any that is free"
    if error.errno == errno.EACCES:
        return f"port {port} is not for this user; choose one above 1023"
    return f"it can't listen: {error.strerror or error}"


def _announce(sandbox: Sandbox) -> None:
    print(  # noqa: T201  (a command)
        f"export SUME_API_KEY={sandbox.api_key}\nexport SUME_API_BASE_URL={sandbox.base_url}",
        flush=True,
    )
    print(  # noqa: T201
        "This is a stand-in: its videos are samples and its credits are free. Ctrl-C stops it.",
        file=sys.stderr,
        flush=True,
    )


def _wait() -> int:
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  (signal's shape)
        stopped.set()

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
    try:
        # A wait without end would not be woken by Ctrl-C everywhere.
        while not stopped.wait(1):
            pass
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _tell(received: Received, stream: TextIO) -> None:
    moment = datetime.now(UTC).astimezone().strftime("%H:%M:%S")
    place = received.path if received.origin == "api" else f"({received.origin})"
    status = received.status or "---"
    name = received.operation or ""
    fault = f"  fault: {received.fault}" if received.fault else ""
    line = f"{moment}  {status}  {received.method:<4} {place:<44} {name}{fault}".rstrip()
    print(line, file=stream, flush=True)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give 0 to {HIGHEST_PORT}")
    return int(text)


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except (TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
