"""The golden scripts, byte for byte, and the list of shapes beside the templates.

``make golden`` writes both again. ``<kind>/example/`` is the pair of the kind's own example, ``<kind>/<key>/``
a remediation of the example file.
"""

from __future__ import annotations

from pathlib import Path

from aovpn_remediate.config import load_config
from aovpn_remediate.kinds import KINDS
from aovpn_remediate.scripts.render import render_package
from aovpn_remediate.scripts.template_parts import templates_folder
from tests import shape_list
from tests.pairs import example_pair

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"
RENDERED = [kind for kind in KINDS if (templates_folder() / "kinds" / kind / "check.ps1").is_file()]
"""Every kind whose scripts are rendered."""
EXAMPLE_CONFIG = load_config(ROOT / "examples" / "remediate.yaml")
KEYS = [one.key for one in EXAMPLE_CONFIG.remediations]
"""The keys of the example file."""


def rendered() -> dict[str, bytes]:
    """Every golden script, by its path below ``tests/golden``."""
    scripts = {f"{kind}/{path}": content for path, (kind, content) in example_file().items()}
    for kind in RENDERED:
        package = example_pair(kind)
        scripts[f"{kind}/example/detect.ps1"] = package.detection
        scripts[f"{kind}/example/remediate.ps1"] = package.remediation
    return scripts


def example_file() -> dict[str, tuple[str, bytes]]:
    """Kind and content of every script of the example file, by its path below the output folder of ``render``."""
    scripts: dict[str, tuple[str, bytes]] = {}
    for remediation in EXAMPLE_CONFIG.remediations:
        package = render_package(remediation, config=EXAMPLE_CONFIG.name)
        scripts[f"{remediation.key}/detect.ps1"] = remediation.kind, package.detection
        if package.remediation:
            scripts[f"{remediation.key}/remediate.ps1"] = remediation.kind, package.remediation
    return scripts


def main() -> None:
    """Write them."""
    shape_list.FILE.unlink(missing_ok=True)  # so that Jinja renders every frame again
    shape_list.FILE.write_text(shape_list.shapes_json(), encoding="ascii")
    scripts = rendered()
    for old in GOLDEN.rglob("*.ps1"):
        old.unlink()
    for path, content in scripts.items():
        (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / path).write_bytes(content)


if __name__ == "__main__":
    main()
