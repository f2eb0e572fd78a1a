"""What a simulated tenant holds, and the file that keeps it.

The file is replaced in one step after each change, so that it is whole whenever the process is killed.
A seed is a JSON object with the lists ``groups``, ``assignmentFilters`` and ``roleScopeTags``, each of
``{"id", "displayName"}``, and ``deviceHealthScripts``, packages as Graph returns them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aovpn_remediate.errors import OutputError

Json = dict[str, object]

PARTS = ("groups", "assignmentFilters", "roleScopeTags", "deviceHealthScripts")
_SEED = Path(__file__).parent / "seed.json"


@dataclass
class Store:
    """A tenant's objects by part and id, in the order in which they came."""

    parts: dict[str, dict[str, Json]] = field(default_factory=lambda: {part: {} for part in PARTS})
    path: Path | None = None

    def add(self, content: Mapping[str, object], *, source: Path) -> None:
        """Take in the parts of a seed or of a saved state."""
        for part, items in content.items():
            if part not in PARTS or not isinstance(items, list):
                raise _broken(source, f"{part!r} is none of the lists {', '.join(PARTS)}")
            for item in items:
                if not isinstance(item, dict) or not isinstance(item.get("id"), str):
                    raise _broken(source, f"an item of {part} has no id")
                self.parts[part][item["id"]] = item

    def save(self) -> None:
        """Write the state, if it is kept."""
        if self.path is None:
            return
        content = {part: list(items.values()) for part, items in self.parts.items()}
        temporary = self.path.with_name(f"{self.path.name}.tmp")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)


def open_store(state: Path | None, seed: Path | None) -> Store:
    """Return the tenant that a state file holds, else a new one from the built-in seed and a further one."""
    store = Store(path=state)
    if state is not None and state.exists():
        store.add(_read(state), source=state)
        return store
    for source in (_SEED, seed):
        if source is not None:
            store.add(_read(source), source=source)
    try:
        store.save()
    except OSError as error:
        raise OutputError(
            f"{state}: {(error.strerror or '').lower()}; name a file that can be written"
        ) from error
    return store


def _read(path: Path) -> Mapping[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OutputError(
            f"{path}: {(error.strerror or 'cannot be read').lower()}; name another file"
        ) from error
    except ValueError as error:
        raise _broken(path, "it holds no JSON") from error
    if not isinstance(content, dict):
        raise _broken(path, "it holds no JSON object")
    return content


def _broken(path: Path, reason: str) -> OutputError:
    return OutputError(f"{path}: is no tenant, {reason}; name another file or delete it")
