"""``python -m sume_ext.sandbox``: the sandbox in a shell, without the ``sume`` command."""

from __future__ import annotations

import sys

from sume_ext.sandbox.command import serve

if __name__ == "__main__":
    sys.exit(serve(program="python -m sume_ext.sandbox"))
