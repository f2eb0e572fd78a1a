"""The states of an entry of which a kind keeps keys correct, made from the rows in ``$Settings``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

_OTHER_BITS = 0b1010_1010
"""What a key with a mask holds beside the masked bits, so that a repair that loses one of them is seen."""


def key_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the states of the entry, or nothing where ``$Settings`` has no rows of keys."""
    rows: Sequence[Row] = settings.get("EntryKeys", ())
    if not rows:
        return {}
    first = rows[0]
    right = {row["Key"]: _right(row) for row in rows}
    wrong = right | {first["Key"]: _wrong(first)}
    added = [row for row in rows if _counting(row, row["Missing"]) not in row["Wanted"]]
    optional = {row["Key"]: None for row in rows if row not in added}
    return {
        "Right": {"keys": right},
        "Wrong": {"keys": wrong},
        "Repaired": {"keys": right},
        "WithoutKeys": {"keys": dict.fromkeys(right)} if added else None,
        "WithAddedKeys": {"keys": dict.fromkeys(right), "last": _lines(added)},
        "WithoutOptionalKeys": {"keys": right | optional} if optional else None,
        "Unreadable": {"keys": right | {first["Key"]: "x"}},
        "Twice": {"keys": right, "last": [f"{first['Key']}={_right(first)}"]},
        "Accepted": _accepted(rows, right),
    }


def _lines(rows: Sequence[Row]) -> list[str]:
    """The lines that a repair adds."""
    return [f"{row['Key']}={_added(row)}" for row in rows]


def _added(row: Row) -> int:
    """What a repair writes where the key is missing: the wanted bits over what a missing key stands for."""
    wanted: int = row["Wanted"][0]
    return wanted | (row["Missing"] & ~row["Mask"]) if "Mask" in row else wanted


def _right(row: Row) -> int:
    return _with_other_bits(row, row["Wanted"][0])


def _wrong(row: Row) -> int:
    tried = range(row["Mask"] + 1) if "Mask" in row else (25, 26, *range(1000))
    found = next(one for one in tried if _counting(row, one) not in row["Wanted"])
    return _with_other_bits(row, found)


def _counting(row: Row, number: int) -> int:
    return number & row["Mask"] if "Mask" in row else number


def _with_other_bits(row: Row, value: int) -> int:
    return (value & row["Mask"]) | (_OTHER_BITS & ~row["Mask"]) if "Mask" in row else value


def _accepted(rows: Sequence[Row], right: Mapping[str, int]) -> Mapping[str, Any] | None:
    """The entry with the last accepted value of each key, where one has more than one."""
    last = {row["Key"]: _with_other_bits(row, row["Wanted"][-1]) for row in rows}
    return {"keys": last} if last != right else None
