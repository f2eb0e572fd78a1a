"""The config: profiles, lists of routes and sets of assignments that entries share."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aovpn_remediate.config import Config
from aovpn_remediate.errors import ConfigError
from aovpn_remediate.model import Remediation
from tests.config_texts import load, problems

HEAD = "name: c\n"
ENTRIES = "remediations:\n"
ROUTES = "  r: {kind: route-presence, profile: V, scope: device, exclusions: write, assignments: [], routes: [%s]}\n"
METRIC = "  m: {kind: interface-metric, profile: V, scope: device, ipv4: 3%s}\n"
PROFILES = "profiles:\n  user: {name: Contoso User VPN, scope: user}\n  device: {name: D, scope: device}\n"
LISTS = "route_lists:\n  private: [10.0.0.0/8, 172.16.0.0/12]\n  sites: {file: sites.csv}\n"
FILE = HEAD + "route_lists:\n  sites: {file: sites.csv}\n" + ENTRIES + ROUTES % "sites"
SETS = """assignment_sets:
  broad: [{group: G, schedule: {every: 4 hours}}, {exclude: X}]
  ring: {schedule: {every: 2 hours}, filter: F, assignments: [{group: A}, {all: users, filter: H}, {exclude: X}]}
  bare: [{group: B}]
"""


def routes_of(remediation: Remediation) -> list[str]:
    """The routes of an entry, as its scripts have them."""
    rows = remediation.settings.script_settings()["Routes"]
    assert isinstance(rows, list)
    return rows


def read_sites(folder: Path, text: str | bytes) -> Config:
    (folder / "sites.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(folder, FILE)


def problems_of_sites(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        read_sites(folder, text)
    return [str(one).removeprefix(f"{folder / 'sites.csv'}:") for one in refused.value.problems]


def who(folder: Path, entry: str, *, more: str = "") -> list[str]:
    """The assignments of an entry as ``kind group filter hours``, sorted."""
    (one,) = load(folder, HEAD + SETS + more + ENTRIES + METRIC % entry).remediations
    return [
        f"{assigned.target.kind} {assigned.target.group} "
        f"{assigned.filter.filter if assigned.filter else '-'} {getattr(assigned.schedule, 'hours', '-')}"
        for assigned in one.assignments
    ]


def warnings(folder: Path, text: str) -> list[str]:
    return [f"{one.line}:{one.column}: {one.text}" for one in load(folder, text).warnings]


def test_a_profile_is_named_by_its_key_and_brings_its_scope(tmp_path):
    text = "  m: {kind: interface-metric, profile: user, ipv4: 3}\n"
    config = load(tmp_path, HEAD + PROFILES + ENTRIES + text)
    settings = config.remediations[0].settings.script_settings()
    assert (settings["Profile"], settings["Scope"]) == ("Contoso User VPN", "user")
    assert [one.text for one in config.warnings] == [
        'no entry uses the profile "device"; remove it, or name it in an entry'
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("profile: usr", '6:40: there is no profile "usr" in profiles; did you mean "user"?'),
        ("profile: D", '6:40: there is no profile "D" in profiles; did you mean "device"?'),
        ("profile: xyz", '6:40: there is no profile "xyz" in profiles; use one of: device, user'),
        ("profile: 7", "6:40: profile must be text, not 7; put it in quotes"),
        ("profil: user", '6:31: unknown key "profil"; did you mean "profile"?'),
        ("name: N", "6:3: profile is missing; add profile: user"),
        ("profile: user, scope: user", "6:46: scope comes from the profile in profiles; remove it here"),
    ],
)
def test_a_wrong_profile_gets_the_nearest_one(tmp_path, entry, expected):
    text = HEAD + PROFILES + ENTRIES + "  m: {kind: interface-metric, %s, ipv4: 3}\n"
    assert problems(tmp_path, text % entry) == [expected]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("{name: a/b, scope: device}", ['3:13: name "a/b" contains /; a profile name cannot contain \\ / : * ? " < > |']),
        ("{name: N, scope: dev}", ['3:23: scope "dev" is not valid; write user, all-users or device']),
        ("{name: N}", ["3:3: scope is missing; add scope: user"]),
        ("N", ['3:6: p must be a mapping, not "N"; write keys and values below it']),
        ("{name: N, scope: device, x: 1}", ['3:31: unknown key "x"; use one of: name, scope']),
    ],
)  # fmt: skip
def test_a_problem_of_a_profile_is_said_once_where_the_profile_is(tmp_path, profile, expected):
    entry = "  %s: {kind: interface-metric, profile: p, ipv4: 3}\n"
    text = f"{HEAD}profiles:\n  p: {profile}\n" + ENTRIES + entry % "m" + entry % "n"
    assert problems(tmp_path, text) == expected


def test_names_of_lists_and_routes_stand_side_by_side(tmp_path):
    (tmp_path / "sites.csv").write_text("10.20.0.0/16,5\n")
    text = HEAD + LISTS + ENTRIES + ROUTES % "private, sites, {prefix: 10.99.0.0/18, metric: 5}"
    assert routes_of(load(tmp_path, text).remediations[0]) == [
        "10.0.0.0/8", "172.16.0.0/12", "10.20.0.0/16@5", "10.99.0.0/18@5",
    ]  # fmt: skip


def test_a_list_may_have_routes_and_a_file(tmp_path):
    (tmp_path / "more.csv").write_text("prefix\n10.2.0.0/16\n10.1.0.0/16\n")
    lists = "route_lists:\n  both: {list: [10.1.0.0/16], file: more.csv}\n"
    (one,) = load(tmp_path, HEAD + lists + ENTRIES + ROUTES % "both").remediations
    assert routes_of(one) == ["10.1.0.0/16", "10.2.0.0/16"]


@pytest.mark.parametrize(
    "text",
    [
        "10.20.0.0/16\n10.21.0.0/16,5\n10.22.0.0/16,,true\n",
        "10.20.0.0/16\r\n10.21.0.0/16;5\r\n10.22.0.0/16;;TRUE\r\n",
        "\ufeffprefix,metric,exclude\n# sites\n10.20.0.0/16  # one\n\n10.21.0.0/16, 5\n;;\n10.22.0.0/16,,true",
        '"Destination prefix";"Prefix size"\r10.20.0.0;16\r"10.21.0.0";"16";5\r10.22.0.0;16;;true\r',
        "10.20.0.0/16,,false,,\n10.21.0.0/16,5,\n10.22.0.0/16,,true,\n",
    ],
)
def test_a_list_file_may_be_written_in_each_of_these_ways(tmp_path, text):
    expected = ["10.20.0.0/16", "10.21.0.0/16@5", "!10.22.0.0/16"]
    assert routes_of(read_sites(tmp_path, text).remediations[0]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prefix\n10.0.0.0\n", "2:1: prefix \"10.0.0.0\" has no prefix length; write 10.0.0.0/32 for one host"),
        ("10.0.0.1;8\n", '1:1: prefix "10.0.0.1/8" has host bits set; write 10.0.0.0/8'),
        (" server , 5\n", '1:2: prefix "server/5" is not a valid network; write it as 10.20.0.0/16 (not as a host name or a from-to range)'),
        ("10.0.0.0/8, x\n", '1:13: metric "x" is not a valid route metric; write a number from 1 to 9999 without quotes'),
        ("10.0.0.0/8,0\n", "1:12: metric 0 is not a valid route metric; write a number from 1 to 9999 without quotes"),
        ("10.0.0.0/8,,ja\n", '1:13: exclude must be true or false, not "ja"; write one of them'),
        ("10.0.0.0/8,,1\n", '1:13: exclude must be true or false, not "1"; write true'),
        ("10.0.0.0/8,5,true,VPN,x\n", '1:19: "VPN" is one cell too many; write prefix,metric,exclude'),
        ("10.0.0.0/8\n10.1.0.0/16\n10.0.0.0/8\n", "3:1: route 10.0.0.0/8 is listed twice; remove one"),
        ("10.0.0.0/8\n10.0.0.0/8,5\n", "2:1: route 10.0.0.0/8 is listed twice; remove one"),
        (b"10.0.0.0/8\n\xff\n", "2:1: byte 0xFF is not UTF-8; save the file as UTF-8"),
        ("10.0.0.0/8\n".encode("utf-16"), "1:1: is saved as UTF-16; save the file as UTF-8"),
        ("10.0.0.0/8\n".encode("utf-16-le"), "1:1: is saved as UTF-16; save the file as UTF-8"),
        ("#" * 1_000_001, "1:1: is larger than 1,000,000 bytes; make it smaller"),
    ],
)  # fmt: skip
def test_a_problem_of_a_list_file_is_said_with_its_own_place(tmp_path, text, expected):
    assert problems_of_sites(tmp_path, text) == [expected]


def test_a_list_file_has_an_upper_limit(tmp_path):
    text = "".join(f"10.{n // 250}.{n % 250}.0/24\n" for n in range(5001))
    assert problems_of_sites(tmp_path, text) == ["5001:1: has more than 5,000 routes; remove some of them"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing.csv", 'file "missing.csv" does not exist; write its path from the config\'s folder'),
        ("../r.csv", 'file "../r.csv" is outside of the config\'s folder; move the file there'),
        (".", 'file "." is not an ordinary file; name another one'),
        ("7", "file must be text, not 7; put it in quotes"),
    ],
)
def test_a_list_file_that_cannot_be_used_is_named(tmp_path, name, expected):
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "r.csv").write_text("10.0.0.0/8\n")
    text = HEAD + f"route_lists:\n  sites: {{file: {name}}}\n" + ENTRIES + ROUTES % "sites"
    assert problems(folder, text) == [f"3:17: {expected}"]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ("privat", '6:%d: there is no route list "privat"; did you mean "private"?'),
        ("private, private", '6:%d: the route list "private" is named twice; remove one'),
        ("private, {prefix: 10.0.0.0/8, metric: 5}", "6:%d: route 10.0.0.0/8 (metric 5) is route 10.0.0.0/8 (any metric) in r.yaml, line 3; write the same in both, or remove one"),
        ("private, {prefix: 10.0.0.0/8, exclude: true}", "6:%d: exclusion 10.0.0.0/8 (any metric) is route 10.0.0.0/8 (any metric) in r.yaml, line 3; write the same in both, or remove one"),
        ("private, 10.0.0.1/8", '6:%d: prefix "10.0.0.1/8" has host bits set; write 10.0.0.0/8'),
        ("10.1.0.0/16, 10.1.0.0/16", "6:%d: route 10.1.0.0/16 is listed twice; remove one"),
        ("private, 7", "6:%d: routes must be a mapping, not 7; write keys and values below it"),
    ],
)  # fmt: skip
def test_a_wrong_name_or_route_of_an_entry_is_said_at_its_place(tmp_path, listed, expected):
    (tmp_path / "sites.csv").write_text("10.20.0.0/16\n")
    text = HEAD + LISTS + ENTRIES + ROUTES % listed
    last = text.splitlines()[-1]
    column = last.index(listed) + 1 if ", " not in listed else last.rindex(listed.split(", ", 1)[1]) + 1
    assert problems(tmp_path, text) == [expected % column]


def test_the_same_route_in_two_lists_is_one(tmp_path):
    (tmp_path / "sites.csv").write_text("172.16.0.0/12\n2001:db8:0::/48,5\n")
    text = (
        HEAD + LISTS + ENTRIES + ROUTES % "private, sites, 10.0.0.0/8, {prefix: '2001:DB8::/48', metric: 5}"
    )
    config = load(tmp_path, text)
    assert routes_of(config.remediations[0]) == [
        "10.0.0.0/8", "172.16.0.0/12", "2001:db8::/48@5",
    ]  # fmt: skip


def test_a_route_of_two_files_with_two_metrics_is_refused_at_the_later_one(tmp_path):
    (tmp_path / "a.csv").write_text("10.1.0.0/16,5\n")
    (tmp_path / "b.csv").write_text("10.2.0.0/16\n10.1.0.0/16,9\n")
    lists = "route_lists: {a: {file: a.csv}, b: {file: b.csv}}\n"
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, HEAD + lists + ENTRIES + ROUTES % "a, b")
    assert str(refused.value) == (
        f"{tmp_path / 'b.csv'}:2:1: route 10.1.0.0/16 (metric 9) is route 10.1.0.0/16 (metric 5) in a.csv, line 1; "
        "write the same in both, or remove one"
    )


def test_a_problem_of_a_list_is_said_once_however_many_entries_use_it(tmp_path):
    lists = "route_lists:\n  a: [10.0.0.1/8, {prefix: 10.0.0.0/8, metrik: 1}]\n  b: 10.0.0.0/8\n  c d: []\n"
    text = HEAD + lists + ENTRIES + ROUTES % "a" + ROUTES.replace("r:", "s:") % "a, b"
    assert problems(tmp_path, text) == [
        '3:7: prefix "10.0.0.1/8" has host bits set; write 10.0.0.0/8',
        '3:40: unknown key "metrik"; did you mean "metric"?',
        '4:6: b must be a list, not "10.0.0.0/8"; write each item on a line with - before it',
        '5:3: "c d" is not valid; use 1 to 64 letters, digits, - and _ (no spaces), starting with a letter or digit',
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (", assignments: broad", ["exclude X - -", "group G - 4"]),
        (", assignments: ring", ["all users  H 2", "exclude X - -", "group A F 2"]),
        (", assignments: bare, schedule: {every: 1 hour}, filter: Z", ["group B Z 1"]),
        (", assignments: ring, schedule: {every: 1 hour}", ["all users  H 2", "exclude X - -", "group A F 2"]),
        (", assignments: [{group: O}, {exclude: P}], schedule: {every: 3 hours}", ["exclude P - -", "group O - 3"]),
        (", assignments: []", []),
        ("", []),
    ],
)  # fmt: skip
def test_assignments_may_be_the_name_of_a_set(tmp_path, entry, expected):
    assert who(tmp_path, entry) == expected


@pytest.mark.parametrize(
    ("default", "entry", "expected"),
    [
        ("broad", "", ["exclude X - -", "group G - 4"]),
        ("[{group: D, schedule: {every: 5 hours}}]", "", ["group D - 5"]),
        ("[{group: D}]", ", schedule: {every: 6 hours}", ["group D - 6"]),
        ("broad", ", assignments: []", []),
        ("broad", ", assignments: bare, schedule: {every: 1 hour}", ["group B - 1"]),
        ("broad", ", enabled: false", []),
    ],
)
def test_default_assignments_are_for_entries_without_their_own(tmp_path, default, entry, expected):
    assert who(tmp_path, entry, more=f"defaults: {{assignments: {default}}}\n") == expected


@pytest.mark.parametrize(
    ("sets", "entry", "expected"),
    [
        ("a: [{group: G}]", ", assignments: a", ["3:7: an assignment needs a schedule; add schedule: {every: 4 hours}"]),
        ("a: [{group: 7}]", ", assignments: a, schedule: {every: 1 hour}", ["3:15: group must be text, not 7; put it in quotes"]),
        ("a: {schedule: {every: 9}, assignments: [{group: G}]}", ", assignments: a", ["3:25: every 9 is not a valid interval; write it as 4 hours"]),
        ("a: {schedule: {every: 1 hour}}", ", assignments: a", ["3:3: assignments is missing; add assignments: [{group: NAME}]"]),
        ("a: [{group: G, schedule: {every: 1 hour}}, {exclude: g}]", ", assignments: a", ['3:46: "g" is both included and excluded; remove one']),
        ("a: [{exclude: X}]", ", assignments: a", ["5:67: all assignments are exclusions, so no device runs the package; add a group or all"]),
        ("a: []", ", assignments: b", ['5:80: there is no assignment set "b"; use one of: a']),
        ("a: 7", "", ["3:6: a must be a list, not 7; write each item on a line with - before it"]),
    ],
)  # fmt: skip
def test_a_problem_of_a_set_is_said_where_the_set_is(tmp_path, sets, entry, expected):
    text = (
        HEAD
        + f"assignment_sets:\n  {sets}\n"
        + ENTRIES
        + METRIC % entry
        + (METRIC % entry).replace("m:", "n:")
    )
    found = problems(tmp_path, text)
    assert found[:1] == expected
    assert len(found) == (2 if expected[0].startswith("5:") else 1)


def test_without_sets_a_name_is_no_assignment(tmp_path):
    assert problems(tmp_path, HEAD + ENTRIES + METRIC % ", assignments: broad") == [
        '3:80: there is no assignment set "broad"; write a list of assignments, or add the set below assignment_sets'
    ]


def test_an_unknown_default_is_said_where_it_is(tmp_path):
    text = HEAD + SETS + "defaults: {assignments: brod}\n" + ENTRIES + METRIC % ""
    assert problems(tmp_path, text) == ['6:25: there is no assignment set "brod"; did you mean "broad"?']


def test_the_example_of_the_docs_is_valid(tmp_path):
    page = (Path(__file__).parent.parent / "docs" / "config.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(profiles:.*?)```", page, re.DOTALL)
    (sites,) = re.findall(r"```\n(prefix;.*?)```", page, re.DOTALL)
    (tmp_path / "sites.csv").write_text(sites)
    found = load(
        tmp_path, HEAD + example.replace("10.99.0.0/18, metric: 5}]", "10.99.0.0/18}]\n    exclusions: write")
    )
    assert len(routes_of(found.remediations[0])) == 7


def test_what_no_entry_uses_is_a_warning(tmp_path):
    (tmp_path / "sites.csv").write_text("10.20.0.0/16\n")
    text = HEAD + LISTS + "assignment_sets: {a: []}\n" + ENTRIES + ROUTES % "sites"
    assert warnings(tmp_path, text) == [
        '3:3: no entry uses the route list "private"; remove it, or name it in an entry',
        '5:19: no entry uses the assignment set "a"; remove it, or name it in an entry',
    ]


def test_a_schedule_that_is_for_no_assignment_is_a_warning(tmp_path):
    sets = "assignment_sets: {a: [{group: G, schedule: {every: 4 hours}}]}\n"
    text = HEAD + sets + ENTRIES + METRIC % ", assignments: a, filter: F, schedule: {every: 1 hour}"
    (said,) = warnings(tmp_path, text)
    assert said.endswith(": schedule has no effect; no assignment of this entry is without its own")
