"""The YAML of cases, read into plain mappings whose form is right: ``cases.yaml`` and client files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aovpn_remediate.errors import ClientError

if TYPE_CHECKING:
    from yaml import MappingNode, SafeLoader

_CASE_KEYS = {"case", "when", "unless", "before", "says", "exits", "after", "then"}
_STATES = {"healthy", "issue", "pending", "absent", "unknown", "fixed", "failed"}
_THEN = ("", "reconnect", "restart", "shut down")


@cache
def _loader() -> type[SafeLoader]:
    """The safe loader, for which ``on``, ``off``, ``yes`` and ``no`` are texts, as they are in the config."""
    import yaml

    class CaseLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
            seen: set[str] = set()
            for key, _ in node.value:
                if str(key.value) in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"the key {key.value} is there twice", problem_mark=key.start_mark
                    )
                seen.add(str(key.value))
            found: dict[Any, Any] = super().construct_mapping(node, deep)
            return found

    boolean = "tag:yaml.org,2002:bool"
    CaseLoader.yaml_implicit_resolvers = {
        first: [one for one in resolvers if one[0] != boolean]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    CaseLoader.add_implicit_resolver(boolean, re.compile(r"(?:true|false)\Z"), list("tf"))
    return CaseLoader


@cache
def _parsed(text: str) -> Any:
    """What a YAML text says; the texts of the kinds are asked for by each of their remediations."""
    import yaml

    return yaml.load(text, Loader=_loader())  # noqa: S506  a safe one


def read_items(path: Path) -> list[dict[str, Any]]:
    """Return the cases of a file as they are written, or raise ``ClientError``."""
    import yaml

    try:
        items = _parsed(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError, yaml.YAMLError) as error:
        place = getattr(error, "problem_mark", None)
        where = f" (line {place.line + 1}: {getattr(error, 'problem', '')})" if place else ""
        raise ClientError(f"is no YAML list of cases{where}; docs/clients.md shows one") from error
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    if not found or found != items:
        raise ClientError("is no list of cases; docs/clients.md shows one")
    problems = [text for number, item in enumerate(found, 1) for text in _form_problems(item, number)]
    names = Counter(str(item.get("case")) for item in found)
    problems += [f"case {name!r} is there {count} times" for name, count in names.items() if count > 1]
    if problems:
        raise ClientError("; ".join(problems) + "; docs/clients.md shows each")
    return found


def _form_problems(item: Mapping[str, Any], number: int) -> Iterator[str]:
    """What of a case has not the form of one."""
    name = f"case {item.get('case', number)!r}"
    unknown = sorted(str(key) for key in set(item) - _CASE_KEYS)
    missing = [key for key in ("case", "before") if key not in item]
    if not {"says", "exits"} & set(item):
        missing.append("exits or says")
    if unknown:
        yield f"{name}: there is no key {', '.join(unknown)}"
    if missing:
        yield f"{name} lacks {', '.join(missing)}"
    if item.get("then", "") not in _THEN:
        yield f"{name}: then is {', '.join(_THEN[1:])}"
    for part in ("before", "after", "when", "unless"):
        if item.get(part) is not None and not isinstance(item[part], dict):
            yield f"{name}: {part} is no mapping"
    exits = item.get("exits", [])
    if not isinstance(exits, list) or any(isinstance(one, bool) or not isinstance(one, int) for one in exits):
        yield f"{name}: exits is no list of numbers"
    unknown_states = sorted(set(states(item.get("says", ""))) - _STATES)
    if unknown_states:
        yield f"{name}: says has no state {', '.join(unknown_states)}; it is issue fixed healthy healthy, say"


def states(says: object) -> list[str]:
    """The states of a case, which are a list of words or a text of them."""
    return [str(one) for one in says] if isinstance(says, list) else str(says).split()
