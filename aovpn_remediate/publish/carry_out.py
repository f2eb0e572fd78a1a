"""A plan carried out: several changes at the same time, in phases, and safe to interrupt."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import takewhile

from aovpn_remediate.errors import (
    ApprovalNeededError,
    RemediateError,
    SignInError,
    StalledError,
    TenantError,
    UnreachableError,
)
from aovpn_remediate.plan import Adopt, Change, Create, Delete, Plan, Update
from aovpn_remediate.publish.outcomes import InterruptedPublishError, Outcome, Status, Watcher
from aovpn_remediate.publish.tenant import Tenant

_PAUSE = 0.2
"""Seconds after which Ctrl-C is noticed at the latest.

A lock that is waited for without a limit does not notice it on Windows (Python, threading.Lock.acquire).
"""


def carry_out(
    plan: Plan,
    tenant: Tenant,
    *,
    watcher: Watcher | None = None,
    workers: int = 4,
) -> tuple[Outcome, ...]:
    """Carry the plan out and return an outcome for each change, in the plan's order.

    Deletes at the plan's begin come first, to make room; then creates, then adopts and updates, then the
    other deletes; up to ``workers`` at a time. After a failure
    the other packages are still changed, but nothing is deleted. After a refused sign-in, if the tenant
    cannot be reached, or if nothing succeeds for ten minutes, nothing more is started. Ctrl-C calls the
    watcher with the number of changes under way, waits for them, and raises ``InterruptedPublishError``.
    """
    work = _Work(tenant, watcher or Watcher())
    try:
        for changes in _phases(plan):
            if changes and _may_go_on(work.outcomes.values(), changes[0]):
                work.run(changes, workers)
    except KeyboardInterrupt as interrupt:
        raise InterruptedPublishError(work.all_outcomes(plan)) from interrupt
    return work.all_outcomes(plan)


def _phases(plan: Plan) -> tuple[list[Change], ...]:
    """The changes that are carried out together, in the order of their phases; an adoption is an update."""
    room = list(takewhile(lambda change: isinstance(change, Delete), plan.changes))
    others = plan.changes[len(room) :]
    creates: list[Change] = [change for change in others if isinstance(change, Create)]
    updates: list[Change] = [change for change in others if isinstance(change, Update)]
    deletes: list[Change] = [change for change in others if isinstance(change, Delete)]
    return room, creates, updates, deletes


def _may_go_on(outcomes: Iterable[Outcome], following: Change) -> bool:
    for outcome in outcomes:
        if outcome.exit_code:
            return False
        if outcome.status in (Status.FAILED, Status.CREATED) and isinstance(following, Delete):
            return False
    return True


class _Work:
    """The changes that are under way, and the outcomes of those that are done, by the key of the package."""

    def __init__(self, tenant: Tenant, watcher: Watcher) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._running: set[Future[Outcome]] = set()
        self._tenant = tenant
        self._watcher = watcher

    def run(self, changes: Iterable[Change], workers: int) -> None:
        """Carry changes out, some at the same time; after an outcome with an exit code none is started."""
        waiting = list(changes)
        with ThreadPoolExecutor(min(workers, len(waiting))) as pool:
            try:
                while self._running or waiting:
                    while waiting and len(self._running) < workers:
                        self._running.add(pool.submit(_carry_out_one, waiting.pop(0), self._tenant))
                    if self._collect():
                        waiting.clear()
            except KeyboardInterrupt:
                self._watcher.interrupted(len(self._running))
                self._tenant.give_up()
                self._settle()
                raise

    def _collect(self) -> bool:
        """Collect the outcomes of the changes that are done; return whether nothing more may be started."""
        is_stopped = False
        for future in wait(self._running, timeout=_PAUSE, return_when=FIRST_COMPLETED).done:
            outcome = future.result()
            self.outcomes[outcome.change.package.key] = outcome
            self._running.discard(future)
            self._watcher.progress(outcome)
            is_stopped = is_stopped or outcome.exit_code != 0
        return is_stopped

    def _settle(self) -> None:
        """Wait for the changes under way; a second Ctrl-C does not stop the wait for them."""
        while True:
            try:
                wait(self._running)
                for future in self._running:
                    outcome = future.result()
                    self.outcomes[outcome.change.package.key] = outcome
                return
            except KeyboardInterrupt:
                continue

    def all_outcomes(self, plan: Plan) -> tuple[Outcome, ...]:
        """Return an outcome for each change of a plan, in its order."""
        outcomes: list[Outcome] = []
        for change in plan.changes:
            outcomes.append(self.outcomes.get(change.package.key) or Outcome(change, Status.NOT_TRIED))
        return tuple(outcomes)


def _carry_out_one(change: Change, tenant: Tenant) -> Outcome:
    if isinstance(change, Create):
        return _create(change, tenant)
    package_id = change.existing.id
    try:
        _apply(change, tenant)
    except RemediateError as error:
        return _failed(Outcome(change, Status.FAILED, package_id=package_id), error)
    return Outcome(change, Status.DONE, package_id=package_id)


def _create(change: Create, tenant: Tenant) -> Outcome:
    outcome = Outcome(change, Status.FAILED)
    package = change.package
    try:
        outcome = replace(outcome, package_id=tenant.create(package))
        if package.assignments:
            tenant.assign(outcome.package_id, package.assignments)
    except RemediateError as error:
        status = Status.CREATED if outcome.package_id else Status.FAILED
        return _failed(replace(outcome, status=status), error)
    return replace(outcome, status=Status.DONE)


def _failed(outcome: Outcome, error: RemediateError) -> Outcome:
    """The outcome with what the error says about it."""
    outcome = replace(outcome, error=str(error))
    if isinstance(error, ApprovalNeededError):
        outcome = replace(outcome, status=Status.AWAITING_APPROVAL, approval_code=error.approval_code)
    if isinstance(error, SignInError | StalledError | UnreachableError):
        outcome = replace(outcome, exit_code=error.exit_code)
    if isinstance(error, TenantError):
        outcome = replace(outcome, request_id=error.request_id, client_request_id=error.client_request_id)
    return outcome


def _apply(change: Update | Delete, tenant: Tenant) -> None:
    if isinstance(change, Delete):
        tenant.delete(change.existing.id)
        return
    fields = frozenset(one.field for one in change.fields)
    if fields - {"assignments"} or isinstance(change, Adopt):
        tenant.update(change.existing.id, change.package, fields - {"assignments"})
    if "assignments" in fields:
        tenant.assign(change.existing.id, change.package.assignments)
