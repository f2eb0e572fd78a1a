"""What the kinds of one VPN profile have in common: where the profile lives, what is stored, what is live."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from aovpn_remediate.documents.strict import Misfit
from aovpn_remediate.kinds.common.assignment import AssignmentEntry, ScheduleEntry
from aovpn_remediate.kinds.common.conditions import (
    Rules,
    equal,
    equal_or_missing,
    explained,
    rule,
    unless,
    written,
)
from aovpn_remediate.kinds.common.entry import Part, Wants
from aovpn_remediate.kinds.common.fields import SCOPES_EXPLAINED, Hours, Profile
from aovpn_remediate.kinds.common.rendered import RenderedEntry
from aovpn_remediate.model import RunAs
from aovpn_remediate.problems.words import quoted

# A standard user may not change a live interface (unconfirmed). SYSTEM sees the phonebook of all users
# (richardhicks/aovpn#25), but no user's own (unconfirmed).
_ACCOUNTS = (
    "with scope: user, stored: ignore needs live: repair, which runs as SYSTEM; set live: repair, or remove "
    "stored: ignore"
)
_LIVE = "-live"
"""What follows the key of a user's profile in the key of the package that repairs the live state."""
_NAME_LIMIT = 256 - len(" (live)")


class ProfileEntry(RenderedEntry):
    """One profile."""

    profile: Profile = Field(
        title="Profile", description="The VPN connection's name, at most 255 characters."
    )
    scope: Literal["user", "all-users", "device"] = Field(
        title="Scope",
        description="Where the profile lives; device is the device tunnel.",
        json_schema_extra=SCOPES_EXPLAINED,
    )
    when_absent: Literal["ok", "issue"] = Field(
        "ok",
        title="Absence",
        description="Whether a missing profile is an issue; needs repair: false.",
        json_schema_extra=explained("A missing profile is no issue.", "A missing profile is an issue."),
    )

    rules: ClassVar[Rules] = (rule(equal(when_absent="issue"), then=equal(repair=False)),)

    def misfits(self) -> Iterable[Misfit]:
        """What does not fit together, also that no script can create a profile."""
        yield from super().misfits()
        if self.when_absent == "issue" and self.repair:
            text = "when_absent: issue needs repair: false; a script cannot create a missing profile"
            yield Misfit("profile/absent-with-repair", text, ("when_absent", "repair"))

    @property
    def stored_mode(self) -> str:
        """What to do about the phonebook."""
        return "repair"

    @property
    def live_mode(self) -> str:
        """What to do about the connected interface."""
        return "ignore"

    @property
    def run_as(self) -> RunAs:
        """A user's phonebook is the user's; everything else is SYSTEM's."""
        return RunAs.USER if self.scope == "user" and self.stored_mode == "repair" else RunAs.SYSTEM

    def profile_settings(self) -> dict[str, object]:
        """The part of ``$Settings`` that all kinds of one profile have."""
        return {
            "Kind": self.kind,
            "Profile": self.profile,
            "Scope": self.scope,
            "RunAs": self.run_as.value,
            "WhenAbsent": self.when_absent,
            "WhenUnknown": self.when_unknown,
            "Stored": self.stored_mode,
            "Live": self.live_mode,
        }

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts."""
        return self.profile_settings()

    def checks(self) -> tuple[str, ...]:
        """Which states the pair looks at."""
        return self._states_with("repair", "report")

    def repairs(self) -> tuple[str, ...]:
        """Which of them it repairs."""
        return self._states_with("repair")

    def features(self) -> Mapping[str, bool]:
        """Whether absence is an issue, whose the profile is, what is read, and what is only reported."""
        return {
            **super().features(),
            "absence": self.when_absent == "issue",
            "user": self.scope == "user",
            "shared": self.scope != "user",
            "stored": self.stored_mode == "repair",
            "report": self.live_mode == "report",
            "live-repair": self.live_mode == "repair",
        }

    def wants(self) -> Wants:
        """What is kept correct in each state that is repaired."""
        places = {"Stored": "the phonebook entry", "Live": "the connected interface"}
        found: dict[tuple[str, str], object] = {}
        for state in self.repairs():
            place = f"{places[state]} {quoted(self.profile)} (scope: {self.scope})"
            for name, value in self.wanted_values(state).items():
                found[place, name] = value
        return found

    def traces(self) -> Iterable[tuple[str, ...]]:
        """The file of the phonebook with the keys that are kept correct in it."""
        if "Stored" in self.repairs():
            for name in self.stored_keys():
                yield "rasphone", name

    def stored_keys(self) -> Iterable[str]:
        """The keys of the phonebook entry that are kept correct."""
        return [name.partition(" ")[0] for name in self.wanted_values("Stored")]

    @abstractmethod
    def wanted_values(self, state: str) -> Mapping[str, object]:
        """What is kept correct in one state, ``Stored`` or ``Live``, by name."""

    def _states_with(self, *modes: str) -> tuple[str, ...]:
        states = (("Stored", self.stored_mode), ("Live", self.live_mode))
        return tuple(name for name, mode in states if mode in modes)


class ConnectedProfileEntry(ProfileEntry):
    """One profile, in the phonebook and while it is connected."""

    stored: Literal["repair", "ignore"] = Field(
        "repair",
        title="Stored state",
        description="What to do about the phonebook.",
        json_schema_extra=explained("Keep it correct.", "Do not read it; the package runs as SYSTEM."),
    )
    live: Literal["repair", "report", "ignore"] | None = Field(
        None,
        title="Live state",
        description="What to do about the connected interface; for user, repair makes a second package, "
        "KEY-live, which runs as SYSTEM. Default: report for user, else repair.",
        json_schema_extra=explained("Keep it correct.", "Say what differs, as pending.", "Do not read it."),
    )
    live_every: Hours | None = Field(
        None,
        title="Interval of the live package",
        description="The interval of KEY-live instead of the schedules, e.g. 1 hour. Default: the schedules.",
    )

    rules: ClassVar[Rules] = (
        unless(equal(stored="ignore", live="ignore")),
        rule(
            equal(scope="user", stored="ignore"),
            then={"properties": {"live": {"enum": ["repair", "ignore"]}}, **written("live")},
        ),
        rule(equal(stored="ignore", live="report"), then=equal(repair=False)),
        rule(equal(when_absent="issue"), then=equal_or_missing(stored="repair")),
        rule(
            written("live_every"),
            then={"allOf": [equal(live="repair"), equal_or_missing(scope="user", stored="repair")]},
        ),
        rule(
            {"allOf": [equal(scope="user", live="repair"), equal_or_missing(stored="repair")]},
            then={"properties": {"name": {"maxLength": _NAME_LIMIT}}},
        ),
    )

    def misfits(self) -> Iterable[Misfit]:
        """What does not fit together, also in the two states."""
        yield from super().misfits()
        mix = (self.stored, self.live_mode)
        if mix == ("ignore", "ignore"):
            text = "stored: ignore and live: ignore leave nothing to check; set one of them to repair"
            yield Misfit("profile/nothing-checked", text, ("stored", "live"))
        elif self.scope == "user" and mix == ("ignore", "report"):
            yield Misfit("profile/two-accounts", _ACCOUNTS, ("scope", "stored", "live"))
        elif self.repair and "repair" not in mix:
            text = "nothing is repaired here; set stored or live to repair, or add repair: false"
            yield Misfit("profile/nothing-repaired", text, ("stored", "live", "repair"))
        if self.when_absent == "issue" and self.stored == "ignore":
            text = (
                "when_absent: issue needs stored: repair; only the phonebook shows whether a profile exists"
            )
            yield Misfit("profile/absent-without-phonebook", text, ("when_absent", "stored"))
        yield from self._companion_misfits()

    def _companion_misfits(self) -> Iterable[Misfit]:
        about = ("scope", "stored", "live")
        if self.live_every is not None and not self._has_companion():
            text = "live_every needs scope: user, stored: repair and live: repair; correct them or remove it"
            yield Misfit("profile/live-every", text, about, ("live_every",))
        if self.name is not None and len(self.name) > _NAME_LIMIT and self._has_companion():
            text = f"with live: repair a name has at most {_NAME_LIMIT} characters; shorten it"
            yield Misfit("value/too-long", text, about, ("name",))

    def _has_companion(self) -> bool:
        """Whether the live state is repaired by a package of its own, since it needs another account."""
        return (self.scope, self.stored, self.live_mode) == ("user", "repair", "repair")

    def parts(self) -> Iterable[Part]:
        """One package, or for both states of a user's profile one of the user and one of SYSTEM."""
        if not self._has_companion():
            yield Part("", self)
            return
        yield Part("", self.model_copy(update={"live": "report", "live_every": None}))
        changes = {"stored": "ignore", "when_absent": "ok", "live_every": None}
        assignments = [self._live_assignment(one) for one in self.assignments]
        yield Part(_LIVE, self.model_copy(update={**changes, "assignments": assignments}))

    def _live_assignment(self, one: AssignmentEntry) -> AssignmentEntry:
        if one.exclude is not None or self.live_every is None:
            return one
        return one.model_copy(update={"schedule": ScheduleEntry.model_validate({"every": self.live_every})})

    @property
    def stored_mode(self) -> str:
        """What to do about the phonebook."""
        return self.stored

    @property
    def live_mode(self) -> str:
        """What to do about the connected interface, default included."""
        return self.live or ("report" if self.scope == "user" else "repair")
