"""An object of an answer, read field by field, so that an error names the wrong field; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from aovpn_remediate.errors import GraphShapeError

_JSON_TYPES = {
    type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list",
    dict: "an object",
}  # fmt: skip


@dataclass(frozen=True)
class Fields:
    """The fields of one JSON object; each reader raises ``GraphShapeError`` for another type."""

    where: str
    values: Mapping[str, object]

    def text(self, name: str) -> str:
        """Return a text, empty where it is null."""
        value = self._present(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else self._refuse(name, value, "text")

    def id(self) -> str:
        """Return the id, which is never empty."""
        if not self.text("id"):
            raise self.wrong("id", "is empty")
        return self.text("id")

    def flag(self, name: str) -> bool:
        """Return a boolean."""
        value = self._present(name)
        return value if isinstance(value, bool) else self._refuse(name, value, "a boolean")

    def number(self, name: str) -> int:
        """Return a whole number."""
        value = self._present(name)
        if isinstance(value, bool) or not isinstance(value, int):
            self._refuse(name, value, "a whole number")
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, empty where it is null."""
        texts: list[str] = []
        for value in [] if self._present(name) is None else self._list(name):
            if not isinstance(value, str):
                raise self.wrong(name, "contains something other than texts")
            texts.append(value)
        return texts

    def part(self, name: str) -> Fields:
        """Return an object within."""
        return self._fields(self._present(name), name)

    def parts(self, name: str) -> list[Fields]:
        """Return a list of objects."""
        return [self._fields(value, name) for value in self._list(name)]

    def wrong(self, name: str, problem: str) -> GraphShapeError:
        """Return the error for a field, whether its type or its value is wrong."""
        return GraphShapeError(
            f"{self.where}: {name} {problem}; remediate does not know this answer; look for a newer version"
        )

    def _present(self, name: str) -> object:
        if name not in self.values:
            raise self.wrong(name, "is missing")
        return self.values[name]

    def _list(self, name: str) -> list[object]:
        value = self._present(name)
        return value if isinstance(value, list) else self._refuse(name, value, "a list")

    def _fields(self, value: object, name: str) -> Fields:
        if not isinstance(value, dict):
            self._refuse(name, value, "an object")
        return Fields(f"{self.where}, {name}", value)

    def _refuse(self, name: str, value: object, wanted: str) -> NoReturn:
        raise self.wrong(name, f"is {_JSON_TYPES.get(type(value), 'something else')}, not {wanted}")
