"""One entry of the config, what its kind decides, and what a kind says about itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aovpn_remediate.model.assignments import Assignment, RunAs


@dataclass(frozen=True)
class ScriptFile:
    """A script that a user wrote: where it lies, and its bytes."""

    path: Path
    content: bytes


@dataclass(frozen=True)
class OwnPair:
    """A pair that a user wrote, and the descriptions of clients that it is proven on."""

    detection: ScriptFile
    remediation: ScriptFile | None = None
    clients: tuple[Path, ...] = ()


class KindSettings(Protocol):
    """What rendering needs to know of a kind's settings."""

    @property
    def run_as(self) -> RunAs:
        """The account that the pair is made for."""

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """What the scripts assume and Windows has not confirmed."""

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts, in the order in which a person would write them."""

    def checks(self) -> tuple[str, ...]:
        """Which states the pair looks at: ``Stored``, ``Live`` or both."""

    def repairs(self) -> tuple[str, ...]:
        """Which of them it repairs."""

    def features(self) -> Mapping[str, bool]:
        """Each feature that the kind's templates name in a region, and whether these settings need it."""

    def own_pair(self) -> OwnPair | None:
        """The scripts to publish as they are, where none are rendered."""

    def traces(self) -> Iterable[tuple[str, ...]]:
        """Words that a script of somebody else contains if it writes what this entry keeps correct.

        All words of a tuple belong together; the last one is the name of what is written.
        """


@dataclass(frozen=True, kw_only=True)
class Remediation:
    """One package that an entry of the config asks for, complete with defaults.

    ``entry`` is the key of the entry, which is also ``key`` unless the entry makes more than one package.
    """

    key: str
    entry: str = ""
    formerly: str = ""
    kind: str
    name: str
    description: str
    publisher: str
    scope_tags: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    repair: bool
    signature_check: bool
    settings: KindSettings


@dataclass(frozen=True)
class SettingText:
    """One setting of a kind, in words."""

    name: str
    type: str
    default: str
    meaning: str


@dataclass(frozen=True)
class KindText:
    """A kind, in words."""

    kind: str
    summary: str
    symptom: str
    cause: str
    touches: str
    settings: tuple[SettingText, ...]
    example: str = ""
