"""`python -m outcry` is the `outcry` command."""

import sys

from outcry.cli import main

sys.exit(main())
