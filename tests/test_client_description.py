"""The description of a client: what it makes and what it refuses."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.description import make_client
from aovpn_remediate.client.snapshot import snapshot
from aovpn_remediate.errors import ClientError


def test_a_description_with_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(ClientError, match="there is no part phonebok"):
        make_client({"phonebok": {}}, tmp_path / "c")


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
    empty = snapshot(make_client({}, tmp_path / "jdoe"))
    full = snapshot(make_client(part, tmp_path / "b"))
    new = [name for name in full if name not in empty and not name.startswith("folder ")]
    assert new == seen


@pytest.mark.parametrize(
    "part",
    [
        {"phonebooks": {"user": [{"nam": "V"}]}}, {"phonebooks": []}, {"interfaces": [{"ipv4": 3}]},
        {"routes": [10]}, {"routes": ["10.0.0.0/33"]}, {"disk": "ful"}, {"link": "devic"}, {"account": "wrong"},
        {"phonebooks": {"devices": []}}, {"locked": {"devic": 2}}, {"switches": ["refusesRoute"]},
        {"language": "Constrained"}, {"services": {"RasMan": {"privilege": []}}}, {"services": {"RasMan": {"state": "Hung"}}}, {"interfaces": [{"alias": "V", "ipv4": "auto"}]}, {"registry": {"HKLM:\\X": []}}, {"services": {"RasMan": 3}}, {"locked": "device"},
        {"phonebooks": {"device": []}, "changes": {"device": {}}}, {"networks": [{"name": "x"}]}, {"reachable": "dc01"}, {"denied": "HKLM:\\X"},
        {"networks": [{"name": "x", "interface": "y", "category": "Work"}]},
    ],
)  # fmt: skip
def test_a_part_with_a_problem_is_reported(tmp_path, part):
    with pytest.raises(ClientError, match=r".*; docs/clients\.md (shows|lists)"):
        make_client(part, tmp_path / "c")


@pytest.mark.parametrize("part", [{"locked": {"user": 2}}, {"link": "user"}, {"changes": {"user": {}}}])
def test_nothing_happens_to_a_phonebook_that_is_not_there(tmp_path, part):
    with pytest.raises(
        ClientError, match="names the phonebook user, which is not there; add it to phonebooks"
    ):
        make_client({"phonebooks": {"device": []}} | part, tmp_path / "c")
