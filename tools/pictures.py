"""Draw the README's pictures as a terminal shows them: a plan after edits of the example, and two proofs.

The proofs need a PowerShell. They are of the example's first pair and of a pair that makes typical mistakes.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tools.demo import REMEDIATE, ROOT, edit, simulator

PICTURES = ROOT / "docs"

WIDEST = 124
"""Columns; a longer line is wrapped, because the text of a wider picture is too small in the README."""
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


HAND_MADE = {
    "remediate.yaml": """\
  hand-made:
    kind: custom
    detection: detect.ps1
    remediation: repair.ps1
    clients: [clients.yaml]
""",
    "detect.ps1": """\
$path = Join-Path $env:ProgramData 'Microsoft/Network/Connections/Pbk/rasphone.pbk'
$metrics = @(Get-Content $path | Where-Object { $_ -like 'IpInterfaceMetric=*' })
exit [int] (@($metrics | Where-Object { $_ -ne 'IpInterfaceMetric=3' }).Count -gt 0)
""",
    "repair.ps1": """\
$path = Join-Path $env:ProgramData 'Microsoft/Network/Connections/Pbk/rasphone.pbk'
$text = [IO.File]::ReadAllText($path) -replace 'IpInterfaceMetric=\\d+', 'IpInterfaceMetric=3'
[IO.File]::WriteAllText($path, $text, [Text.Encoding]::ASCII)
Restart-Service RasMan -Force
exit 0
""",
    "clients.yaml": """\
- case: the metric of one tunnel is wrong
  before: {phonebooks: {device: [{name: Contoso VPN, ipv4: 25}, {name: M\u00fcnchen, ipv4: 3, ipv6: 3}]}}
  exits: [1, 0, 0, 0]
  after: {phonebooks: {device: [{name: Contoso VPN, ipv4: 3}, {name: M\u00fcnchen, ipv4: 3, ipv6: 3}]}}
""",
}
"""A pair with the mistakes of typical scripts: the whole file, ASCII, and a restart on every run."""


def main() -> None:
    """Draw the pictures."""
    for picture in (draw_plan(PICTURES), draw_proofs(PICTURES)):
        print(picture)


def draw_plan(target: Path) -> Path:
    """Publish the example, edit four lines of it, draw the plan that follows, and return the picture."""
    with tempfile.TemporaryDirectory() as folder, simulator() as url:
        config = Path(folder) / "remediate.yaml"
        config.write_bytes((ROOT / "examples" / "remediate.yaml").read_bytes())
        run(folder, "publish", "--yes", "--graph-url", url)
        edit(config, "ipv4: 15", "ipv4: 20")
        edit(config, "10.21.4.11/32", "10.21.4.12/32")
        edit(config, "every: 1 hour", "every: 2 hours")
        edit(config, "  user-metric:\n", "  lab-metric:\n")
        out = run(folder, "plan", "--graph-url", url)
    return draw("$ remediate plan\n" + out, target / "plan.svg")


def draw_proofs(target: Path) -> Path:
    """Verify a pair of the example and the hand-made one, draw both proofs, and return the picture."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in HAND_MADE.items():
            Path(folder, name).write_text(text, encoding="utf-8", newline="\r\n")
        config = Path(folder, "remediate.yaml")
        example = (ROOT / "examples" / "remediate.yaml").read_text(encoding="utf-8")
        config.write_text(example.rstrip() + "\n\n" + HAND_MADE["remediate.yaml"], encoding="utf-8")
        out = run(folder, "verify", "user-metric", "hand-made", fails=True)
    return draw("$ remediate verify user-metric hand-made\n" + out, target / "verify.svg")


def run(folder: str, *arguments: str, fails: bool = False) -> str:
    """Run a command with colors and return what it prints."""
    environment = {**os.environ, "FORCE_COLOR": "1", "NO_COLOR": "", "PYTHONPATH": str(ROOT)}
    command = [*REMEDIATE, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, check=False, stdout=subprocess.PIPE)
    if (done.returncode != 0) != fails or not done.stdout:  # no output: without PowerShell, for example
        sys.exit(f"{' '.join(arguments)}: exit code {done.returncode}")
    return done.stdout.decode()


def draw(output: str, path: Path) -> Path:
    """Write a terminal's output as a picture that loads nothing from elsewhere, and return its path."""
    text = Text.from_ansi(output)
    width = min(max(len(line) for line in text.plain.splitlines()) + 2, WIDEST)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=width, file=nowhere)
        console.print(text)
        svg = console.export_svg(title="remediate", theme=MONOKAI, code_format=FORMAT, unique_id=path.stem)
    path.write_text("\n".join(line.rstrip() for line in svg.splitlines()) + "\n", encoding="utf-8")
    return path


def text_of(picture: Path) -> str:
    """Return the text of a picture, line by line, without the numbers that are different in every run.

    Those are the sizes of scripts, which every change of a template changes, and times.
    """
    lines: dict[float, str] = {}
    for y, text in re.findall(r'<text [^>]*y="([\d.]+)"[^>]*>(.*?)</text>', picture.read_text("utf-8")):
        lines[float(y)] = lines.get(float(y), "") + html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"[\d,]+ (bytes|ms)\b", r"N \1", "\n".join(lines[y] for y in sorted(lines)))


if __name__ == "__main__":
    sys.exit(main())
