"""A plan made from a tenant, and carried out on it; the tenant is seen through a Protocol only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Protocol

from aovpn_remediate.errors import (
    ApprovalNeededError,
    RefusedPlanError,
    RemediateError,
    SignInError,
    UnreachableError,
)
from aovpn_remediate.model import (
    DEFAULT_SCOPE_TAG,
    Assignment,
    Directory,
    Published,
    References,
    ScriptPackage,
    TenantPackages,
)
from aovpn_remediate.plan import (
    Adopt,
    Change,
    Create,
    Delete,
    Plan,
    Update,
    adoptable,
    make_plan,
    withhold_deletes,
)
from aovpn_remediate.resolve import references, resolve_names


class Tenant(Protocol):
    """What planning and publishing need of a tenant."""

    def list_packages(self, config: str) -> TenantPackages:
        """Return every package: those owned by the config whole, the others by name."""

    def read_package(self, package_id: str, *, config: str, key: str) -> Published:
        """Return a foreign package as if it were the config's."""

    def look_up(self, wanted: References) -> Directory:
        """Return what the tenant knows of these names."""

    def names_of_groups(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the display names of these groups; those that are gone are left out."""

    def create(self, package: ScriptPackage) -> str:
        """Create a package without assignments and return its id."""

    def update(self, package_id: str, package: ScriptPackage, fields: frozenset[str]) -> None:
        """Change these fields of a package, and its marker."""

    def assign(self, package_id: str, assignments: Sequence[Assignment]) -> None:
        """Make this the whole set of assignments."""

    def delete(self, package_id: str) -> None:
        """Delete a package."""


@dataclass(frozen=True)
class Draft:
    """A plan to review, with the names of the ids in it."""

    plan: Plan
    names: Mapping[str, str]


class Status(StrEnum):
    """The result of a change."""

    DONE = "done"
    AWAITING_APPROVAL = "awaiting approval"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True)
class Outcome:
    """The result of one change, and why; if it has an ``exit_code``, no other change is started."""

    change: Change
    status: Status
    error: str = ""
    exit_code: int = 0


@dataclass(frozen=True)
class Watcher:
    """What to call with each outcome, and on an interruption with the number of changes under way."""

    progress: Callable[[Outcome], None] = lambda _: None
    interrupted: Callable[[int], None] = lambda _: None


class InterruptedPublishError(RemediateError):
    """Publishing was interrupted by Ctrl-C; ``outcomes`` has the result of each change."""

    exit_code = 130

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        self.outcomes = outcomes
        super().__init__("interrupted; run publish again to continue")


def draft_plan(
    desired: Sequence[ScriptPackage], tenant: Tenant, *, config: str, adopt: Sequence[str], allow_delete: bool
) -> Draft:
    """Read the tenant, resolve all names, and return the plan; changes nothing.

    Without ``allow_delete`` the deletes are notes. Raises ``ResolveError``, ``RefusedPlanError`` and what
    the tenant raises.
    """
    packages = tenant.list_packages(config)
    directory = tenant.look_up(references(desired))
    resolved = resolve_names(desired, directory)
    adopted = {
        key: tenant.read_package(foreign.id, config=config, key=key)
        for key, foreign in adoptable(adopt, desired, packages).items()
    }
    plan = make_plan(resolved, packages, adopted=adopted)
    plan = plan if allow_delete else withhold_deletes(plan)
    return Draft(plan, _names(plan, directory, tenant))


def refuse_stale(shown: Draft, now: Draft) -> None:
    """Raise ``RefusedPlanError`` if the tenant changed since a plan was shown."""
    if shown.plan.digest != now.plan.digest:
        raise RefusedPlanError("publish: the tenant changed since this plan was shown; run publish again")


def carry_out(
    plan: Plan,
    tenant: Tenant,
    *,
    watcher: Watcher | None = None,
    workers: int = 4,
) -> tuple[Outcome, ...]:
    """Carry the plan out and return an outcome for each change, in the plan's order.

    Creates come first, then adopts and updates, then deletes; up to ``workers`` at a time. After a failure
    the other packages are still changed, but nothing is deleted. After a refused sign-in, or if the tenant
    cannot be reached, nothing more is started. Ctrl-C calls the watcher with the number of changes under way,
    waits for them, and raises ``InterruptedPublishError``.
    """
    outcomes: dict[int, Outcome] = {}
    numbered = list(enumerate(plan.changes))
    try:
        for _, phase in groupby(numbered, key=lambda pair: _phase(pair[1])):
            changes = list(phase)
            if not _may_go_on(outcomes.values(), changes[0][1]):
                break
            _run_phase(changes, tenant, outcomes, watcher or Watcher(), workers)
    except KeyboardInterrupt as interrupt:
        raise InterruptedPublishError(_complete(plan, outcomes)) from interrupt
    return _complete(plan, outcomes)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return the exit code for these outcomes."""
    done = sum(outcome.status is Status.DONE for outcome in outcomes)
    waiting = sum(outcome.status is Status.AWAITING_APPROVAL for outcome in outcomes)
    if done == len(outcomes):
        return 0
    if done + waiting == len(outcomes):
        return ApprovalNeededError.exit_code
    if done or waiting:
        return 3
    refused = any(outcome.exit_code == SignInError.exit_code for outcome in outcomes)
    return SignInError.exit_code if refused else 1


def _phase(change: Change) -> int:
    return {Create: 0, Adopt: 1, Update: 1, Delete: 2}[type(change)]


def _may_go_on(outcomes: Iterable[Outcome], following: Change) -> bool:
    failed = [outcome for outcome in outcomes if outcome.status is Status.FAILED]
    return not failed or not (isinstance(following, Delete) or any(one.exit_code for one in failed))


def _run_phase(
    changes: Sequence[tuple[int, Change]],
    tenant: Tenant,
    outcomes: dict[int, Outcome],
    watcher: Watcher,
    workers: int,
) -> None:
    waiting = list(changes)
    running: dict[Future[Outcome], int] = {}
    is_stopped = False
    with ThreadPoolExecutor(min(workers, len(changes))) as pool:
        try:
            while running or (waiting and not is_stopped):
                while waiting and not is_stopped and len(running) < workers:
                    index, change = waiting.pop(0)
                    running[pool.submit(_carry_out_one, change, tenant)] = index
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    outcomes[running.pop(future)] = outcome
                    watcher.progress(outcome)
                    is_stopped = is_stopped or outcome.exit_code != 0
        except KeyboardInterrupt:
            watcher.interrupted(len(running))
            outcomes |= _settle(running)
            raise


def _settle(running: Mapping[Future[Outcome], int]) -> dict[int, Outcome]:
    """The outcomes of the changes under way; a second Ctrl-C does not stop the wait for them."""
    while True:
        try:
            wait(running)
            return {index: future.result() for future, index in running.items()}
        except KeyboardInterrupt:
            continue


def _carry_out_one(change: Change, tenant: Tenant) -> Outcome:
    try:
        _apply(change, tenant)
    except ApprovalNeededError as error:
        return Outcome(change, Status.AWAITING_APPROVAL, str(error))
    except (SignInError, UnreachableError) as error:
        return Outcome(change, Status.FAILED, str(error), exit_code=error.exit_code)
    except RemediateError as error:
        return Outcome(change, Status.FAILED, str(error))
    return Outcome(change, Status.DONE)


def _apply(change: Change, tenant: Tenant) -> None:
    match change:
        case Delete():
            tenant.delete(change.existing.id)
        case Create():
            package_id = tenant.create(change.package)
            if change.package.assignments:
                tenant.assign(package_id, change.package.assignments)
        case Update():
            fields = frozenset(one.field for one in change.fields)
            if fields - {"assignments"} or isinstance(change, Adopt):
                tenant.update(change.existing.id, change.package, fields - {"assignments"})
            if "assignments" in fields:
                tenant.assign(change.existing.id, change.package.assignments)


def _complete(plan: Plan, outcomes: Mapping[int, Outcome]) -> tuple[Outcome, ...]:
    return tuple(
        outcomes.get(index) or Outcome(change, Status.NOT_TRIED) for index, change in enumerate(plan.changes)
    )


def _names(plan: Plan, directory: Directory, tenant: Tenant) -> dict[str, str]:
    """Names of the ids in a plan: those looked up already, and those of groups that only the tenant names."""
    names = {DEFAULT_SCOPE_TAG: "Default"}
    for part in (directory.groups, directory.filters, directory.scope_tags):
        names |= {match[0]: match[1] for matches in part.values() for match in matches}
    packages = [change.package for change in plan.changes]
    packages += [change.existing.package for change in plan.changes if not isinstance(change, Create)]
    unknown = [group for group in references(packages).groups if group not in names]
    return names | dict(tenant.names_of_groups(unknown)) if unknown else names
