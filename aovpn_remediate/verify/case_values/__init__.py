"""What the ``$Names`` of cases stand for, made from the ``$Settings`` of a remediation's scripts.

Each setting has its own name, such as ``$Profile``. Beside them stand the states that the shared cases need:

- ``$Right``, ``$Wrong``, ``$Repaired``: the profile's entry of the phonebook without its name
- ``$WrongClient``: a client on which the repair would have something to do
- ``$LiveRight``, ``$LiveWrong``, ``$LiveRepaired``: the connected profile, as parts of a client
- ``$LiveNeighbor``: ``$LiveWrong`` of a profile whose name begins alike
- ``$LiveReads``, ``$LiveWrites``: the commands that read and change what is live
- ``$ChangesAt``: the command before which another program changes the phonebook

A state that a remediation cannot have is null; a case that needs it says ``unless: {Wrong: null}``. Kinds
whose settings are keys as data need nothing else (``entry_keys``). A module named as the kind adds its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from aovpn_remediate.model import Remediation
from aovpn_remediate.verify.case_values.entry_keys import key_values

Values = Mapping[str, Any]

_NONE: Values = dict.fromkeys(
    ("Right", "Wrong", "Repaired", "LiveRight", "LiveWrong", "LiveRepaired", "LiveReads", "LiveWrites")
)


def case_values(remediation: Remediation) -> Values:
    """Return the value of each ``$Name`` that the cases of a remediation may use."""
    settings = remediation.settings.script_settings()
    values = {**_NONE, "ChangesAt": "Write-PhonebookText", **settings, **key_values(settings)}
    values |= _values_of_kind(remediation.kind, values)
    return {"WrongClient": _wrong_client(values), "LiveNeighbor": _live_neighbor(values), **values}


def _values_of_kind(kind: str, values: Values) -> Values:
    name = kind.replace("-", "_")
    if not (Path(__file__).parent / f"{name}.py").is_file():
        return {}
    found: Values = import_module(f"{__name__}.{name}").values(values)
    return found


def _wrong_client(values: Values) -> Values:
    entry = values["Wrong"] or values["Right"]
    if entry is None:
        return {}
    return {"phonebooks": {values["Scope"]: [{"name": values["Profile"], **entry}]}}


def _live_neighbor(values: Values) -> Values | None:
    if values["LiveWrong"] is None:
        return None
    interfaces = [
        {**one, "alias": one["alias"].replace(values["Profile"], f"{values['Profile']} 2")}
        for one in values["LiveWrong"]["interfaces"]
    ]
    return {**values["LiveWrong"], "interfaces": interfaces}
