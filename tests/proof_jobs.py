"""Jobs of `verify` for every kind and scope."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from aovpn_remediate.config import load_config
from aovpn_remediate.kinds import KINDS
from aovpn_remediate.scripts.render import render_package
from aovpn_remediate.verify import Job, jobs_for
from tests.golden_files import ROOT

EXAMPLE = ROOT / "examples" / "remediate.yaml"
PROFILE_KINDS = [
    ("interface-metric", "ipv4: 3"),
    ("interface-metric", "ipv4: automatic, ipv6: 9"),
    ("interface-metric", "ipv4: 9999, ipv6: null"),
    ("route-presence", "routes: [10.20.0.0/16, '2001:db8::/32']"),
    ("route-presence", "routes: [{prefix: 10.20.0.0/16, metric: 5}], stale: remove"),
    ("route-presence", "routes: [10.0.0.0/8, {prefix: 10.9.0.0/16, exclude: true}], exclusions: write"),
]
SCOPES = [
    "scope: user", "scope: user, live: ignore", "scope: user, stored: ignore, live: repair", "scope: all-users",
    "scope: device", "scope: device, live: report", "scope: device, stored: ignore", "scope: device, repair: false",
    "scope: user, repair: false, when_absent: issue",
]  # fmt: skip
RASMAN = [
    "privileges: windows", "privileges: workaround, restart: when-disconnected",
    "privileges: [SeTcbPrivilege], repair: false",
]  # fmt: skip


def _entry(kind: str, own: str, scope: str) -> str:
    return f'kind: {kind}, profile: "O\'Neil M\u00fcnchen", {scope}, {own}'


ENTRIES = [_entry(*PROFILE_KINDS[index], scope) for index in (0, 3) for scope in SCOPES]
ENTRIES += [
    _entry(*PROFILE_KINDS[index], scope) for index in (1, 2, 4, 5) for scope in (SCOPES[0], SCOPES[4])
]
ENTRIES += [f"kind: rasman-privileges, {own}" for own in RASMAN]


def jobs(folder: Path, entry: str) -> list[Job]:
    """Every case of one remediation."""
    path = folder / "r.yaml"
    path.write_text(f"name: c\nremediations:\n  m: {{{entry}}}\n", encoding="utf-8")
    config = load_config(path)
    return [
        job for one in config.remediations for job in jobs_for(one, render_package(one, config=config.name))
    ]


RENDERED = [kind for kind in KINDS if kind != "custom"]


def broken(job: Job, old: bytes, new: bytes) -> Job:
    """The same case with a script that does something else."""
    remediation = job.package.remediation.replace(old, new)
    assert remediation != job.package.remediation
    return replace(job, package=replace(job.package, remediation=remediation))


def the_case(folder: Path, name: str, entry: str = ENTRIES[0]) -> Job:
    return next(job for job in jobs(folder, entry) if job.case.name == name)
