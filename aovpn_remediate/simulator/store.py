"""What a simulated tenant contains: four collections of JSON objects, in memory and, if wanted, in a file.

The file is an SQLite database with a row for each object, so that a hard kill at any moment leaves the
state after some whole request, and a write costs one row and not the tenant.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator.wire import JsonObject

Collections: TypeAlias = dict[str, dict[str, JsonObject]]

GROUPS = "groups"
FILTERS = "assignmentFilters"
SCOPE_TAGS = "roleScopeTags"
PACKAGES = "deviceHealthScripts"
COLLECTIONS = (GROUPS, FILTERS, SCOPE_TAGS, PACKAGES)

# "AOVP" in ASCII: tells our file from any other SQLite database, which is never written to.
_APPLICATION_ID = 0x414F5650
_CREATE = f"""
    PRAGMA application_id = {_APPLICATION_ID};
    CREATE TABLE object (collection TEXT, id TEXT, document TEXT NOT NULL, UNIQUE (collection, id));
"""
_READ = "SELECT collection, id, document FROM object ORDER BY rowid"
_WRITE = """
    INSERT INTO object (collection, id, document) VALUES (?, ?, ?)
    ON CONFLICT (collection, id) DO UPDATE SET document = excluded.document
"""
_REMOVE = "DELETE FROM object WHERE collection = ? AND id = ?"


class StateFile:
    """The file that a tenant is kept in; only one process can use it at a time."""

    def __init__(self, path: Path) -> None:
        import sqlite3

        self._path = path
        with self._readable_errors():
            if path.is_dir():
                raise OutputError(f"{path}: is a folder; name a file for the state")
            self._database = sqlite3.connect(path, timeout=0.5, isolation_level=None, check_same_thread=False)
        try:
            with self._readable_errors():
                self.is_new = self._take_over()
        except OutputError:
            self.close()
            raise

    def load(self) -> Collections:
        """Return everything in the order in which it was made."""
        found: Collections = {name: {} for name in COLLECTIONS}
        with self._readable_errors():
            for collection, key, document in self._database.execute(_READ):
                found[collection][key] = json.loads(document)
        return found

    def create(self, collections: Mapping[str, Mapping[str, JsonObject]]) -> None:
        """Write a whole tenant into a new file, in one step."""
        rows: list[tuple[str, str, str]] = []
        for name, objects in collections.items():
            rows += [(name, key, json.dumps(document)) for key, document in objects.items()]
        with self._readable_errors():
            self._database.executescript(f"BEGIN EXCLUSIVE; {_CREATE}")
            self._database.executemany(_WRITE, rows)
            self._database.execute("COMMIT")

    def write(self, collection: str, key: str, document: JsonObject) -> None:
        """Keep one object; when this returns, it survives a hard kill."""
        with self._readable_errors():
            self._database.execute(_WRITE, (collection, key, json.dumps(document)))

    def remove(self, collection: str, key: str) -> None:
        """Forget one object."""
        with self._readable_errors():
            self._database.execute(_REMOVE, (collection, key))

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _take_over(self) -> bool:
        """Lock the file and return whether it is new."""
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._database.execute("BEGIN EXCLUSIVE")
        (application,) = self._database.execute("PRAGMA application_id").fetchone()
        (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._database.execute("COMMIT")
        if tables and application != _APPLICATION_ID:
            raise OutputError(f"{self._path}: is not a simulator's state; name another file")
        return not tables

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        import sqlite3

        try:
            yield
        except sqlite3.OperationalError as error:
            advice = "end the simulator that uses it" if "locked" in str(error) else "name another file"
            raise OutputError(f"{self._path}: {error}; {advice}") from error
        except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
            problem = f"the state cannot be read ({error})"
            raise OutputError(f"{self._path}: {problem}; name another file") from error


class Tenant:
    """The four collections; hold ``lock`` while you use them, and never change an object in place."""

    def __init__(self, collections: Collections, state: StateFile | None = None) -> None:
        self.lock = threading.RLock()
        self._collections = collections
        self._state = state

    def all(self, collection: str) -> Mapping[str, JsonObject]:
        """Return the objects of a collection by id, in the order in which they were made."""
        return self._collections[collection]

    def put(self, collection: str, document: JsonObject) -> None:
        """Add or replace an object; the file is written first, so that no answered request is lost."""
        key = str(document["id"])
        if self._state is not None:
            self._state.write(collection, key, document)
        self._collections[collection][key] = document

    def remove(self, collection: str, key: str) -> None:
        """Remove an object."""
        if self._state is not None:
            self._state.remove(collection, key)
        del self._collections[collection][key]

    def close(self) -> None:
        """Close the state file; a later write fails."""
        with self.lock:
            if self._state is not None:
                self._state.close()
