"""Simulated clients lie in memory where that is possible, and where the user wants them otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from aovpn_remediate.client import memory
from aovpn_remediate.client.memory import memory_folder
from aovpn_remediate.verify import record
from tests.proof_jobs import the_case


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path) -> Path:
    """A folder that stands for the one in memory; nobody chose another."""
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(memory, "_PLACE", tmp_path)
    return tmp_path


def test_the_folder_in_memory_is_used_where_it_exists(place):
    assert memory_folder() == str(place)


@pytest.mark.parametrize("name", ["TMPDIR", "TEMP", "TMP"])
def test_the_folder_that_the_user_chose_comes_first(name, monkeypatch):
    monkeypatch.setenv(name, "/elsewhere")
    assert memory_folder() is None


def test_a_system_without_such_a_folder_has_none(monkeypatch, place):
    monkeypatch.setattr(memory, "_PLACE", place / "missing")
    assert memory_folder() is None


def test_a_folder_that_is_nearly_full_is_not_used(monkeypatch):
    monkeypatch.setattr(memory, "_ENOUGH", 1 << 60)
    assert memory_folder() is None


def test_a_folder_that_cannot_be_written_is_not_used(monkeypatch):
    monkeypatch.setattr(memory.os, "access", lambda path, mode: False)
    assert memory_folder() is None


def test_a_case_is_run_in_it_and_leaves_nothing(place, shell, monkeypatch, tmp_path_factory):
    job = the_case(tmp_path_factory.mktemp("config"), "the stored state is wrong")
    seen: list[Path] = []
    make = record.make_client
    monkeypatch.setattr(record, "make_client", lambda case, folder: seen.append(folder) or make(case, folder))
    assert record.record_case(job, shell).ended == ""
    assert [folder.parent.parent for folder in seen] == [place, place]
    assert list(place.iterdir()) == []
