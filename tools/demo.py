"""The demo: publish the example to a simulated tenant, change one line, publish again.

Starts the simulator on loopback with everything in a temporary folder and leaves nothing behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REMEDIATE = [sys.executable, "-m", "aovpn_remediate"]


def main() -> int:
    """Play the demo; the first command that fails ends it."""
    with tempfile.TemporaryDirectory() as folder, simulator() as url:
        work = Path(folder)
        config = work / "remediate.yaml"
        config.write_bytes((ROOT / "examples" / "remediate.yaml").read_bytes())

        say("A config: six remediations for a user tunnel and a device tunnel (examples/remediate.yaml).")
        play(work, "render -o rendered")
        say("What would change in the tenant? A simulated one listens on loopback; no account is needed.")
        play(work, f"plan --graph-url {url}")
        say("Carry it out. (--yes is for pipelines; without it remediate asks.)")
        play(work, f"publish --graph-url {url} --yes")
        say("A second time changes nothing.")
        play(work, f"publish --graph-url {url} --yes")
        say("Now edit one line: the device tunnel's metric, 15 to 20.")
        edit(config, "ipv4: 15", "ipv4: 20")
        play(work, f"plan --graph-url {url} --diff")
        play(work, f"publish --graph-url {url} --yes")
    program = Path(".venv", "Scripts" if os.name == "nt" else "bin", "remediate")
    say(
        "That was the product. Go on with your own file:\n"
        f"    {program} kinds interface-metric\n"
        f"    {program} validate -c {Path('examples', 'remediate.yaml')}\n"
        f"    {program} simulator --port 8765 --state tenant.db"
    )
    return 0


def play(folder: Path, line: str) -> None:
    """Show a command line, run it, and stop the demo if it fails."""
    print(f"\n$ remediate {line}", flush=True)
    subprocess.run([*REMEDIATE, *line.split()], cwd=folder, check=True)


def say(text: str) -> None:
    """Say what comes next."""
    print(f"\n# {text}", flush=True)


def edit(path: Path, old: str, new: str) -> None:
    """Change one line of the config, as a person would in an editor."""
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        sys.exit(f"{path.name}: {old!r} is there {text.count(old)} times; the demo needs it once")
    path.write_text(text.replace(old, new), encoding="utf-8")


@contextmanager
def simulator() -> Iterator[str]:
    """A simulated tenant on a free port; its URL."""
    command = [*REMEDIATE, "simulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
