"""Lists that are late: for a while they do not show a new package, or its new assignments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aovpn_remediate.simulator.conditions import Present
from aovpn_remediate.simulator.wire import Json, JsonObject


@dataclass(frozen=True)
class _Change:
    """When a package was created or assigned, and the assignments before; ``None`` before its create."""

    time: float
    lists: int
    before: Json


class Lateness:
    """What lists do not show yet; one thread at a time may use it."""

    def __init__(self, present: Present) -> None:
        self._present = present
        self._lists = 0
        self._changes: dict[str, list[_Change]] = {}

    def note(self, key: str, before: Json) -> None:
        """Note a change of the package with this id, with its assignments before."""
        conditions = self._present.conditions
        if conditions.lag or conditions.lag_reads:
            change = _Change(self._present.now(), self._lists, before)
            self._changes.setdefault(key, []).append(change)

    def begin_list(self) -> None:
        """Note that a list is read from its start."""
        self._lists += 1

    def shown(self, packages: Iterable[JsonObject]) -> list[JsonObject]:
        """Return the packages as a list shows them now."""
        found: list[JsonObject] = []
        for package in packages:
            late = [one for one in self._changes.get(str(package["id"]), ()) if self._is_late(one)]
            if not late:
                self._changes.pop(str(package["id"]), None)
                found.append(package)
            elif late[0].before is not None:
                found.append({**package, "assignments": late[0].before})
        return found

    def _is_late(self, change: _Change) -> bool:
        conditions = self._present.conditions
        is_early = self._present.now() - change.time < conditions.lag
        return is_early or self._lists - change.lists <= conditions.lag_reads
