"""What importing costs, and a first call in a new process, beside httpx and peer SDKs.

Whole processes, in turns; a bare interpreter's time of the same round is taken off. Budgets: 30 ms
for the import, 1.4 of ``import httpx`` for the first call, and nothing of the list below after
``import sume_ext``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from tests.benchmarks.answering import answering

DENIED = ("httpx", "httpcore", "attr", "attrs", "sume_api", "asyncio", "ssl", "json", "dateutil")
_ROUNDS = 9
_BARE = "a bare interpreter"
_HTTPX = "import httpx"


def programs(url: str) -> dict[str, str]:
    """What each contestant runs."""
    client = f"(api_key='k', base_url={url!r})"
    return {
        _BARE: "pass",
        "import sume_ext": "import sume_ext",
        _HTTPX: "import httpx",
        "sume_ext, first call": f"import sume_ext; sume_ext.Sume{client}.jobs.get('j')",
        "httpx, first call": f"import httpx; httpx.Client().get({url!r}).json()",
        "import requests": "import requests",
        "runwayml, first call": f"import runwayml; runwayml.RunwayML{client}.tasks.retrieve('j')",
    }


def milliseconds(program: str) -> float:
    """Time of a process that runs a program and leaves without tidying up."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"{program}; import os; os._exit(0)"], check=True)
    return (time.perf_counter() - began) * 1e3


def loaded() -> list[str]:
    """The modules of the list that ``import sume_ext`` loads."""
    code = "import sys, sume_ext; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return sorted({name.split(".")[0] for name in done.stdout.split()} & set(DENIED))


def main() -> None:
    """Print the table."""
    with answering() as url:
        runs = programs(url)
        seen: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(_ROUNDS):
            for name, program in runs.items():
                seen[name].append(milliseconds(program))
    print(f"{'whole process':28} {'ms':>8} {'over bare':>10} {'x httpx':>8}   budgets 30 ms, 1.4")  # noqa: T201
    for name, took in seen.items():
        rounds = list(zip(took, seen[_BARE], seen[_HTTPX], strict=True))
        over = median(one - bare for one, bare, _ in rounds)
        ratio = median((one - bare) / (httpx - bare) for one, bare, httpx in rounds)
        print(f"{name:28} {median(took):8.1f} {over:10.1f} {ratio:8.2f}")  # noqa: T201
    print(f"denied modules loaded by import sume_ext: {', '.join(loaded()) or 'none'}")  # noqa: T201


if __name__ == "__main__":
    main()
