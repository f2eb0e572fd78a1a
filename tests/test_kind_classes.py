"""What the class of a kind has to say, and what it is spared."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import Field, create_model

from aovpn_remediate.kinds import KINDS
from aovpn_remediate.kinds.common.description import describe_model
from aovpn_remediate.kinds.common.device import DeviceEntry
from aovpn_remediate.kinds.common.registry import Kinds
from aovpn_remediate.model import Remediation
from aovpn_remediate.verify.case_values import case_values
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


def keys_kind() -> Any:
    """A kind with a setting named keys, one with a single choice, and one that is a choice of numbers."""
    fields = {
        "kind": (Literal["keyed"], Field(description="What.")),
        "keys": (list[str], Field(title="Keys", description="Some keys.")),
        "mode": (Literal["plain"], Field("plain", title="Mode", description="The only one.")),
        "seconds": (Literal[0, 60], Field(60, title="Seconds", description="How long.")),
        "quiet": (bool, Field(True, title="Quiet", description="Whether it is quiet.")),
    }
    said = SAID | {"wants": lambda self: {}, "script_settings": lambda self: {"List": list(self.keys)}}
    base = type(DeviceEntry)("Keyed", (DeviceEntry,), said, title="keyed")
    return create_model("Keyed", __base__=base, __doc__="Keeps keys.", **fields)


def test_a_setting_named_keys_is_a_setting_like_any_other(tmp_path):
    kind = keys_kind()
    entry = kind.model_validate({"kind": "keyed", "keys": ["a"]})
    remediation = Remediation(
        key="k", kind="keyed", name="K", description="", publisher="", scope_tags=(), assignments=(), repair=True,
        signature_check=False, settings=entry,
    )  # fmt: skip
    assert case_values(remediation)["List"] == ["a"]
    assert "keys" in kind.model_json_schema()["properties"]


def test_a_setting_without_a_choice_is_not_described():
    settings = describe_model("keyed", keys_kind()).settings
    assert [(one.name, one.type, one.default) for one in settings] == [
        ("keys", "list", "required"),
        ("seconds", "0 | 60", "60"),
        ("quiet", "true | false", "true"),
    ]


@pytest.mark.parametrize("name", ["common", "../errors", "", "interface_metric", 3])
def test_an_unknown_kind_is_not_imported(name):
    assert name not in KINDS
    with pytest.raises(KeyError):
        Kinds()[name]
