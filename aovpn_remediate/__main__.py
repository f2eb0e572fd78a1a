"""The entry point of ``remediate`` and ``python -m aovpn_remediate``."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Nearly all that a run makes lives to its end: to look for garbage often, and once more at the exit,
    # would take a sixth of the time of a short command.
    gc.set_threshold(100_000)
    try:
        from aovpn_remediate.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
