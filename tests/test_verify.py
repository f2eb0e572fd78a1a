"""`verify`: what it proves, and that it does not prove what is wrong."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from aovpn_remediate.client.comparison import differences
from aovpn_remediate.model import ScriptPackage
from aovpn_remediate.scripts.template_parts import templates_folder
from aovpn_remediate.verify import prove
from aovpn_remediate.verify.cases import case_files, case_names
from tests.proof_jobs import ENTRIES, ENTRIES_OF, RENDERED, broken, jobs, the_case
from tests.script_faults import REAL, around, at_call, on_replacement, without_bodies


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_case_of_every_kind_holds_in_every_scope(shell, tmp_path, entry):
    found = [prove(job, shell) for job in jobs(tmp_path, entry)]
    assert found and [(proof.case, proof.differences) for proof in found if not proof.ok] == []


@pytest.mark.parametrize("kind", RENDERED)
def test_every_case_of_a_kind_is_used(tmp_path, kind):
    own = [path for path in case_files(kind, is_generic=True) if path.parent.name == kind]
    names = {name for path in own for name in case_names(path)}
    used = {job.case.name for entry in ENTRIES_OF[kind] for job in jobs(tmp_path, entry)}
    assert names - used == set()


def test_only_a_generic_kind_may_have_no_cases_of_its_own():
    assert case_files("no-such-kind", is_generic=True) == case_files("custom", is_generic=True)
    missing = [path for path in case_files("no-such-kind", is_generic=False) if not path.is_file()]
    assert [path.parent.name for path in missing] == ["no-such-kind"]


def test_every_shared_case_is_for_some_kind(tmp_path):
    shared = [path for path in case_files("interface-metric", is_generic=True) if path.parent.name == "cases"]
    names = {name for path in shared for name in case_names(path)}
    used = {job.case.name for entry in ENTRIES for job in jobs(tmp_path, entry)}
    assert names - used <= {"each key has another accepted value"}  # of kinds that accept several


def replaces_the_file(package: ScriptPackage) -> ScriptPackage:
    return on_replacement(package, new="[IO.File]::WriteAllText($Path, 'x')")


def loses_letters(package: ScriptPackage) -> ScriptPackage:
    loses = f"param($Path, $Text)\n{REAL} -Path $Path -Text ($Text -replace '[^ -~\\s]', '?')"
    return around(package, "Write-NewFile", loses)


def writes_another_file(package: ScriptPackage) -> ScriptPackage:
    writes = f"[IO.File]::AppendAllText(\"$env:APPDATA\\x\", 'x')\n{REAL} @args"
    return around(package, "Repair-StoredCondition", writes)


def says_more(package: ScriptPackage) -> ScriptPackage:
    return around(package, "ConvertTo-ResultLine", f"{REAL} @args\n'more'")


def exits_with_3(package: ScriptPackage) -> ScriptPackage:
    return at_call(package, "Complete-Remediation", "exit 0", "exit 3")


def writes_an_error(package: ScriptPackage) -> ScriptPackage:
    writes = f"Write-Error 'x' -ErrorAction Continue\n{REAL} @args"
    return around(package, "Repair-StoredCondition", writes)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (replaces_the_file, "says issue failed"),
        (loses_letters, "says issue failed"),
        (writes_another_file, "Roaming\\x: expected nothing"),
        (says_more, "2 output lines, expected one"),
        (exits_with_3, "exit code 3 for the state fixed"),
        (writes_an_error, "wrote to stderr"),
    ],
)
def test_a_pair_that_does_something_else_is_not_proven(shell, tmp_path, fault, said):
    proof = prove(broken(the_case(tmp_path, "the stored state is wrong"), fault), shell)
    assert not proof.ok and any(said in line for line in proof.differences), proof.differences


@pytest.mark.parametrize("kind", RENDERED)
@pytest.mark.parametrize("part", ["check.ps1", "repair.ps1"])
def test_deleting_the_body_of_any_part_makes_verify_fail(shell, tmp_path, kind, part):
    entry = ENTRIES_OF[kind][0]
    code = (templates_folder() / "kinds" / kind / part).read_text(encoding="ascii")
    names = re.findall(r"^function (\S+)", code, re.MULTILINE)
    found = [replace(job, package=without_bodies(job.package, *names)) for job in jobs(tmp_path, entry)]
    assert any(not prove(job, shell).ok for job in found)


def test_the_client_of_a_failing_case_is_kept(shell, tmp_path):
    job = broken(the_case(tmp_path, "the stored state is wrong"), replaces_the_file)
    prove(job, shell, keep=tmp_path / "kept")
    assert list((tmp_path / "kept").rglob("rasphone.pbk"))


def test_a_copy_that_is_not_the_old_phonebook_fails(shell, tmp_path):
    spoil = "[IO.Directory]::GetFiles($env:APPDATA, '*.bak', 'AllDirectories')"
    spoil += f".ForEach({{ [IO.File]::WriteAllText($_, 'x') }})\n{REAL} @args"
    job = the_case(tmp_path, "the stored state is wrong")
    proof = prove(replace(job, package=around(job.package, "ConvertTo-ResultLine", spoil)), shell)
    assert any("no backup has what was in it" in line for line in proof.differences)


def test_a_case_that_fails_by_its_states_alone_is_kept_too(shell, tmp_path):
    job = the_case(tmp_path, "the stored state is correct")
    wrong = replace(job.case, says=("issue",) * 4)
    proof = prove(replace(job, case=wrong), shell, keep=tmp_path / "kept")
    (kept,) = (tmp_path / "kept").rglob("proof.txt")
    assert len(proof.differences) == 1 and proof.differences[0] in kept.read_text(encoding="utf-8")


def test_long_differences_are_cut_and_counted():
    before, after = {"file a": b"[x]\r\n" + b"a=1\r\n" * 40}, {"file a": b"[x]\r\n"}
    found = differences(before, after)
    assert (
        found[0] == "file a: [x] -'a=1\\r\\n'"
        and found[-1] == "file a: ... 28 more lines"
        and len(found) == 13
    )
