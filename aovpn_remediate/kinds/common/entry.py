"""The settings that every remediation has."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from aovpn_remediate.documents.strict import Misfit
from aovpn_remediate.kinds.common.assignment import AssignmentEntry, ScheduleEntry, misfits_of
from aovpn_remediate.kinds.common.conditions import Rules, items, rule, unless, value, written
from aovpn_remediate.kinds.common.fields import NAME_OF_A_LIST, Key, Name, ShortForm, Tags, Text
from aovpn_remediate.kinds.common.strict import Strict
from aovpn_remediate.model import OwnPair, RunAs

Wants = Mapping[tuple[str, str], object]
"""What a kind keeps correct: the value by place and name."""

Advice = tuple[str, str]
"""What is allowed but probably not meant: the code of the problem, and a text."""

ADVICE = "config/advice"
"""The code of advice that has no code of its own."""


class Part(NamedTuple):
    """The settings of one package of an entry, and what follows the entry's key in the package's key."""

    suffix: str
    entry: Entry

    def name(self, name: str) -> str:
        """Return the display name of the package, from that of the entry."""
        return f"{name} ({self.suffix.removeprefix('-')})" if self.suffix else name


_HAS_A_SCHEDULE = {"anyOf": [written("exclude"), written("schedule")]}
_HAS_A_FILTER = {"dependentRequired": {"filter_mode": ["filter"]}}
_ONLY_EXCLUSIONS = {"type": "array", "minItems": 1, "items": written("exclude")}
_SAID = ("example", "symptom", "cause", "touches", "unconfirmed")
"""What the class of every kind has to say about it."""


class Entry(Strict, defer_build=True):  # a validator is made for those kinds alone that a config names
    """The settings that every remediation has."""

    kind: str = Field(title="Kind", description="What is checked and repaired.")
    name: Name | None = Field(
        None, title="Display name", description="Shown in Intune. Default: from kind and key."
    )
    description: Text | None = Field(None, title="Description", description="Shown in Intune.")
    publisher: Name | None = Field(
        None, title="Publisher", description="Default: defaults.publisher, else the config's name."
    )
    scope_tags: Tags | None = Field(
        None, title="Scope tags", description="Names or ids. Default: defaults.scope_tags, else Default."
    )
    assignments: Annotated[list[AssignmentEntry], ShortForm(NAME_OF_A_LIST)] = Field(
        [],
        title="Assignments",
        description="The whole set, or the name of one; an assignment that is not here is removed. "
        "Default: defaults.assignments, else nobody.",
    )
    schedule: ScheduleEntry | None = Field(
        None, title="Schedule", description="For inclusions without their own."
    )
    filter: Name | None = Field(
        None, title="Assignment filter", description="For inclusions without their own."
    )
    formerly: Key | None = Field(
        None,
        title="Former key",
        description="Its package becomes this entry's. Default: none.",
    )
    repair: bool = Field(True, title="Repair", description="false publishes the detection script only.")
    enabled: bool = Field(True, title="Enabled", description="false assigns the package to nobody.")
    signature_check: bool = Field(
        False,
        title="Signature check",
        description="Whether Intune runs signed scripts only; for signed files of custom.",
    )

    rules: ClassVar[Rules] = (
        rule(unless(written("schedule")), items("assignments", _HAS_A_SCHEDULE)),
        rule(unless(written("filter")), items("assignments", _HAS_A_FILTER)),
        value("assignments", unless(_ONLY_EXCLUSIONS)),
    )

    named_lists: ClassVar[tuple[str, ...]] = ()
    """The settings in which names of route lists may be written."""

    example: ClassVar[str]
    """One remediation of the kind as in a config; it is rendered as the kind's golden pair."""
    symptom: ClassVar[str]
    cause: ClassVar[str]
    touches: ClassVar[str]
    unconfirmed: ClassVar[tuple[str, ...]]
    """What the scripts assume and Windows has not confirmed; ``()`` says that there is nothing."""

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        missing = [name for name in _SAID if not hasattr(cls, name)]
        if missing and cls.model_config.get("title"):  # the classes that kinds are made from have no title
            raise TypeError(f"{cls.__name__} must set {', '.join(missing)}; CONTRIBUTING.md explains each")

    # the rest is model.KindSettings, whose metaclass pydantic's cannot share
    if (
        TYPE_CHECKING
    ):  # a kind may have it as a field, and pydantic does not accept a field in place of a property

        @property
        @abstractmethod
        def run_as(self) -> RunAs: ...

    @abstractmethod
    def script_settings(self) -> Mapping[str, object]: ...
    @abstractmethod
    def checks(self) -> tuple[str, ...]: ...
    @abstractmethod
    def repairs(self) -> tuple[str, ...]: ...

    def misfits(self) -> Iterable[Misfit]:
        """What does not fit together in the entry: here in its assignments."""
        yield from misfits_of(self.assignments)

    @abstractmethod
    def wants(self) -> Wants:
        """What the entry keeps correct, so that two entries of a file can be compared."""

    def advice(self) -> Iterable[Advice]:
        """What is allowed in this entry but probably not meant."""
        return ()

    def advice_beside(self, earlier: Sequence[Entry]) -> Iterable[Advice]:  # noqa: ARG002
        """What is allowed in this entry but probably not meant beside those above it in the file."""
        return ()

    def features(self) -> Mapping[str, bool]:
        """Each feature that the kind's templates name in a region, and whether these settings need it."""
        return {"absence": False, "masks": False, "shared": False, "unknown": False, "user": False}

    def parts(self) -> Iterable[Part]:
        """The packages that the entry makes; a kind that makes more than one says so."""
        yield Part("", self)

    def own_pair(self) -> OwnPair | None:
        """The scripts to publish as they are; here they are rendered."""
        return None

    def traces(self) -> Iterable[tuple[str, ...]]:
        """Words of scripts that write the same; a kind that knows some says so."""
        return ()
