"""Random phonebooks and hostile texts, always the same ones; ``make fuzz`` tries new ones."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from random import Random

import pytest

from aovpn_remediate.client.phonebook import record
from aovpn_remediate.scripts import render
from aovpn_remediate.scripts.literals import literal
from tests import fuzz, hostile
from tests.hostile import changed_texts, hostile_settings, hostile_text, settings_faults
from tests.metric_trial import phonebook_faults
from tests.phonebook_grammar import random_case
from tests.phonebook_model import expect
from tests.route_grammar import RouteSettings, Wanted, random_route_case
from tests.route_model import faults_after, faults_around, must_work, state_of
from tests.route_trial import route_faults

CASES = [random_case(Random(f"5/{number}")) for number in range(250)]
ROUTE_CASES = [random_route_case(Random(f"5/{number}"), "5") for number in range(200)]


def test_outside_the_edited_keys_of_the_right_entry_every_byte_stays(shell, tmp_path: Path):
    """Also: what cannot be understood is unknown and stays, and a second repair writes nothing."""
    assert phonebook_faults(shell, tmp_path, CASES) == []


def test_the_random_phonebooks_have_every_state_often():
    states = [expect(case.before, case.name, case.wants).state for case in CASES]
    assert {state for state in set(states) if states.count(state) >= 15} == {
        "issue", "healthy", "absent", "unknown",
    }  # fmt: skip


def test_routes_are_as_wanted_or_the_repair_has_failed_and_all_else_stays(shell, tmp_path: Path):
    """The other records too, in their order; and a phonebook as Windows writes it is always fixed."""
    assert route_faults(shell, tmp_path, ROUTE_CASES) == []


def test_the_random_phonebooks_with_routes_have_every_state_often():
    states = [state_of(case.before, case.settings) for case in ROUTE_CASES]
    assert {state for state in set(states) if states.count(state) >= 15} == {
        "issue", "healthy", "absent", "unknown",
    }  # fmt: skip
    issues = [case for case, state in zip(ROUTE_CASES, states, strict=True) if state == "issue"]
    without_excuse = [must_work(case.before, case.settings) for case in issues]
    assert without_excuse.count(True) >= 25 and without_excuse.count(False) >= 15


def test_hostile_texts_are_single_constants_that_evaluate_to_themselves(shell, tmp_path: Path):
    random = Random(5)
    assert changed_texts(shell, tmp_path, [hostile_text(random) for _ in range(2000)]) == []


def test_hostile_settings_stay_constants_and_change_nothing_else(shell, tmp_path: Path):
    """Names, prefixes and items of lists, of all kinds, in both scripts."""
    random = Random(5)
    assert settings_faults(shell, tmp_path, [hostile_settings(random) for _ in range(100)]) == []


def test_a_text_that_ends_its_quotes_is_noticed(shell, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(hostile, "literal", lambda text: f"'{text}'")
    assert changed_texts(shell, tmp_path, ["''"]) == ["''"]
    for text in ("'; 'x", "' + (Get-Date) + '", "'\n}\n exit 7\n{ '", "' + $HOME + '"):
        with pytest.raises(AssertionError):
            changed_texts(shell, tmp_path, [text])


@pytest.mark.parametrize(
    "code", ["'x'; exit 7", "'x' + $HOME", "'y'", "'x'\n}\nexit 7\n$x = @{", "'x'\n    More = 1"]
)
def test_a_setting_that_becomes_code_or_another_one_is_noticed(shell, tmp_path: Path, monkeypatch, code):
    def careless(value):
        return f"@{{\n    Profile = {code}\n}}" if value == {"Profile": "x"} else literal(value)

    monkeypatch.setattr(render, "literal", careless)
    case = hostile.HostileSettings("interface-metric", {"Profile": "x"})
    assert len(settings_faults(shell, tmp_path, [case])) == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[V]\r\nType=2\r\n\r\nM=1\r\n", b"[V]\r\nType=2\r\nIpInterfaceMetric=3\r\n\r\nM=1\r\n"),
        (b"[V]\nType=2", b"[V]\nType=2\nIpInterfaceMetric=3"),
        (b"[v] \r\ntype = 2\r\n IPINTERFACEMETRIC =7", b"[v] \r\ntype = 2\r\n IPINTERFACEMETRIC =3"),
    ],
)
def test_the_model_by_example(before, after):
    expected = expect(before, "V", {"ipv4": 3, "ipv6": None})
    assert (expected.state, expected.after) == ("issue", after)


OLD = b"[V]\r\nType=2\r\nLowDateTime=1\r\nNumRoutes=2\r\nRoutes=%s%s\r\n\r\nM=1\r\n"
RECORDS = [
    record(text).encode() for text in ("10.9.0.0/16", "!10.8.0.0/16", "10.20.0.0/16", "10.20.0.0/16@5")
]


@pytest.mark.parametrize(
    ("after", "said", "fault"),
    [
        (OLD % (RECORDS[1], RECORDS[2]), "fixed", ""),
        (OLD % (RECORDS[1], RECORDS[3]), "fixed", ""),
        (OLD % (RECORDS[0], RECORDS[1]), "failed", ""),
        (OLD % (RECORDS[1], RECORDS[2]), "failed", "failed, and the routes are as wanted"),
        (OLD % (RECORDS[0], RECORDS[1]), "fixed", "fixed, and the routes are not as wanted"),
        (OLD % (RECORDS[2], RECORDS[0]), "failed", "the other records were"),
        (OLD % (RECORDS[1], RECORDS[2]) + b"\r\n", "fixed", "the file around the routes was"),
        (OLD % (RECORDS[1], b"00"), "failed", "the entry is now unknown"),
        ((OLD % (RECORDS[1], b"")).replace(b"=2\r\nR", b"=1\r\nR"), "failed", "lost"),
        (OLD % (RECORDS[1], record("10.7.0.0/16").encode()), "failed", "invented"),
    ],
)
def test_the_model_of_routes_by_example(after, said, fault):
    settings = RouteSettings("V", "user", (Wanted("10.20.0.0/16"),), "remove")
    before = OLD % (RECORDS[0], RECORDS[1])
    assert state_of(before, settings) == "issue"
    found = [*faults_after(before, after, said, settings), *faults_around(before, after, settings)]
    assert fault in " ".join(found) if fault else not found


@pytest.mark.parametrize(("faults", "code"), [([], 0), (["odd"], 1)])
def test_the_fuzzer_prints_each_fault_with_what_makes_it_again(monkeypatch, capsys, faults, code):
    tried = []

    def batch(shell, folder, seed, count):
        tried.append((seed, count))
        return faults

    monkeypatch.setattr(fuzz, "PARTS", (fuzz.Part("things", batch, 2.5, 3),))
    monkeypatch.setattr(fuzz, "PowerShell", nullcontext)
    monkeypatch.setattr(fuzz, "find_powershell", lambda: "pwsh")
    monkeypatch.setattr("sys.argv", ["fuzz", "2", "7"])
    with pytest.raises(SystemExit) as ended:
        fuzz.main()
    assert ended.value.code == code
    assert sorted(tried) == [("7/0", 3), ("7/3", 2)]
    printed = capsys.readouterr().out
    assert printed.startswith("things, seed 7, from 0: odd" if faults else "5 things, seed 7, ")
    assert printed.endswith(f" s, {2 * len(faults)} faults\n")
