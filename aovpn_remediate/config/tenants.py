"""The tenants of a file; no message shows a value, a key or a name from there, for it may be a secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from aovpn_remediate.config.tenant_entry import FORMS, SECRETS_BELONG, TenantEntry
from aovpn_remediate.documents.secrets import is_secret_key, is_secret_text
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.kinds.common.values import check_key
from aovpn_remediate.model import TenantSettings
from aovpn_remediate.problems import InvalidValue, Problem
from aovpn_remediate.problems.words import close_word, nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SECTION = "tenants"

_OTHER_NAMES = {"tenant_id": "id", "tenant": "id", "app_id": "client_id", "method": "auth"}
_CERTAINLY = 0.9


@dataclass(frozen=True)
class Tenants:
    """The tenants of a file that are valid, by name, and the problems of the others."""

    valid: Mapping[str, TenantSettings]
    problems: tuple[Problem, ...]


def read_tenants(tree: Tree) -> Tenants:
    """Return every tenant of a file, with the problems of those that are not valid."""
    value = tree.value.get(SECTION) if isinstance(tree.value, dict) else None
    if value is not None and not isinstance(value, dict):
        text = "tenants must be a mapping; write a name and a mapping for each tenant below it"
        return Tenants({}, (tree.problem((SECTION,), text, "value/wrong-type"),))
    valid: dict[str, TenantSettings] = {}
    problems = list(_name_problems(tree))
    for name, entry in tree.section(SECTION).items():
        try:
            read = TenantEntry.model_validate(entry)
        except ValidationError as error:
            details = error.errors(include_url=False)
            problems += [_problem(one, (SECTION, name, *one["loc"]), tree) for one in details]
        else:
            valid[name] = read.settings(name, tree.path.parent)
    return Tenants(valid, tuple(problems))


def _name_problems(tree: Tree) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name in tree.section(SECTION):
        where = (SECTION, name)
        try:
            _check_name(name)
        except InvalidValue as error:
            yield tree.key_problem(where, f"the name of this tenant {error}", error.code)
        if seen.setdefault(name.casefold(), name) != name:
            text = "the name of this tenant differs from an earlier name only by case; rename one"
            yield tree.key_problem(where, text, "config/similar-keys")


def _check_name(name: str) -> None:
    if is_secret_text(name):
        raise InvalidValue("config/secret", f"looks like a secret; {SECRETS_BELONG}")
    check_key(name)


def _problem(detail: ErrorDetails, where: Where, tree: Tree) -> Problem:
    if len(detail["loc"]) == 0:
        text = "this tenant must be a mapping; write keys such as id: and client_id: below its name"
        return tree.problem(where, text, "value/wrong-type")
    key = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return tree.key_problem(where, *_unknown_key(key))
    if detail["type"] == "no_value":
        return tree.problem(where, f"{key} has no value; write one or remove the key", "value/none")
    error = detail.get("ctx", {}).get("error")
    if isinstance(error, InvalidValue):
        return tree.problem(where, f"{key} {error}", error.code)
    return tree.problem(where, f"{key} must be text; {FORMS[key].advice}", "value/wrong-type")


def _unknown_key(key: str) -> tuple[str, str]:
    close = _OTHER_NAMES.get(key) or close_word(key, FORMS, cutoff=_CERTAINLY)
    if close:
        return f'this key is not valid; did you mean "{close}"?', "config/unknown-key"
    if is_secret_key(key) or is_secret_text(key):
        return f"this key looks like a secret; {SECRETS_BELONG}", "config/secret"
    return f"this key is not valid; {nearest(key, FORMS)}", "config/unknown-key"
