"""A problem of a file that a person wrote, or of a script: where it is, what is wrong, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from aovpn_remediate.problems.codes import CODES

__all__ = ["CODES", "InvalidPart", "InvalidValue", "Problem"]


@dataclass(frozen=True, order=True)
class Problem:
    """One problem at a line and column of a file, both from 1; column 0 is the whole line.

    Scripts have the column 0: their problems are printed with the line only, as PowerShell prints them.
    """

    file: str
    line: int
    column: int
    text: str
    code: str
    is_warning: bool = False

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(self.code)

    def __str__(self) -> str:
        column = f":{self.column}" if self.column else ""
        return f"{self.file}:{self.line}{column}: {self.text}"


class InvalidValue(ValueError):  # noqa: N818  raised for the value of a person, not for a failure of the tool
    """A value that a validator refuses: the code of the problem, and a text that follows the value."""

    def __init__(self, code: str, text: str) -> None:
        if code not in CODES:
            raise KeyError(code)
        self.code = code
        super().__init__(text)


class InvalidPart(InvalidValue):
    """A part of a file whose keys do not fit together; its text is a whole sentence."""
