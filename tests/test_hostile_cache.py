"""Files in the folder of kept sign-ins that somebody planted, and encrypted stores beside such files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msal_extensions
import pytest
from msal_extensions.persistence import FilePersistence, PersistenceNotFound

from aovpn_remediate.graph.auth import stores
from aovpn_remediate.graph.auth.cache import AccountCache

LOGIN, CLIENT = "login.microsoftonline.com", "22222222-2222-2222-2222-222222222222"
RENEWAL = "RENEWAL~word"

posix = pytest.mark.skipif(os.name == "nt", reason="about owners and pipes")


class Keychain:
    """A store as on macOS and Linux: the text is elsewhere, an empty file shows that there is one.

    Source: msal-extensions, KeychainPersistence and LibsecretPersistence.
    """

    text: str | None = None

    def __init__(self, path: str) -> None:
        self._sign = FilePersistence(path)

    def save(self, content: str) -> None:
        Keychain.text = content
        self._sign.touch()

    def load(self) -> str:
        if Keychain.text is None:
            raise PersistenceNotFound(message="nothing")
        return Keychain.text


@pytest.fixture
def keychain(monkeypatch: pytest.MonkeyPatch) -> type[Keychain]:
    monkeypatch.setattr(msal_extensions, "build_encrypted_persistence", Keychain)
    monkeypatch.setattr(Keychain, "text", None)
    return Keychain


class Computer:
    """A computer whose commands keep sign-ins in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "tokens.json"
        self.lines: list[str] = []

    def cache(self, **options: Any) -> AccountCache:
        """The cache of a command."""
        return AccountCache({"REMEDIATE_CACHE_DIR": str(self.folder)}, self.lines.append, **options)

    def sign_in(self, **options: Any) -> None:
        """Keep a sign-in, as msal does after a person signed in."""
        cache = self.cache(**options)
        answer = {"access_token": "a", "refresh_token": RENEWAL, "expires_in": 3600}
        cache.tokens().add(
            {
                "client_id": CLIENT,
                "scope": ["s"],
                "token_endpoint": f"https://{LOGIN}/x/oauth2/v2.0/token",
                "response": answer | {"client_info": "eyJ1aWQiOiJ1IiwidXRpZCI6InQifQ"},
            }
        )
        cache.save()

    @property
    def method(self) -> str:
        """How a later command would sign in."""
        return self.cache().method_of(LOGIN, CLIENT)


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path / "kept")


def test_a_sign_in_in_a_keychain_serves_later_commands(computer, keychain):
    computer.sign_in()
    assert computer.file.read_bytes() == b""
    assert (computer.method, computer.lines) == ("browser", [])
    computer.sign_in()
    assert computer.file.read_bytes() == b"", "never written without encryption"
    assert RENEWAL in keychain.text


def test_logout_forgets_what_a_keychain_has(computer, keychain):
    computer.sign_in()
    assert computer.cache().forget()
    assert RENEWAL not in keychain.text and not computer.file.exists()
    assert not computer.cache().forget()
    assert computer.method == ""


def test_logout_forgets_a_file_and_an_earlier_keychain(computer, keychain):
    computer.sign_in()
    computer.sign_in(is_plain_allowed=True)
    assert RENEWAL in computer.file.read_text(encoding="utf-8")
    assert computer.cache().forget()
    assert RENEWAL not in keychain.text and not computer.file.exists()
    assert computer.method == ""


@posix
def test_a_pipe_in_the_place_of_the_file_is_not_read(computer):
    computer.folder.mkdir()
    os.mkfifo(computer.file)
    assert computer.method == ""
    computer.sign_in(is_plain_allowed=True)
    assert computer.lines == [
        "the kept sign-in cannot be read and is ignored; sign in again with remediate auth login"
    ]
    assert computer.method == "browser", "the pipe is replaced"


@posix
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666], ids=oct)
def test_a_file_that_others_can_write_is_ignored(computer, mode):
    computer.sign_in(is_plain_allowed=True)
    computer.file.chmod(mode)
    assert computer.method == ""
    assert computer.lines == [
        f"{computer.file}: another account wrote this file or can write it, so the sign-in in it is ignored; "
        "delete it, and sign in again with remediate auth login"
    ]
    computer.sign_in(is_plain_allowed=True)
    assert computer.method == "browser" and computer.file.stat().st_mode & 0o777 == 0o600


@posix
def test_a_file_of_another_account_is_ignored(computer, monkeypatch):
    computer.sign_in(is_plain_allowed=True)
    monkeypatch.setattr(stores.os, "geteuid", lambda: computer.file.stat().st_uid + 1)
    if computer.file.stat().st_uid == 0:
        os.chown(computer.file, 4711, 4711)
    assert computer.method == ""
    assert "another account wrote this file" in computer.lines[0]


def test_a_file_without_an_end_is_not_read_to_the_end(computer, monkeypatch):
    computer.sign_in(is_plain_allowed=True)
    monkeypatch.setattr(stores, "LONGEST", 100)
    assert computer.method == ""
    assert "the kept sign-in cannot be read and is ignored" in computer.lines[0]
