"""The members of a JSON object in a plan file, read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from aovpn_remediate.errors import PlanFileError

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True)
class Members:
    """An object of a plan file; ``where`` leads to it. Each reader raises ``PlanFileError``."""

    where: str
    values: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a text."""
        value = self._present(name)
        if not isinstance(value, str):
            raise self.wrong(name)
        return value

    def text_or_nothing(self, name: str) -> str:
        """Return a text, empty where it is null."""
        return "" if self._present(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self._present(name)
        if not isinstance(value, bool):
            raise self.wrong(name)
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        found: list[str] = []
        for value in self._list(name):
            if not isinstance(value, str):
                raise self.wrong(name)
            found.append(value)
        return tuple(found)

    def word(self, name: str, words: type[Word]) -> Word:
        """Return one of some words."""
        try:
            return words(self.text(name))
        except ValueError as error:
            raise self.wrong(name) from error

    def part(self, name: str) -> Members:
        """Return an object."""
        return self._members(self._present(name), name)

    def part_or_nothing(self, name: str) -> Members | None:
        """Return an object, or nothing where it is null."""
        return None if self._present(name) is None else self.part(name)

    def parts(self, name: str) -> list[Members]:
        """Return a list of objects."""
        return [self._members(one, f"{name}[{index}]") for index, one in enumerate(self._list(name))]

    def wrong(self, name: str) -> PlanFileError:
        """Return the error for a member that is missing or has a value that no plan has."""
        return PlanFileError(
            f"{self.where}{name} is not what a plan has there; run remediate plan --out again"
        )

    def _present(self, name: str) -> object:
        if name not in self.values:
            raise self.wrong(name)
        return self.values[name]

    def _list(self, name: str) -> list[object]:
        value = self._present(name)
        if not isinstance(value, list):
            raise self.wrong(name)
        return value

    def _members(self, value: object, name: str) -> Members:
        if not isinstance(value, dict):
            raise self.wrong(name)
        return Members(f"{self.where}{name}.", value)
