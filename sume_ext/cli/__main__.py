"""``python -m sume_ext.cli`` is the ``sume`` command."""

import sys

from sume_ext.cli import main

sys.exit(main())
