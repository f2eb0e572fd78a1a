"""The golden scripts: what the example renders to, byte for byte. ``make golden`` writes them again."""

from __future__ import annotations

from pathlib import Path

from aovpn_remediate.config import load_config
from aovpn_remediate.scripts.render import render_package

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"


def rendered() -> dict[str, bytes]:
    """Every script of the example, by its path below ``tests/golden``."""
    config = load_config(ROOT / "examples" / "remediate.yaml")
    scripts: dict[str, bytes] = {}
    for remediation in config.remediations:
        package = render_package(remediation, config=config.name)
        folder = f"{remediation.kind}/{remediation.key}"
        scripts[f"{folder}/detect.ps1"] = package.detection
        if package.remediation:
            scripts[f"{folder}/remediate.ps1"] = package.remediation
    return scripts


def main() -> None:
    """Write them."""
    for old in GOLDEN.rglob("*.ps1"):
        old.unlink()
    for path, content in rendered().items():
        (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / path).write_bytes(content)


if __name__ == "__main__":
    main()
