"""What a whole regeneration costs, from a server on this machine, beside the bare generator.

Both run as commands of their own, as a maintainer runs them; the best of a few rounds.
"""

import subprocess
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import perf_counter

ROOT = Path(__file__).parent.parent.parent
SCHEMA = ROOT / "openapi" / "upstream.json"
ROUNDS = 3


class _Schema(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = SCHEMA.read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (theirs)
        del format, args


def _best(command: list[str]) -> float:
    """Seconds of the quickest of a few runs."""

    def once() -> float:
        began = perf_counter()
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        return perf_counter() - began

    return min(once() for _ in range(ROUNDS))


def _generator(folder: str) -> list[str]:
    options = ("--path", str(SCHEMA), "--meta", "none", "--overwrite")
    where = ("--output-path", str(Path(folder) / "bare"))
    return [sys.executable, "-m", "openapi_python_client", "generate", *options, *where]


def main() -> None:
    """Print seconds and the ratio."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Schema)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/openapi.json"
    whole = _best([sys.executable, "-m", "scripts.regen", "--url", url])
    with tempfile.TemporaryDirectory() as folder:
        bare = _best(_generator(folder))
    server.shutdown()
    print(f"{'make regen from a local server':<40}{whole:6.2f} s   budget 4 s")  # noqa: T201
    print(f"{'the generator alone':<40}{bare:6.2f} s   ratio {whole / bare:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
