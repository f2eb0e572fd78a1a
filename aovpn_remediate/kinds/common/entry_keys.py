"""Keys of a profile's phonebook entry as data: what each must be, and what a missing one means."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aovpn_remediate.kinds.common.profile import ProfileEntry


@dataclass(frozen=True, kw_only=True)
class EntryKey:
    """One setting that a kind keeps in one key of the entry; several rows may share a setting.

    ``wanted`` are the accepted numbers: the first is written. ``mask`` are the bits that count, where not all
    do. ``missing`` is the number that a missing key means. ``words`` name numbers in the results.
    """

    setting: str
    key: str
    wanted: tuple[int, ...]
    missing: int
    mask: int | None = None
    words: Mapping[int, str | bool] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """The row of ``$Settings`` that ``runtime/EntryKeys.ps1`` reads."""
        words = {str(number): word for number, word in self.words.items()}
        row = {"Setting": self.setting, "Key": self.key, "Wanted": list(self.wanted)}
        mask = {} if self.mask is None else {"Mask": self.mask}
        return {**row, "Missing": self.missing, "Words": words, **mask}


def wanted_keys(keys: Iterable[EntryKey]) -> dict[str, object]:
    """Return what is kept correct, by key; bits of a key are named by their mask."""
    found: dict[str, object] = {}
    for one in keys:
        name = one.key if one.mask is None else f"{one.key} (bits {one.mask})"
        found[name] = one.wanted
    return found


class EntryKeysEntry(ProfileEntry):
    """A kind that keeps keys of one entry correct, and nothing else; its scripts are generic."""

    @abstractmethod
    def entry_keys(self) -> Iterable[EntryKey]:
        """The keys that the settings ask for."""

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts."""
        return {**self.profile_settings(), "EntryKeys": [one.row() for one in self.entry_keys()]}

    def features(self) -> Mapping[str, bool]:
        """Whether a key has a mask, beside what every profile's scripts may need."""
        masks = [one.mask for one in self.entry_keys() if one.mask is not None]
        return {**super().features(), "masks": bool(masks)}

    def wanted_values(self, state: str) -> Mapping[str, object]:  # noqa: ARG002  it is stored only
        """The accepted numbers of each key."""
        return wanted_keys(self.entry_keys())
