"""The client of a failing case, left in a folder."""

from __future__ import annotations

from dataclasses import replace

from aovpn_remediate.verify.keep import folder_name, keep_client
from tests.test_judges import AFTER, BOOK, NEW, a_good_record


def test_files_and_folders_are_written_and_the_rest_is_text(tmp_path):
    end = {**AFTER, "folder ProgramData/Empty": "a folder", "service RasMan": "is stopped"}
    keep_client(replace(a_good_record(), end=end), ["a problem"], tmp_path)
    assert (tmp_path / BOOK.removeprefix("file ")).read_bytes() == NEW
    assert (tmp_path / "ProgramData" / "Empty").is_dir()
    text = (tmp_path / "proof.txt").read_text(encoding="utf-8")
    assert text.startswith("differences:\na problem\n\nruns:\nrun 1, detect: {")
    assert text.endswith("\nstate:\nfolder ProgramData/Empty: a folder\nservice RasMan: is stopped\n")


def test_a_link_is_named_and_not_made_again(tmp_path):
    keep_client(replace(a_good_record(), end={"link ProgramData/x": "/etc/passwd"}), ["a"], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["proof.txt"]
    assert "link ProgramData/x: /etc/passwd" in (tmp_path / "proof.txt").read_text(encoding="utf-8")


def test_the_name_of_a_case_becomes_a_name_of_a_folder():
    assert folder_name('user: "a/b" ' + "x" * 100 + "...") == "user- -a-b- " + "x" * 68
