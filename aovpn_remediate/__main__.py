"""The entry point of ``remediate`` and ``python -m aovpn_remediate``."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Nearly all that a run makes lives to its end: to look for garbage often, and once more at the exit,
    # would need a sixth of the time of a short command.
    gc.set_threshold(100_000)
    # pydantic would ask every installed distribution for plug-ins, and run those (pydantic, "Plugins"); none
    # is wanted where scripts are made. Who wants one for debugging sets the variable.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from aovpn_remediate.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
