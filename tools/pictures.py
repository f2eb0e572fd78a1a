"""Draw the README's pictures: a real plan of the example, changed, as a terminal shows it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from demo import REMEDIATE, ROOT, edit, simulator
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
    <style>
    .{unique_id}-matrix {{
        font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
    }}
    {styles}
    </style>
    <defs>{lines}</defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def main() -> None:
    """Publish the example, change two lines of it, and draw the plan that follows."""
    with tempfile.TemporaryDirectory() as folder, simulator() as url:
        config = Path(folder) / "remediate.yaml"
        config.write_bytes((ROOT / "examples" / "remediate.yaml").read_bytes())
        run(folder, "publish", "--yes", "--graph-url", url)
        edit(config, "ipv4: 15", "ipv4: 20")
        edit(config, "every: 1 hour", "every: 2 hours")
        edit(config, "  user-metric:\n", "  lab-metric:\n")
        out = run(folder, "plan", "--diff", "--graph-url", url)
    draw("$ remediate plan --diff\n" + out, ROOT / "docs" / "plan.svg")


def run(folder: str, *arguments: str) -> str:
    """Run a command with colors and return what it prints."""
    environment = {**os.environ, "FORCE_COLOR": "1", "NO_COLOR": ""}
    done = subprocess.run(
        [*REMEDIATE, *arguments], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE
    )
    return done.stdout.decode()


def draw(output: str, path: Path) -> None:
    """Write a terminal's output as a picture that needs nothing from elsewhere."""
    text = Text.from_ansi(output)
    width = max(len(line) for line in text.plain.splitlines()) + 2
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=width, file=nowhere)
        console.print(text)
        svg = console.export_svg(title="remediate", theme=MONOKAI, code_format=FORMAT, unique_id="plan")
    path.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    sys.exit(main())
