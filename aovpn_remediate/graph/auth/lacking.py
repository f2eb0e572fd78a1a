"""What to say about values for signing in that are missing; pure. Only names are shown, never values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from aovpn_remediate.graph.auth import variables
from aovpn_remediate.wording import all_of

_YAML_LINE = "SYSTEM_ACCESSTOKEN: $(System.AccessToken)"
_JOBS = {"azure-pipelines": "Azure Pipelines", "github": "GitHub Actions"}


def lacks(names: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return what is wrong with each variable: not set, empty, or a text that the pipeline left."""
    states: dict[str, list[str]] = {}
    for name in names:
        states.setdefault(_state(name, environment), []).append(name)
    clauses: list[str] = []
    for state, members in states.items():
        verb, rest = _FORMS[state]
        clauses.append(f"{all_of(members)} {verb[len(members) > 1]} {rest}")
    return ", and ".join(clauses)


def how_to_set(
    method: str, missing: Collection[str], names: Sequence[str], environment: Mapping[str, str]
) -> str:
    """Return what to do about the missing values (``token``, ``connection``, ``tenant``, ...) of a method."""
    steps: list[str] = []
    if any(_state(name, environment) == "left" for name in names):
        steps.append("correct the name in $(...), because the pipeline has no variable of that name")
    elif "token" in missing and method == "azure-pipelines":
        steps.append(f"add this line below env: of the step: {_YAML_LINE}")
    elif "token" in missing:
        steps.append("add permissions: id-token: write to the job")
    if "url" in missing:
        steps.insert(0, f"run this in a job of {_JOBS[method]}")
    if "connection" in missing:
        steps.append(
            "run this in a step AzureCLI@2 with the service connection, or write service_connection_id: in "
            "the config's tenants:"
        )
    if not steps and set(missing) <= {"tenant", "client"}:
        steps.append("set what is missing, or write id: and client_id: in the config's tenants:")
    return "; ".join(steps or ["set what is missing; see remediate docs workstation"])


def seen(environment: Mapping[str, str]) -> str:
    """Return what is wrong with the variables that are there without a value, or an empty text."""
    begin = (*variables.CERTIFICATE, *variables.SECRET, *variables.TOKEN_FILE, *variables.ASSERTION)
    there = [name for name in begin if _state(name, environment) in ("empty", "left")]
    return lacks(there, environment)


_FORMS = {
    "unset": (("is", "are"), "not set"),
    "empty": (("is", "are"), "empty"),
    "left": (("contains", "contain"), "only the text $(...)"),
}


def _state(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name)
    if value is None:
        return "unset"
    return "left" if variables.is_not_replaced(value) else "empty"
