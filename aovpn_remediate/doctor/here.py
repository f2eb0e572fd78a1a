"""Checks of this computer: what is installed, and the config."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

from aovpn_remediate import __version__
from aovpn_remediate.doctor.check import Finding, failed, failed_by, ok, warning
from aovpn_remediate.doctor.situation import Situation
from aovpn_remediate.errors import ClientError, ProblemsError, RemediateError
from aovpn_remediate.wording import all_of, count_of

_LIBRARIES = ("msal", "requests", "truststore", "cryptography")
_NOT_READ = "the tenants of this file are not read; the checks below use the variables"


def versions(_: Situation) -> Finding:
    """The versions of the tool, of Python, of the system and of the libraries for signing in."""
    found = [f"remediate {__version__}", f"Python {platform.python_version()}", platform.platform(terse=True)]
    missing: list[str] = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return failed(f"{all_of(missing)} not installed; found {', '.join(found)}", "install remediate again")
    return ok(", ".join(found))


def config(situation: Situation) -> Finding:
    """Whether the config can be read."""
    read, path = situation.read, situation.path
    if isinstance(read, ProblemsError):
        if not path.exists():
            return _missing(situation)
        return _broken(read, path)
    if isinstance(read, RemediateError):
        found = failed_by(read)
        return failed(f"{found.detail}\n{_NOT_READ}", found.advice)
    if isinstance(read, Exception):
        raise read
    parts = [count_of(len(read.pairs), "remediation")]
    if read.tenants:
        parts.append(count_of(len(read.tenants), "tenant"))
    if not read.warnings:
        return ok(f"{path}: {', '.join(parts)}")
    parts.append(count_of(len(read.warnings), "warning"))
    return warning(f"{path}: {', '.join(parts)}", f"run remediate validate -c {path}")


def powershell(_: Situation) -> Finding:
    """Which PowerShell is found; only verify needs one."""
    from aovpn_remediate.client import find_powershell, powershell_version

    executable = find_powershell()
    if executable is None:
        return warning(
            "not found; remediate verify cannot run", "install PowerShell 7, or name it in REMEDIATE_PWSH"
        )
    try:
        return ok(f"{powershell_version(executable)} ({executable})")
    except ClientError as error:
        found = failed_by(error)
        return warning(found.detail, found.advice)


def _broken(read: ProblemsError, path: Path) -> Finding:
    """All problems are for validate; the advice of a single one is shown here."""
    count = len(read.problems)
    general = f"run remediate validate -c {path}"
    if count > 1:
        return failed(f"{count} problems, the first is {read.problems[0]}\n{_NOT_READ}", general)
    detail, _, advice = str(read.problems[0]).rpartition("; ")
    shown = f"1 problem: {detail or advice}\n{_NOT_READ}"
    return failed(shown, advice if detail else general)


def _missing(situation: Situation) -> Finding:
    """A file that nobody named may be missing; one that somebody named may not."""
    path = situation.path
    if situation.is_default_path:
        return warning(
            f"{path} is not in this folder; tenant and client id come from the environment",
            "change to its folder, or name the file with -c",
        )
    return failed(f"{path} does not exist", "correct the path after -c")
