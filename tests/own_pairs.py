"""A script pair of your own and its client file."""

from __future__ import annotations

import re
from pathlib import Path

from aovpn_remediate.verify import Job
from tests.golden_files import ROOT
from tests.proof_jobs import jobs

OWN_DETECTION = """$path = Join-Path $env:ProgramData 'Microsoft/Network/Connections/Pbk/rasphone.pbk'
$text = [IO.File]::ReadAllText($path)
if ($text -match '(?m)^\\[Contoso VPN\\]\\s*$[^\\[]*?^IpInterfaceMetric=25\\s*$') { 'wrong'; exit 1 }
'right'
exit 0
"""
EDIT = """$path = Join-Path $env:ProgramData 'Microsoft/Network/Connections/Pbk/rasphone.pbk'
$text = [IO.File]::ReadAllText($path)
$right = $text -replace '(\\[Contoso VPN\\]\\s[^\\[]*?IpInterfaceMetric=)25', '${1}3'
"""
WRITE = "if ($right -ne $text) { [IO.File]::WriteAllText($path, $right) }\n"


def own_pair(folder: Path, repair: str) -> list[Job]:
    """A custom pair with this repair, on the clients that the docs show, busier and with an umlaut."""
    (folder / "detect.ps1").write_text(OWN_DETECTION)
    (folder / "repair.ps1").write_text(f"{EDIT}{repair}\nexit 0\n")
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    (cases,) = re.findall(r"```yaml\n(- case: the metric is wrong\n.*?)```", page, re.DOTALL)
    cases = cases.replace("VPN 2", "M\u00fcnchen").replace(
        "ipv6: 3}, {name: Contoso M", "ipv6: 9}, {name: Contoso M"
    )
    (folder / "clients.yaml").write_text(cases, encoding="utf-8")
    return jobs_of(folder)


def jobs_of(folder: Path) -> list[Job]:
    entry = "{kind: custom, detection: detect.ps1, remediation: repair.ps1, clients: [clients.yaml]}"
    return jobs(folder, entry)
