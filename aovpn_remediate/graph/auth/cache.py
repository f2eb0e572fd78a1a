"""The sign-ins of people, kept on this computer: encrypted where possible, or in a file on request."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aovpn_remediate.graph.auth import variables
from aovpn_remediate.graph.auth.stores import (
    ForeignFileError,
    PlainFile,
    Store,
    encrypted_store,
    is_absent,
    is_plain,
)

if TYPE_CHECKING:
    from msal import SerializableTokenCache

_FILE = "tokens.json"
_METHODS = {"urn:ietf:params:oauth:grant-type:device_code": "device-code", "broker": "broker"}
_UNREADABLE = "the kept sign-in cannot be read and is ignored; sign in again with remediate auth login"
_FOREIGN = (
    "another account wrote this file or can write it, so the sign-in in it is ignored; delete it, and "
    "sign in again with remediate auth login"
)


class AccountCache:
    """What msal remembers of people's sign-ins.

    ``say`` is called with one line for a person if something cannot be kept or read.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        *,
        is_plain_allowed: bool = False,
    ) -> None:
        self._say = say
        self._path = cache_folder(environment) / _FILE
        self._store = None if variables.in_ci(environment) else self._find_store(is_plain_allowed)
        self._tokens: SerializableTokenCache | None = None

    @property
    def is_kept(self) -> bool:
        """Whether a sign-in lasts longer than this command."""
        return self._store is not None

    def tokens(self) -> SerializableTokenCache:
        """Return msal's cache, with what was kept; unreadable content is ignored with a notice."""
        if self._tokens is None:
            self._tokens = self._loaded()
        return self._tokens

    def save(self) -> None:
        """Keep what changed; a place that cannot be written is a notice."""
        tokens = self.tokens()
        if self._store is None or not tokens.has_state_changed:
            return
        try:
            self._store.save(tokens.serialize())
        except Exception as error:  # each platform's store has errors of its own
            reason = (getattr(error, "strerror", None) or "the place for it cannot be written").lower()
            self._say(f"{self._path}: the sign-in cannot be kept ({reason}); it ends with this command")
        else:
            tokens.has_state_changed = False

    def method_of(self, login_host: str, client: str) -> str:
        """Return how somebody signed in with this client id at this login host; empty if nobody did."""
        if self._store is None:
            return ""
        tokens = self.tokens()
        kinds = tokens.CredentialType
        query = {"client_id": client, "environment": login_host}
        for token in tokens.search(kinds.REFRESH_TOKEN, query=query):
            person = {"home_account_id": token.get("home_account_id")}
            for account in tokens.search(kinds.ACCOUNT, query=person):
                return _METHODS.get(str(account.get("account_source")), "browser")
        return ""

    def forget(self) -> bool:
        """Remove every kept sign-in; returns whether there was one. Raises ``OSError``."""
        was_there = self._path.is_file() and self._path.stat().st_size > 0
        self._path.unlink(missing_ok=True)
        encrypted = encrypted_store(self._path) if self._store is not None else None
        if encrypted is not None and _has_content(encrypted):
            was_there = True
            encrypted.save("{}")
            self._path.unlink(missing_ok=True)
        self._tokens = None
        return was_there

    def _loaded(self) -> SerializableTokenCache:
        from msal import SerializableTokenCache

        tokens = SerializableTokenCache()
        if self._store is None:
            return tokens
        try:
            content = self._store.load()
            _check_form(content)
            tokens.deserialize(content)
        except ForeignFileError:
            self._say(f"{self._path}: {_FOREIGN}")
            return SerializableTokenCache()
        except Exception as error:  # each platform's store has errors of its own
            if not is_absent(error):
                self._say(_UNREADABLE)
            return SerializableTokenCache()
        return tokens

    def _find_store(self, is_plain_allowed: bool) -> Store | None:
        """The plain file where it was asked for, now or before, or else the platform's encrypted store."""
        if is_plain_allowed or is_plain(self._path):
            return PlainFile(self._path)
        return encrypted_store(self._path)


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of this tool's own state for the user."""
    chosen = environment.get("REMEDIATE_CACHE_DIR", "").strip()
    if chosen:
        return Path(chosen)
    from platformdirs import user_state_path

    return user_state_path("aovpn-remediate", appauthor=False)


def _check_form(content: str) -> None:
    """Raise ``ValueError`` for what is not msal's form; msal would fail on it later, in many ways."""
    kinds = json.loads(content)
    if not isinstance(kinds, dict):
        raise ValueError("not an object")
    for name, kind in kinds.items():
        if not isinstance(kind, dict) or not all(_is_entry(name, entry) for entry in kind.values()):
            raise ValueError("an entry is not whole")


def _is_entry(kind: str, entry: object) -> bool:
    if not isinstance(entry, dict) or not all(isinstance(value, str | None) for value in entry.values()):
        return False
    ends = str(entry.get("expires_on")).isdecimal() or kind != "AccessToken"
    return ends and (kind == "AppMetadata" or {"home_account_id", "environment"} <= entry.keys())


def _has_content(store: Store) -> bool:
    """Whether a store keeps something, which may be unreadable."""
    try:
        return store.load() not in ("", "{}")
    except Exception as error:  # each platform's store has errors of its own
        return not is_absent(error)
