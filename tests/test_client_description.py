"""The description of a client: what it makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aovpn_remediate.client import host
from aovpn_remediate.client.aliases import command_of
from aovpn_remediate.client.description import Description
from aovpn_remediate.client.making import make_client
from aovpn_remediate.client.snapshot import snapshot
from aovpn_remediate.errors import ClientError
from tests.described_clients import client_of


@pytest.mark.parametrize(
    ("part", "seen"),
    [
        ({"phonebooks": {"user": [{"name": "V"}]}}, ["file Users/jdoe/AppData/Roaming/Microsoft/Network/Connections/Pbk/rasphone.pbk"]),
        ({"phonebooks": {"hidden": [{"name": "V"}]}}, ["file Users/jdoe/AppData/Roaming/Microsoft/Network/Connections/Pbk/_hiddenPbk/rasphone.pbk"]),
        ({"interfaces": [{"alias": "V", "ipv4": 3}]}, ["interface V 23 IPv4"]),
        ({"routes": ["10.0.0.0/8@5"]}, ["route 10.0.0.0/8 on 23 via 0.0.0.0"]),
        ({"registry": {"HKLM:\\X": {}}}, ["registry HKLM:\\X"]),
        ({"registry": {"HKLM:\\X": {"a": b"b"}}}, ["registry HKLM:\\X", "registry HKLM:\\X a"]),
        ({"services": {"IKEEXT": {"privileges": ["SeTcbPrivilege"]}}}, ["service IKEEXT"]),
        ({"events": ["service RasMan restarted"]}, ["event service RasMan restarted"]),
    ],
)  # fmt: skip
def test_a_snapshot_sees_every_part(tmp_path, part, seen):
    empty = snapshot(client_of({}, tmp_path / "jdoe"))
    full = snapshot(client_of(part, tmp_path / "b"))
    new = [name for name in full if name not in empty and not name.startswith("folder ")]
    assert new == seen


def test_the_parts_of_another_description_replace_those_of_a_client():
    before = Description.model_validate(
        {"phonebooks": {"user": [{"name": "V"}]}, "locked": {"user": 2}, "routes": ["10.0.0.0/8"], "build": 1}
    )
    changed = Description.model_validate({"routes": [], "culture": "de-DE"})
    after = before.after(changed)
    assert (after.phonebooks, after.locked) == (before.phonebooks, {})
    assert (after.routes, after.culture, after.build) == ([], "de-DE", 1)


def test_a_client_that_cannot_be_created_is_reported_with_the_reason(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ClientError, match="the files of the simulated client cannot be created: "):
        make_client(Description(), tmp_path / "file" / "client")


def test_every_alias_of_the_simulated_client_is_known():
    text = (Path(host.__file__).parent / "stand_ins.ps1").read_text(encoding="utf-8")
    table = text[text.index("$aliases = @{") : text.index("if (", text.index("$aliases = @{"))]
    aliases = dict(re.findall(r"(\w+) = '([\w-]+)'", table))
    assert len(aliases) > 20 and {alias: command_of(alias) for alias in aliases} == aliases
