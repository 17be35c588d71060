"""``python -m milpcore`` is the command ``milpcore``."""

import sys

if __name__ == "__main__":
    try:
        from milpcore.cli import main

        code = main()
    except KeyboardInterrupt:  # before the command line could answer it
        sys.stderr.write("milpcore: interrupted\n")
        code = 130
    sys.exit(code)
