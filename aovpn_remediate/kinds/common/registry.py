"""The kinds by name: each module beside ``common`` is one, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from aovpn_remediate.kinds.common.entry import Entry

_PACKAGE = "aovpn_remediate.kinds"
_FOLDER = Path(__file__).parent.parent


class Kinds(Mapping[str, type[Entry]]):
    """Every kind's class by the kind's name, which is its module's with ``-`` for ``_``; sorted."""

    def __init__(self) -> None:
        self._names = sorted(path.stem.replace("_", "-") for path in _FOLDER.glob("[a-z]*.py"))

    def __getitem__(self, kind: str) -> type[Entry]:
        """Import the kind's module and return its class."""
        if kind not in self._names:
            raise KeyError(kind)
        module = import_module(f"{_PACKAGE}.{kind.replace('-', '_')}")
        for one in vars(module).values():
            is_entry = isinstance(one, type) and issubclass(one, Entry)
            if is_entry and one.model_config.get("title") == kind:
                found: type[Entry] = one
                return found
        raise TypeError(f'{module.__name__} has no class (Entry, title="{kind}")')

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, kind: object) -> bool:
        return kind in self._names


KINDS = Kinds()
"""The one table of kinds."""
