"""The kind custom: the user's own files, what is refused of them, and what the tenant holds."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.config import load_config
from aovpn_remediate.errors import ConfigError, RuleError
from aovpn_remediate.kinds.custom import MAX_BYTES
from aovpn_remediate.model import OwnPair, ScriptFile
from aovpn_remediate.scripts.own_rules import check_own_script
from aovpn_remediate.scripts.package_rules import check_package, refuse_bad_scripts
from aovpn_remediate.scripts.render import render_package
from aovpn_remediate.scripts.shapes import SIZE_LIMIT
from tests.builders import package
from tests.pairs import pair
from tests.tenants import Bench

DETECT = b"if (Test-Path 'HKLM:\\x') { $code = 1 } else { $code = 0 }\r\nexit $code\r\n"
REPAIR = b"Remove-Item 'HKLM:\\x'\r\n"
HEAD = "name: contoso\nremediations:\n  own:\n    kind: custom\n"
PAIR = HEAD + "    detection: scripts/detect.ps1\n    remediation: scripts/repair.ps1\n"
LINES = "line ends are LF; save the file with CRLF line ends"
END = "does not end with exactly one line break"
ASCII = "column 7: Windows PowerShell 5.1 reads {} in the device's code page; write it as a code: {}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a pair in ``scripts``."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "detect.ps1").write_bytes(DETECT)
    (tmp_path / "scripts" / "repair.ps1").write_bytes(REPAIR)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    """Make this the config of the folder."""
    path = folder / "r.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def own_pair(folder: Path, text: str) -> OwnPair:
    """The pair of a config that must be taken."""
    (one,) = load_config(write(folder, text)).remediations
    own = one.settings.own_pair()
    assert own is not None
    return own


def problems(folder: Path, text: str) -> list[str]:
    """Every problem of the config, without its path."""
    path = write(folder, text)
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    return [str(one).removeprefix(f"{path}:") for one in refused.value.problems]


def findings(content: bytes, *, is_detection: bool = True) -> tuple[list[str], list[str]]:
    """The errors and the warnings of one script."""
    found = check_own_script("s", content, is_detection=is_detection)
    errors = [str(one) for one in found if not one.is_warning]
    return errors, [str(one) for one in found if one.is_warning]


def test_the_files_are_found_from_the_configs_folder(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    (folder / "laptop.yaml").write_text("")
    own = own_pair(folder, PAIR + "    clients: [laptop.yaml]\n")
    assert own.detection == ScriptFile(folder / "scripts" / "detect.ps1", DETECT)
    assert own.remediation == ScriptFile(folder / "scripts" / "repair.ps1", REPAIR)
    assert own.clients == (folder / "laptop.yaml",)


def test_an_absolute_path_is_accepted_too(folder):
    path = folder / "scripts" / "detect.ps1"
    assert own_pair(folder, HEAD + f"    detection: '{path}'\n") == OwnPair(ScriptFile(path, DETECT))


@pytest.mark.parametrize(("line", "account"), [("", "system"), ("    run_as: user\n", "user")])
def test_the_account_is_system_unless_it_is_said(folder, line, account):
    (one,) = load_config(write(folder, PAIR + line)).remediations
    assert render_package(one, config="contoso").run_as == account


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["3:3: detection is missing; add detection: scripts/proxy-detect.ps1"]),
        (
            "    detection: scripts/detekt.ps1\n",
            ['5:16: detection "scripts/detekt.ps1" does not exist; write its path relative to the config\'s folder'],
        ),
        (
            "    detection: scripts\\detekt.ps1\n",
            ['5:16: detection "scripts\\detekt.ps1" does not exist; write its path relative to the config\'s folder, with / between folders'],
        ),
        ("    detection: scripts\n", ['5:16: detection "scripts" is a folder; name a file in it']),
        ("    detection: ''\n", ['5:16: detection "" is a folder; name a file in it']),
        ("    detection: 7\n", ["5:16: detection must be text, not 7; put it in quotes"]),
        ("    detection:\n", ["5:15: detection has no value; write one"]),
        (
            "    detection: empty.ps1\n",
            ['5:16: detection "empty.ps1" is an empty file; write the script or name another file'],
        ),
        (
            "    detection: blank.ps1\n    remediation: empty.ps1\n",
            [
                '5:16: detection "blank.ps1" is an empty file; write the script or name another file',
                '6:18: remediation "empty.ps1" is an empty file; write the script or name another file',
            ],
        ),
        (
            "    detection: huge.ps1\n",
            ['5:16: detection "huge.ps1" is larger than 1,000,000 bytes; Intune does not accept such a script'],
        ),
        (
            "    detection: scripts/detect.ps1\n    clients: [a.yaml, scripts]\n",
            [
                '6:15: clients "a.yaml" does not exist; write its path relative to the config\'s folder',
                '6:23: clients "scripts" is a folder; name a file in it',
            ],
        ),
        (
            "    detection: scripts/detect.ps1\n    run_as: users\n",
            ['6:13: run_as "users" is not valid; did you mean "user"?'],
        ),
        (
            "    detection: scripts/detect.ps1\n    detektion: x\n",
            ['6:5: unknown key "detektion"; did you mean "detection"?'],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_at_its_place(folder, text, expected):
    (folder / "empty.ps1").write_bytes(b"")
    (folder / "blank.ps1").write_bytes(b" \r\n")
    (folder / "huge.ps1").write_bytes(b"#" * (MAX_BYTES + 1))
    assert problems(folder, HEAD + text) == expected


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux has a file that nobody can read")
def test_a_file_that_cannot_be_read_is_said_at_its_place(folder):
    (said,) = problems(folder, HEAD + "    detection: /proc/self/mem\n")
    assert said.startswith('5:16: detection "/proc/self/mem" cannot be read (')


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes among its files")
def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe")
    expected = ['5:16: detection "pipe" is not an ordinary file; name another one']
    assert problems(folder, HEAD + "    detection: pipe\n") == expected


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("exit 0\r\n".encode("utf-16"), "s:1: is UTF-16; save it as plain ASCII"),
        ("$a = 1\r\n$b = '\u00fc'\r\nexit 0\r\n".encode(), f"s:2: {ASCII.format('U+00FC', '[char] 0x00FC')}"),
        (b"$b = '\xfc'\r\nexit 0\r\n", f"s:1: {ASCII.format('the byte 0xFC', 'e.g. [char] 0x00FC')}"),
        (b"$b = '\x01'\r\nexit 0\r\n", f"s:1: {ASCII.format('U+0001', '[char] 0x0001')}"),
        (b"$a = $b ?? 1\r\nexit 0\r\n", "s:1: uses the operator ??, which Windows PowerShell 5.1 does not have"),
        (b"exit 0\r\na && b\r\n", "s:2: uses the operators && and ||, which Windows PowerShell 5.1 does not have"),
        (b"if ($a) {\r\n    exit 0\r\n", "s:2: cannot be parsed as PowerShell; check this line and the one before"),
        (b"try { 1 }\r\nexit 0\r\n", "s:1: has a try without catch or finally; add one"),
        (b"throw 'x'\r\n", "s:1: has no exit; end it with exit 1 (Intune then runs the remediation script) or exit 0"),
        (b"# exit 1\r\n'exit 1'\r\n", "s:1: has no exit; end it with exit 1 (Intune then runs the remediation script) or exit 0"),
        (b"#" * SIZE_LIMIT + b"\r\nexit 0\r\n", "s:1: has 200,010 bytes; the limit is 200,000"),
    ],
)  # fmt: skip
def test_what_would_fail_on_a_device_is_an_error(script, error):
    assert findings(script) == ([error], [])


@pytest.mark.parametrize(
    ("script", "warnings"),
    [
        (b"$a = 1\nexit 0\n", [f"s:1: {LINES}"]),
        (b"$a = 1\rexit 0\r\n", ["s:1: line ends are CR; save the file with CRLF line ends"]),
        (b"exit 0", [f"s:1: {END}"]),
        (b"exit 0\r\n\r\n", [f"s:3: {END}"]),
        (
            b"$a = 1\r\nif ($a) {\r\n    exit 1\r\n}\r\nExit 0\r\n",
            ["s:3: has 2 exit statements; one exit at the end is easier to check"],
        ),
        (
            b"\xef\xbb\xbf'\xc3\xbc'\r\nexit 0\r\n",
            [
                "s:1: starts with a byte order mark, which devices refuse once signature_check is on; save it without"
            ],
        ),
        (
            b"if ($a) {\r\n    return 1\r\n}\r\nexit 1\r\n",
            [
                "s:2: return ends the script with exit code 0 here, also with a number behind it, so exit 1 on line 4 is "
                "not reached; write exit 0 or exit 1"
            ],
        ),
        (b"function f {\r\n    return 1\r\n}\r\n1 | ForEach-Object { return }\r\nexit 1\r\n", []),
        (b"exit 1\r\nreturn\r\n", []),
        (b"# {{ name }}\r\nexit 0\r\n", ["s:1: contains '{{', a template mark that was not replaced"]),
    ],
)
def test_what_is_merely_our_habit_is_a_warning(script, warnings):
    assert findings(script) == ([], warnings)


@pytest.mark.parametrize("odd", [b"\x01", b"\xfc"])
def test_behind_a_mark_only_what_is_no_text_is_an_error(odd):
    errors, _ = findings(b"\xef\xbb\xbf'" + odd + b"'\r\nexit 0\r\n")
    assert len(errors) == 1 and "column 2" in errors[0]


def test_a_mark_and_what_it_is_for_are_errors_where_signatures_are_checked():
    found = check_own_script(
        "s", b"\xef\xbb\xbf'\xc3\xbc'\r\nexit 0\r\n", is_detection=True, signature_check=True
    )
    assert [(one.code, one.is_warning) for one in found] == [
        ("rules/not-ascii", False),
        ("rules/byte-order-mark", False),
    ]


def test_a_remediation_script_may_do_without_exit():
    assert findings(REPAIR, is_detection=False) == ([], [])


def test_a_pair_as_we_would_write_it_has_no_problem(folder):
    entry = {
        "detection": str(folder / "scripts" / "detect.ps1"),
        "remediation": str(folder / "scripts" / "repair.ps1"),
    }
    made = pair("custom", **entry)
    assert (made.detection, made.remediation) == (DETECT, REPAIR)


def test_errors_name_the_file_and_come_without_the_warnings():
    own = OwnPair(ScriptFile(Path("a.ps1"), b"1\n"), ScriptFile(Path("b.ps1"), b"a && b\n"))
    broken = package("own", detection=b"1\n", remediation=b"a && b\n")
    with pytest.raises(RuleError) as refused:
        refuse_bad_scripts([broken], {"own": own})
    assert [str(one).split(";")[0] for one in refused.value.problems] == [
        "a.ps1:1: has no exit",
        "b.ps1:1: uses the operators && and ||, which Windows PowerShell 5.1 does not have",
    ]


def test_a_remediation_that_is_not_published_is_not_judged():
    own = OwnPair(ScriptFile(Path("a.ps1"), DETECT), ScriptFile(Path("b.ps1"), b"a && b"))
    assert check_package(package("own", detection=DETECT, remediation=b""), own) == []


def test_a_pair_of_another_kind_is_judged_as_ever():
    assert any("Complete-Detection" in str(one) for one in check_package(package(detection=DETECT)))


def test_habits_are_printed_and_do_not_stop(folder, capsys):
    script = folder / "scripts" / "detect.ps1"
    script.write_bytes(b"exit 0\n")
    path = write(folder, PAIR)
    assert run(["validate", "-c", str(path)]) == 0
    out, err = capsys.readouterr()
    assert err == f"warning: {script}:1: {LINES}\n"
    assert out == f"{path}: 1 remediation, 2 scripts, no problems\n"


def test_a_script_that_would_fail_on_a_device_is_65(folder, capsys):
    script = folder / "scripts" / "detect.ps1"
    script.write_bytes(b"$a = 1\n")
    assert run(["validate", "-c", str(write(folder, PAIR))]) == 65
    expected = (
        f"{script}:1: has no exit; end it with exit 1 (Intune then runs the remediation script) or exit 0\n"
    )
    assert capsys.readouterr().err == expected


def test_render_writes_the_bytes_of_the_files(folder):
    (folder / "scripts" / "detect.ps1").write_bytes(b"$a = 1\nexit 0")
    assert run(["render", "-c", str(write(folder, PAIR)), "-o", str(folder / "out")]) == 0
    assert (folder / "out" / "own" / "detect.ps1").read_bytes() == b"$a = 1\nexit 0"
    assert (folder / "out" / "own" / "remediate.ps1").read_bytes() == REPAIR


def held(bench: Bench) -> tuple[bytes, bytes]:
    """The scripts that the tenant holds."""
    item = bench.packages()["AOVPN custom: own"]
    contents = (item["detectionScriptContent"], item["remediationScriptContent"])
    detection, remediation = (base64.b64decode(str(one or "")) for one in contents)
    return detection, remediation


@pytest.mark.parametrize("detection", [DETECT, b"exit 0", b"\texit 0\n\n\n", b"$a = 1\r\nexit 0\n"])
def test_what_the_tenant_holds_is_byte_for_byte_the_file(bench, folder, detection):
    (folder / "scripts" / "detect.ps1").write_bytes(detection)
    bench.publish(PAIR + "    run_as: user\n")
    assert held(bench) == (detection, REPAIR)
    item = bench.packages()["AOVPN custom: own"]
    assert item["runAsAccount"] == "user"
    assert bench.remediate("plan", "--detailed-exitcode").code == 0


def test_a_changed_file_is_an_update(bench, folder):
    bench.publish(PAIR)
    (folder / "scripts" / "repair.ps1").write_bytes(REPAIR + b"# again\r\n")
    said = bench.remediate("plan", "--detailed-exitcode", "--diff")
    assert said.code == 2 and "# again" in said.out
    bench.publish(PAIR)
    assert held(bench) == (DETECT, REPAIR + b"# again\r\n")


@pytest.mark.parametrize("text", [PAIR + "    repair: false\n", HEAD + "    detection: scripts/detect.ps1\n"])
def test_without_a_remediation_the_detection_is_published_alone(bench, folder, text):
    bench.publish(PAIR)
    bench.publish(text)
    assert held(bench) == (DETECT, b"")


SIGNED = b"\r\n# SIG # Begin signature block\r\n# MIIF\r\n# SIG # End signature block\r\n"
CHECKED = PAIR + "    signature_check: true\n"
UNSIGNED = "has no signature, so devices would refuse it; sign it, or remove signature_check"


def test_signed_files_are_published_with_the_check(bench, folder):
    (folder / "scripts" / "detect.ps1").write_bytes(DETECT + SIGNED)
    (folder / "scripts" / "repair.ps1").write_bytes(REPAIR + SIGNED.replace(b"\r", b""))
    bench.publish(CHECKED)
    assert held(bench)[0] == DETECT + SIGNED
    assert bench.packages()["AOVPN custom: own"]["enforceSignatureCheck"] is True


def test_each_file_without_a_signature_is_refused_where_it_is_checked(folder):
    assert problems(folder, CHECKED) == [
        f'5:16: detection "scripts/detect.ps1" {UNSIGNED}',
        f'6:18: remediation "scripts/repair.ps1" {UNSIGNED}',
    ]
    (folder / "scripts" / "detect.ps1").write_bytes(DETECT + SIGNED)
    assert problems(folder, CHECKED) == [f'6:18: remediation "scripts/repair.ps1" {UNSIGNED}']


@pytest.mark.parametrize(
    "end",
    [
        b"$a = '# SIG # Begin signature block'\r\n",
        b"# SIG # End signature block\r\n",
        b"# SIG # Begin signature block of mine\r\n",
    ],
)
def test_what_only_looks_like_a_signature_is_not_one(folder, end):
    (folder / "scripts" / "detect.ps1").write_bytes(DETECT + end)
    assert problems(folder, HEAD + "    detection: scripts/detect.ps1\n    signature_check: true\n") == [
        f'5:16: detection "scripts/detect.ps1" {UNSIGNED}'
    ]


def test_a_remediation_that_is_not_published_needs_no_signature(folder):
    (folder / "scripts" / "detect.ps1").write_bytes(DETECT + SIGNED)
    assert own_pair(folder, CHECKED + "    repair: false\n").remediation
