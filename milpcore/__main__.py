"""``python -m milpcore`` is the command ``milpcore``."""

import sys

from milpcore.cli import main

if __name__ == "__main__":
    sys.exit(main())
