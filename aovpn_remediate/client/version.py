"""Which PowerShell is installed."""

from __future__ import annotations

import subprocess

from aovpn_remediate.errors import ClientError

_PATIENCE = 15.0  # seconds; the first start after an update is slow
_COMMAND = "$PSVersionTable.PSVersion.ToString()"


def powershell_version(executable: str) -> str:
    """Return the version of a PowerShell; raises ``ClientError`` if it cannot be run within 15 s."""
    command = [executable, "-NoProfile", "-NonInteractive", "-Command", _COMMAND]
    advice = "name the path of another one in REMEDIATE_PWSH"
    try:
        done = subprocess.run(  # noqa: S603  a list of our own, no shell
            command, capture_output=True, text=True, errors="replace", timeout=_PATIENCE, check=False
        )
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise ClientError(f"{executable}: PowerShell cannot be started ({reason}); {advice}") from error
    except subprocess.TimeoutExpired as error:
        raise ClientError(
            f"{executable}: PowerShell does not answer within {_PATIENCE:.0f} s; {advice}"
        ) from error
    lines = done.stdout.split()
    if done.returncode or not lines:
        raise ClientError(f"{executable}: PowerShell does not say its version; {advice}")
    return lines[-1]
