"""The text of a plan file made into a ``PlanFile``: what is not exactly a plan of ours is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from aovpn_remediate.errors import PlanFileError
from aovpn_remediate.model import Published
from aovpn_remediate.plan import (
    Adopt,
    Change,
    Create,
    Delete,
    Note,
    Plan,
    PlanOptions,
    Update,
    differences,
)
from aovpn_remediate.plan_file.content import FORMAT, SCHEMA_VERSION, PlanFile, PlanTenant
from aovpn_remediate.plan_file.members import Members
from aovpn_remediate.plan_file.package_reading import read_package
from aovpn_remediate.plan_file.packages import Json
from aovpn_remediate.plan_file.writing import digest_of

_NUMBERS = re.compile(r"\d+", re.ASCII)


def read_plan_file(content: bytes, *, version: str, digest: str = "") -> tuple[PlanFile, str]:
    """Return the plan of a file and its digest; ``version`` is the tool's own.

    ``digest`` is the one that the file must have, by another way than the file. Raises ``PlanFileError``
    for a file that is no plan, is of another schema or a newer tool, was changed by hand, or has another
    digest.
    """
    members = _parsed(content)
    if members.get("schemaVersion") != SCHEMA_VERSION:
        raise PlanFileError(
            "the plan has another schema than this remediate; publish it with the version that made it, "
            "or run remediate plan --out again"
        )
    whole = Members("", members)
    tool = whole.text("tool")
    if _numbers(tool) > _numbers(version):
        raise PlanFileError(
            f"the plan was made by remediate {tool}, which is newer than this {version}; "
            "install that version, or run remediate plan --out again"
        )
    _refuse_other_digest(whole, digest)
    return _plan_file(whole, tool), whole.text("digest")


def _parsed(content: bytes) -> Json:
    try:
        found = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise PlanFileError("the file is not a plan; name a file that remediate plan --out has written")
    return found


def _unique(pairs: list[tuple[str, object]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBERS.findall(version))


def _refuse_other_digest(whole: Members, wanted: str) -> None:
    digest = whole.text("digest")
    if digest_of(dict(whole.values)) != digest:
        raise PlanFileError("the plan was changed after it was made; run remediate plan --out again")
    if wanted and wanted.casefold() != digest:
        raise PlanFileError(
            f"the plan's digest is {digest}, not the one of --digest, so this is another plan than the one "
            "that was reviewed; publish that one, or review this one"
        )


def _plan_file(whole: Members, tool: str) -> PlanFile:
    config = whole.text("config")
    plan = Plan(
        changes=tuple(_change(one, config) for one in whole.parts("changes")),
        unchanged=whole.texts("unchanged"),
        notes=tuple(Note(one.text("text"), one.text_or_nothing("key")) for one in whole.parts("notes")),
    )
    _refuse_twice(whole, [change.package.key for change in plan.changes])
    names = whole.part("names")
    return PlanFile(
        tool=tool,
        tenant=_tenant(whole.part("tenant")),
        config=config,
        config_digest=whole.text("configDigest"),
        options=_options(whole.part("options")),
        plan=plan,
        names={one: names.text(one) for one in names.values},
    )


def _refuse_twice(whole: Members, keys: Iterable[str]) -> None:
    found = list(keys)
    if len(set(found)) != len(found):
        raise whole.wrong("changes")


def _tenant(members: Members) -> PlanTenant:
    return PlanTenant(
        graph=members.text("graph"),
        cloud=members.text("cloud"),
        name=members.text_or_nothing("name"),
        id=members.text_or_nothing("id"),
        client_id=members.text_or_nothing("clientId"),
        auth=members.text_or_nothing("auth"),
        service_connection_id=members.text_or_nothing("serviceConnectionId"),
        secret_env=members.text_or_nothing("secretEnv"),
    )


def _options(members: Members) -> PlanOptions:
    return PlanOptions(
        allow_delete=members.flag("allowDelete"),
        allow_all=members.flag("allowAll"),
        allow_mass_delete=members.flag("allowMassDelete"),
        adopt=members.texts("adopt"),
    )


def _change(members: Members, config: str) -> Change:
    change = _of_action(members)
    package = change.package
    if (package.config, package.key) != (config, members.text("key")):
        raise members.wrong("key")
    return change


def _of_action(members: Members) -> Change:
    action = members.text("action")
    if action == Create.action:
        return Create(read_package(members.part("after")))
    existing = _existing(members)
    if action == Delete.action:
        return Delete(existing)
    after = read_package(members.part("after"))
    if existing.package.config != after.config:
        raise members.wrong("before")
    for kind in (Update, Adopt):
        if action == kind.action:
            return kind(existing, after, differences(existing, after))
    raise members.wrong("action")


def _existing(members: Members) -> Published:
    package_id = members.text("id")
    if not package_id:
        raise members.wrong("id")
    return Published(
        id=package_id,
        package=read_package(members.part("before")),
        marked_hash=members.text_or_nothing("markedHash"),
        version=members.text("version"),
        owner=members.text_or_nothing("owner"),
    )
