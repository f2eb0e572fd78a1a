"""What the class of a kind has to say, and what it is spared."""

from __future__ import annotations

from typing import Any

import pytest

from aovpn_remediate.kinds import KINDS
from aovpn_remediate.kinds.common.device import DeviceEntry
from aovpn_remediate.kinds.common.registry import Kinds
from tests.golden_files import ROOT

SAID: dict[str, Any] = {
    "example": "", "symptom": "s.", "cause": "c.", "touches": "t.", "unconfirmed": (), "__module__": __name__,
}  # fmt: skip


@pytest.mark.parametrize("name", ["example", "symptom", "cause", "touches", "unconfirmed"])
def test_a_kind_that_leaves_something_out_is_refused(name):
    said = {key: value for key, value in SAID.items() if key != name}
    with pytest.raises(TypeError, match=rf"Forgetful must set {name}; CONTRIBUTING"):
        type(DeviceEntry)("Forgetful", (DeviceEntry,), said, title="forgetful")


def test_a_kind_that_assumes_nothing_says_so():
    kind: Any = type(DeviceEntry)("Sure", (DeviceEntry,), SAID, title="sure")
    assert kind.unconfirmed == ()


def test_every_module_beside_common_is_a_kind_and_has_its_folder():
    modules = {path.stem for path in (ROOT / "aovpn_remediate" / "kinds").glob("[a-z]*.py")}
    assert {kind.replace("-", "_") for kind in KINDS} == modules
    folders = {path.name for path in (ROOT / "templates" / "ps1" / "kinds").iterdir()}
    assert set(KINDS) == folders


@pytest.mark.parametrize("name", ["common", "../errors", "", "interface_metric", 3])
def test_an_unknown_kind_is_not_imported(name):
    assert name not in KINDS
    with pytest.raises(KeyError):
        Kinds()[name]
