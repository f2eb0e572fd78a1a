"""What the kinds of one VPN profile have in common: where the profile lives, what is stored, what is live."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from aovpn_remediate.documents.strict import Misfit
from aovpn_remediate.kinds.common.entry import Entry, Wants
from aovpn_remediate.kinds.common.fields import Profile
from aovpn_remediate.model import RunAs
from aovpn_remediate.problems.words import quoted

# A standard user may not change a live interface (unconfirmed). SYSTEM sees the phonebook of all users
# (richardhicks/aovpn#25), but no user's own (unconfirmed).
_USER_MIXES = {("repair", "report"), ("repair", "ignore"), ("ignore", "repair")}
_TWO_ENTRIES = (
    "with scope: user, stored: {} cannot be combined with live: {}; write two entries: one with stored: "
    "repair, live: report (it runs as the user), and one with stored: ignore, live: repair (as SYSTEM)"
)


class ProfileEntry(Entry):
    """One profile."""

    profile: Profile = Field(
        title="Profile", description="The VPN connection's name, at most 255 characters."
    )
    scope: Literal["user", "all-users", "device"] = Field(
        title="Scope", description="Where the profile lives; device is the device tunnel."
    )
    when_absent: Literal["ok", "issue"] = Field(
        "ok", title="Absence", description="Whether a missing profile is an issue; needs repair: false."
    )

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
        "repair", title="Stored state", description="What to do about the phonebook."
    )
    live: Literal["repair", "report", "ignore"] | None = Field(
        None,
        title="Live state",
        description="What to do about the connected interface. Default: report for user, else repair.",
    )

    def misfits(self) -> Iterable[Misfit]:
        """What does not fit together, also in the two states."""
        yield from super().misfits()
        mix = (self.stored, self.live_mode)
        if mix == ("ignore", "ignore"):
            text = "stored: ignore and live: ignore leave nothing to check; set one of them to repair"
            yield Misfit("profile/nothing-checked", text, ("stored", "live"))
        elif self.scope == "user" and mix not in _USER_MIXES:
            text = _TWO_ENTRIES.format(*mix)
            yield Misfit("profile/two-accounts", text, ("scope", "stored", "live"))
        elif self.repair and "repair" not in mix:
            text = "nothing is repaired here; set stored or live to repair, or add repair: false"
            yield Misfit("profile/nothing-repaired", text, ("stored", "live", "repair"))
        if self.when_absent == "issue" and self.stored == "ignore":
            text = (
                "when_absent: issue needs stored: repair; only the phonebook shows whether a profile exists"
            )
            yield Misfit("profile/absent-without-phonebook", text, ("when_absent", "stored"))

    @property
    def stored_mode(self) -> str:
        """What to do about the phonebook."""
        return self.stored

    @property
    def live_mode(self) -> str:
        """What to do about the connected interface, default included."""
        return self.live or ("report" if self.scope == "user" else "repair")
