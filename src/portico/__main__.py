"""`python -m portico`: the same as the `portico` command."""

import sys

from portico.cli import main

if __name__ == "__main__":
    sys.exit(main())
