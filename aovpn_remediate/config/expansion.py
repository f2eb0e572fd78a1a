"""The entries of a file with everything written out that they name: profiles, lists, sets, defaults.

A kind's model sees no names. Each value keeps the place at which it is written, also in a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from aovpn_remediate.config.named_routes import write_out_routes
from aovpn_remediate.config.shared import DEFAULT, PROFILES, SECTIONS, SETS, Item, Set, Shared, items_of
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.kinds import KINDS, Entry
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import close_word, nearest, quoted

_ENTRIES = "remediations"
_WORDS = dict(zip(SECTIONS, ("profile", "route list", "assignment set"), strict=True))
_OF_INCLUSIONS = ("schedule", "filter")


@dataclass(frozen=True)
class Expansion:
    """The tree with entries that name nothing, what is wrong with the names, and warnings."""

    tree: Tree
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def expand(tree: Tree, shared: Shared) -> Expansion:
    """Return a file's tree in which each entry is written out."""
    if not isinstance(tree.value, dict):
        return Expansion(tree, (), ())
    expander = _Expander(tree, shared)
    whole = dict(tree.value)
    if isinstance(shared.default, str):
        expander.named_set(shared.default, DEFAULT)
    if isinstance(whole.get(_ENTRIES), dict):
        whole[_ENTRIES] = {key: expander.entry(key, value) for key, value in whole[_ENTRIES].items()}
    written_out = replace(tree, value=whole, origins=expander.origins)
    warnings = (*expander.warnings, *expander.unused())
    return Expansion(written_out, tuple(expander.problems), warnings)


@dataclass
class _Expander:
    """Writes entries out, and remembers where their values come from and which names were used."""

    tree: Tree
    shared: Shared
    origins: dict[Where, tuple[Tree, Where]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    used: set[Where] = field(default_factory=set)

    def entry(self, key: str, value: object) -> object:
        model = KINDS.get(str(value.get("kind"))) if isinstance(value, dict) else None
        if model is None or not isinstance(value, dict):
            return value
        where = (_ENTRIES, key)
        found = dict(value)
        if self._has(PROFILES) and "profile" in model.model_fields:
            found |= self._profile(value, where, model)
        for name in model.named_lists:
            if self.shared.lists and isinstance(value.get(name), list):
                found[name] = self._routes(value[name], (*where, name))
        assignments = self._assignments(value, where)
        if assignments is not None:
            found["assignments"] = self._written_out(assignments, value, where)
        return found

    def unused(self) -> Iterator[Problem]:
        """A warning for each profile, list and set that no entry uses."""
        for section in SECTIONS:
            for name in self.tree.section(section):
                if (section, name) not in self.used:
                    what = f"{_WORDS[section]} {quoted(name)}"
                    text = f"no entry uses the {what}; remove it, or name it in an entry"
                    yield self.tree.key_problem((section, name), text, "config/unused", is_warning=True)

    def named_set(self, name: str, where: Where) -> Set:
        """The set with a name; an empty one for an unknown name, which is a problem."""
        self.used.add((SETS, name))
        found = self.shared.sets.get(name)
        if found is None:
            advice = "write a list of assignments, or add the set below assignment_sets"
            if self.shared.sets:
                advice = nearest(name, self.shared.sets)
            text = f"there is no assignment set {quoted(name)}; {advice}"
            self.problems.append(self.tree.problem(where, text, "config/unknown-name"))
        return found or Set()

    def _has(self, section: str) -> bool:
        return isinstance(self.tree.value, dict) and section in self.tree.value

    def _profile(self, value: dict[str, object], where: Where, model: type[Entry]) -> dict[str, object]:
        """Name and scope of the profile whose key the entry has; of another one after a problem."""
        if "scope" in value:
            text = "scope comes from the profile in profiles; remove it here"
            self.problems.append(self.tree.key_problem((*where, "scope"), text, "profile/scope-twice"))
        name = value.get("profile")
        if "profile" in value and not isinstance(name, str):
            return {"scope": "device"}  # the model says what is wrong
        key = name if isinstance(name, str) and name in self.shared.profiles else ""
        if not key:
            key = self._profile_instead(value, where, model)
        self.used.add((PROFILES, key))
        found = self.shared.profiles.get(key, {})
        for part in ("name", "scope"):
            if part in found:
                target = "profile" if part == "name" else part
                self.origins[*where, target] = (self.tree, (PROFILES, key, part))
        return {"profile": found.get("name", "x"), "scope": found.get("scope", "device")}

    def _profile_instead(self, value: dict[str, object], where: Where, model: type[Entry]) -> str:
        """The key that was probably meant where it is missing or unknown, after the problem is noted."""
        name = str(value.get("profile", ""))
        by_name = {str(one.get("name")): key for key, one in self.shared.profiles.items()}
        meant = by_name.get(name) or close_word(name, self.shared.profiles)
        some = meant or next(iter(self.shared.profiles), "")
        if "profile" in value:
            advice = f'did you mean "{meant}"?' if meant else nearest(name, self.shared.profiles)
            text = f"there is no profile {quoted(name)} in profiles; {advice}"
            self.problems.append(self.tree.problem((*where, "profile"), text, "config/unknown-name"))
        elif not any(close_word(key, ("profile",)) for key in value if key not in model.model_fields):
            text = f"profile is missing; add profile: {some}"
            self.problems.append(self.tree.key_problem(where, text, "config/missing-key"))
        return some

    def _routes(self, values: list[object], where: Where) -> list[object]:
        found = write_out_routes(values, where, self.tree, self.shared.lists)
        self.problems += found.problems
        self.used |= found.used
        for index, item in enumerate(found.items):
            self.origins[*where, index] = (item.tree, item.where)
        return [item.value for item in found.items]

    def _assignments(self, value: dict[str, object], where: Where) -> Set | None:
        """The entry's own assignments or the default ones, if they are not a mistake of another type."""
        where = (*where, "assignments")
        own = value.get("assignments")
        if isinstance(own, str):
            return self.named_set(own, where)
        if "assignments" in value:
            return Set(items_of(own, where, self.tree)) if isinstance(own, list) else None
        default = self.shared.default
        if default is not None:
            self.origins[where] = (self.tree, DEFAULT)
        return self.shared.sets.get(default) if isinstance(default, str) else default

    def _written_out(self, found: Set, value: dict[str, object], where: Where) -> list[object]:
        """The assignments of an entry; inclusions have the schedule and filter of the set or the entry."""
        own = {key: Item(value[key], self.tree, (*where, key)) for key in _OF_INCLUSIONS if key in value}
        fallback = {**own, **found.fallback}
        missed = set(own)
        assignments: list[object] = []
        for index, item in enumerate(found.items):
            at = (*where, "assignments", index)
            self.origins[at] = (item.tree, item.where)
            one = item.value
            if isinstance(one, dict) and "exclude" not in one:
                for key in fallback.keys() - one.keys():
                    self.origins[*at, key] = (fallback[key].tree, fallback[key].where)
                    missed -= {key} if fallback[key] is own.get(key) else set()
                one = {**{key: other.value for key, other in fallback.items()}, **one}
            assignments.append(one)
        for key in sorted(missed):
            text = f"{key} has no effect; no assignment of this entry is without its own"
            self.warnings.append(
                self.tree.key_problem((*where, key), text, "assignment/no-effect", is_warning=True)
            )
        return assignments
