"""The built wheel, installed into a fresh environment in another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tests.golden_files import GOLDEN, ROOT, example_file


def test_the_wheel_renders_by_itself(tmp_path: Path):
    """Dependencies come from this environment, so that nothing is downloaded; the package from the wheel."""
    dist = tmp_path / "dist"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    fresh = tmp_path / "fresh"
    venv.create(fresh, symlinks=os.name != "nt")
    python = fresh / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(fresh)}))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-index",
        "--no-deps",
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    code = "import aovpn_remediate; print(aovpn_remediate.__file__)"
    where = subprocess.run(
        [str(python), "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert where.stdout.startswith(str(site))

    config = tmp_path / "remediate.yaml"
    config.write_bytes((ROOT / "examples" / "remediate.yaml").read_bytes())
    render = [str(python), "-m", "aovpn_remediate", "render", "-c", str(config), "-o", "out"]
    subprocess.run(render, cwd=tmp_path, check=True, capture_output=True)
    for path, (kind, _) in example_file().items():
        assert (tmp_path / "out" / path).read_bytes() == (GOLDEN / kind / path).read_bytes()
