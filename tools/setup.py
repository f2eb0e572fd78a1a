"""Make .venv with the project and its development tools; quick when it is already there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
ADVICE = "install Python's venv module (Debian and Ubuntu: sudo apt-get install python3-venv)"


def main() -> int:
    """Set up, or say what is missing."""
    if sys.version_info < (3, 11):
        return fail(f"Python {sys.version.split()[0]} is too old; name a newer one: make PYTHON=python3.12")
    if not has_ensurepip() and not install_venv_module():
        return fail(ADVICE)
    print("setting up .venv (once, about a minute) ...", file=sys.stderr)
    venv.create(FOLDER, with_pip=True, symlinks=os.name != "nt")
    python = next(
        path for path in (FOLDER / "bin" / "python", FOLDER / "Scripts" / "python.exe") if path.exists()
    )
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "-c", ROOT / "constraints.txt", "-e", ROOT, *development_tools()], check=False
    )
    if done.returncode:
        return fail("pip could not install what the project needs; its own words are above")
    (FOLDER / "ready").touch()
    return 0


def development_tools() -> list[str]:
    """The packages of pyproject.toml's dependency group dev."""
    import tomllib

    return list(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
    )


def has_ensurepip() -> bool:
    """Debian's Python comes without it until python3-venv is installed."""
    probe = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def install_venv_module() -> bool:
    """Install it where that needs no question: on Debian or Ubuntu, as root."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return False
    for command in (["apt-get", "-qq", "update"], ["apt-get", "-qqy", "install", "python3-venv"]):
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return has_ensurepip()


def fail(why: str) -> int:
    """Say why and fail."""
    print(f"error: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
