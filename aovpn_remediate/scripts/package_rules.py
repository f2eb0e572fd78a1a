"""The check that every command makes first: that all scripts of all packages follow the rules.

A rendered script whose shape is known to obey is not parsed again, and then no parser is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from aovpn_remediate.errors import RuleError
from aovpn_remediate.model import OwnPair, ScriptPackage
from aovpn_remediate.problems import Problem
from aovpn_remediate.scripts.ask import Ask
from aovpn_remediate.scripts.shapes import SIZE_LIMIT, digest, read_shapes, shape_of


def refuse_bad_scripts(
    packages: list[ScriptPackage], own: Mapping[str, OwnPair | None] = {}, ask: Ask = lambda _: None
) -> list[Problem]:
    """Return the warnings, or raise one ``RuleError`` with every broken rule of all packages.

    ``own`` has the user's own script pairs, by key. ``ask`` is asked about those that tree-sitter
    does not understand.
    """
    problems: list[Problem] = []
    for package in packages:
        problems += check_package(package, own.get(package.key), ask)
    errors = [problem for problem in problems if not problem.is_warning]
    if errors:
        raise RuleError(errors)
    return problems


def check_package(
    package: ScriptPackage, own: OwnPair | None = None, ask: Ask = lambda _: None
) -> list[Problem]:
    """Return every broken rule of a package's scripts; ``own`` are the files that they come from."""
    if own is not None:
        from aovpn_remediate.scripts.own_rules import check_own_script

        check = partial(check_own_script, signature_check=package.signature_check, ask=ask)
        problems = check(str(own.detection.path), package.detection, is_detection=True)
        if own.remediation and package.remediation:
            problems += check(str(own.remediation.path), package.remediation, is_detection=False)
        return problems
    problems = check_rendered(f"{package.key}/detect.ps1", package.detection, door="Complete-Detection")
    if package.remediation:
        script = f"{package.key}/remediate.ps1"
        problems += check_rendered(script, package.remediation, door="Complete-Remediation")
    return problems


def check_rendered(script: str, content: bytes, *, door: str) -> list[Problem]:
    """Return every broken rule of a rendered script; ``door`` is the function that must end it.

    A script is parsed as a whole only if its shape is not known to obey, its settings are not a table of
    literals, or it is too large; so the problems and their lines are always those of the whole script.
    """
    shape = shape_of(content)
    if shape is not None and len(content) <= SIZE_LIMIT and is_obedient(shape, door):
        return []
    from aovpn_remediate.scripts.rules import check_names, check_script

    return [*check_script(script, content, door=door), *check_names(script, content)]


def is_obedient(shape: bytes, door: str) -> bool:
    """Return whether a shape follows all rules, with any table of literals as its settings."""
    if digest(shape, door) in read_shapes().digests:
        return True
    from aovpn_remediate.scripts.rules import shape_obeys

    return shape_obeys(shape, door)
