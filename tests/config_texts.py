"""Short configs to load, and the problems that a file has."""

from __future__ import annotations

from pathlib import Path

import pytest

from aovpn_remediate.config import Config, load_config
from aovpn_remediate.errors import ConfigError

EXAMPLE = Path(__file__).parent.parent / "examples" / "remediate.yaml"
HEAD = "name: contoso\nremediations:\n  m:\n    kind: interface-metric\n"
ENTRY = HEAD + "    profile: VPN\n    scope: user\n    ipv4: 3\n"
LIST = ENTRY + "    assignments:\n"
KEYS = (
    "assignments, description, enabled, filter, formerly, ipv4, ipv6, kind, live, live_every, name, profile, publisher, repair, "
    "schedule, scope, scope_tags, signature_check, stored, when_absent, "
    "when_unknown"
)


def load(folder: Path, text: str | bytes) -> Config:
    path = folder / "r.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(path)


def problems(folder: Path, text: str | bytes) -> list[str]:
    """Every problem of a file of this text, without the path."""
    with pytest.raises(ConfigError) as refused:
        load(folder, text)
    prefix = f"{folder / 'r.yaml'}:"
    lines = str(refused.value).splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def is_ours(line: str) -> bool:
    """Whether a problem says what to do, in no library's words."""
    theirs = ("Input should", "value_error", "Extra inputs", "pydantic", "Value error", "type=", "expected <")
    return "; " in line and not any(word in line for word in theirs)
