"""The states of an entry of which a kind keeps keys correct, made from the rows in ``$Settings``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

_OTHER_BITS = 0b1010_1010
"""What a key with a mask holds beside the masked bits, so that a repair that loses one of them is seen."""


def key_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the states of the entry, or nothing where ``$Settings`` has no rows of keys."""
    rows: Sequence[Row] = settings.get("Keys", ())
    if not rows:
        return {}
    first = rows[0]
    right = {row["Key"]: _right(row) for row in rows}
    wrong = right | {first["Key"]: _wrong(first)}
    added = [row for row in rows if row["Missing"] not in row["Wanted"]]
    optional = {row["Key"]: None for row in rows if row["Missing"] in row["Wanted"]}
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


def _right(row: Row) -> int:
    return _with_other_bits(row, row["Wanted"][0])


def _wrong(row: Row) -> int:
    mask = row["Mask"]
    tried = (25, 26, *range(1000)) if mask is None else range(mask + 1)
    found = next(one for one in tried if (one if mask is None else one & mask) not in row["Wanted"])
    return _with_other_bits(row, found)


def _with_other_bits(row: Row, value: int) -> int:
    mask = row["Mask"]
    return value if mask is None else (value & mask) | (_OTHER_BITS & ~mask)


def _lines(rows: Sequence[Row]) -> list[str]:
    """The lines that a repair adds, in the order of the keys."""
    return [f"{row['Key']}={row['Wanted'][0]}" for row in sorted(rows, key=lambda row: row["Key"])]


def _accepted(rows: Sequence[Row], right: Mapping[str, int]) -> Mapping[str, Any] | None:
    """The entry with the last accepted value of each key, where one has more than one."""
    last = {row["Key"]: _with_other_bits(row, row["Wanted"][-1]) for row in rows}
    return {"keys": last} if last != right else None
