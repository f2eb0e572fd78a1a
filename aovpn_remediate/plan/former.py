"""Packages that are owned under a former key of their remediation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aovpn_remediate.model import Published, ScriptPackage
from aovpn_remediate.plan.changes import Note


def under_former_keys(
    desired: Iterable[ScriptPackage], owned: Mapping[str, Published]
) -> dict[str, Published]:
    """Return the owned package of each desired one that the tenant has under its former key only."""
    found: dict[str, Published] = {}
    for package in desired:
        if package.formerly in owned and package.key not in owned:
            found[package.key] = owned[package.formerly]
    return found


def keys_of(desired: Sequence[ScriptPackage], owned: Iterable[str]) -> set[str]:
    """Return the keys under which the tenant may have these packages; those that it has are ``owned``."""
    known = set(owned)
    keys = {package.key for package in desired}
    return keys | {package.formerly for package in desired if package.key not in known}


def needless_formers(desired: Iterable[ScriptPackage], owned: Mapping[str, Published]) -> list[Note]:
    """Return a note for each former key that this tenant has no longer."""
    notes: list[Note] = []
    for package in desired:
        if package.formerly and package.key in owned and package.formerly not in owned:
            text = (
                f"formerly: {package.formerly} is no longer needed in this tenant; remove it from the config"
            )
            notes.append(Note(text, package.key))
    return notes
