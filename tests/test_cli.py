"""The commands that need no tenant, the simulator as a process, and every command's help."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aovpn_remediate import __version__
from aovpn_remediate.cli import run
from aovpn_remediate.kinds import KINDS
from tests.golden_files import GOLDEN, KEYS, ROOT, example_file
from tests.patience import HANGING
from tests.tenants import SCRIPTS, config

EXAMPLE = str(ROOT / "examples" / "remediate.yaml")
COMMANDS = [
    *(
        "render",
        "validate",
        "verify",
        "plan",
        "publish",
        "show",
        "doctor",
        "simulator",
        "schema",
        "kinds",
        "docs",
    ),
    *("auth login", "auth logout", "auth status"),
]


def render(folder: Path, *options: str, file: str = EXAMPLE) -> int:
    return run(["render", "-c", file, "-o", str(folder), *options])


def written(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_render_writes_the_golden_scripts_and_their_metadata(tmp_path):
    assert render(tmp_path / "new" / "out") == 0
    files = written(tmp_path / "new" / "out")
    golden = {path: (GOLDEN / kind / path).read_bytes() for path, (kind, _) in example_file().items()}
    assert golden == {path: content for path, content in files.items() if path.endswith(".ps1")}
    others = {path for path in files if path not in golden}
    assert others == {".gitattributes", *(f"{key}/package.json" for key in KEYS)}
    package = json.loads(files["user-metric/package.json"])
    assert package["displayName"] == "AOVPN user tunnel: interface metric"
    assert package["assignments"][1] == {
        "target": "group", "group": "AOVPN Users", "filter": "Corporate Windows 11", "filterMode": "include",
        "schedule": "every 4 hours",
    }  # fmt: skip


def test_check_reports_whether_the_files_on_disk_are_correct(tmp_path, capsys):
    assert render(tmp_path, "--check") == 1
    assert not list(tmp_path.iterdir())
    assert render(tmp_path) == 0 and render(tmp_path, "--check") == 0
    script = tmp_path / "user-metric" / "detect.ps1"
    script.write_bytes(script.read_bytes() + b"\r\n")
    capsys.readouterr()
    assert render(tmp_path, "--check") == 1
    assert capsys.readouterr().err == f"{script}: differs from the config; run remediate render\n"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux has this folder")
def test_an_output_folder_that_cannot_exist_is_named(tmp_path, capsys):
    assert run(["render", "-c", str(EXAMPLE), "-o", "/proc/x"]) == 1
    assert capsys.readouterr().err == "error: /proc/x: no such file or directory; name another folder\n"


def test_the_folder_of_a_key_that_left_the_config_is_named(tmp_path, capsys):
    file = tmp_path / "r.yaml"
    file.write_text(config("a", "b"))
    assert render(tmp_path / "out", file=str(file)) == 0
    file.write_text(config("a"))
    assert render(tmp_path / "out", "--check", file=str(file)) == 1
    assert (
        f"{tmp_path / 'out' / 'b'}: its key was removed from the config; delete the folder"
        in capsys.readouterr().err
    )


def test_the_remediation_script_is_removed_after_repair_false(tmp_path):
    file = tmp_path / "r.yaml"
    file.write_text(config("a"))
    assert render(tmp_path / "out", file=str(file)) == 0
    file.write_text(config("a") + "    repair: false\n")
    assert render(tmp_path / "out", "--check", file=str(file)) == 1
    assert render(tmp_path / "out", file=str(file)) == 0
    assert sorted(written(tmp_path / "out")) == [".gitattributes", "a/detect.ps1", "a/package.json"]


def test_rendering_again_writes_nothing(tmp_path, capsys):
    render(tmp_path)
    count = len([path for path in tmp_path.rglob("*") if path.is_file()])
    assert f"{len(KEYS)} packages, {count} files written" in capsys.readouterr().out
    times = [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.ps1"))]
    capsys.readouterr()
    assert render(tmp_path) == 0
    assert f"{len(KEYS)} packages, 0 files changed" in capsys.readouterr().out
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.ps1"))] == times


@pytest.mark.parametrize("place", ["out", "out/user-metric", "out/user-metric/detect.ps1/x"])
def test_an_output_file_that_cannot_be_written_is_never_half_written(tmp_path, capsys, place):
    blocked = tmp_path / place
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("in the way")
    assert render(tmp_path / "out") == 1
    err = capsys.readouterr().err
    assert err.splitlines()[-1].startswith(f"error: {tmp_path}") and "Traceback" not in err
    assert list(written(tmp_path)) == [place]


def test_a_bad_config_writes_nothing(tmp_path, capsys):
    file = tmp_path / "r.yaml"
    file.write_text(config("a", ipv4=0))
    assert render(tmp_path / "out", file=str(file)) == 65
    assert not (tmp_path / "out").exists()
    assert capsys.readouterr().err.startswith(f"{file}:7:11: ipv4 0 is not a valid metric; ")


def test_validate_counts_what_it_checked(capsys):
    assert run(["validate", "-c", EXAMPLE]) == 0
    counts = f"{len(KEYS)} remediations, {len(example_file())} scripts"
    assert capsys.readouterr().out.startswith(f"{EXAMPLE}: {counts}, no problems\n")


@pytest.mark.parametrize("command", ["validate", "plan", "publish"])
def test_a_missing_config_is_65(tmp_path, capsys, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    assert run([command]) == 65
    assert (
        capsys.readouterr().err
        == "remediate.yaml:1:1: this file does not exist; write the path of the config after -c\n"
    )


def test_the_schema_is_json(capsys):
    assert run(["schema"]) == 0
    assert "interface-metric" in json.loads(capsys.readouterr().out)["$defs"]


def test_the_kinds_are_listed_and_explained(capsys):
    assert run(["kinds"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == sorted(KINDS)
    assert run(["kinds", "interface-metric"]) == 0
    out = capsys.readouterr().out
    for word in ("Symptom", "Cause", "Touches", "ipv4", "1-9999 or automatic", "required", "rasphone.pbk"):
        assert word in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["validate", "foo.yaml"],
            "unexpected argument foo.yaml; name the config with -c: remediate validate -c foo.yaml",
        ),
        (["verify", "foo.yml"], "verify: name the config with -c: remediate verify -c foo.yml"),
        (
            ["kinds", "custom", "b"],
            "Got unexpected extra argument(s) (b); see remediate kinds --help",
        ),
        (["verify", "--version"], "No such option: --version; see remediate verify --help"),
        (["plan", "--dif"], 'No such option: --dif; did you mean "--diff"?'),
        (["--versio"], 'No such option: --versio; did you mean "--version"?'),
        (["nope"], 'No such command "nope"; see remediate --help'),
        (
            ["simulator", "--port", "abc"],
            'Invalid value for "--port": must be a number from 0 to 65535; see remediate simulator --help',
        ),
        (
            ["simulator", "--port", "65536"],
            'Invalid value for "--port": must be a number from 0 to 65535; see remediate simulator --help',
        ),
    ],
)
def test_a_usage_error_says_what_to_write_instead(capsys, arguments, message):
    assert run(arguments) == 64
    assert capsys.readouterr().err == f"error: {message}\n"


def test_an_unknown_kind_is_a_usage_error(capsys):
    assert run(["kinds", "interface-metrik"]) == 64
    assert "the kind 'interface-metrik' does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(capsys, command):
    assert run([*command.split(), "--help"]) == 0
    assert f"Example: remediate {command}" in capsys.readouterr().out


def test_the_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"remediate {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "--grapf-url", "x"],
        ["plam"],
        ["render"],
        ["simulator", "--port", "x"],
        ["simulator", "--port", "70000"],
    ],
)
def test_a_mistyped_command_line_is_64_and_never_looks_like_changes(capsys, arguments):
    assert run(arguments) == 64
    err = capsys.readouterr().err
    assert err.startswith("error: ") and "Traceback" not in err


def test_our_own_bug_is_one_line_and_a_log(tmp_path):
    """A user cannot correct a broken part of a template."""
    for part in ("aovpn_remediate", "templates"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "templates" / "ps1" / "runtime" / "Route.ps1").open("a") as file:
        file.write("$stray = 1\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)}
    command = [sys.executable, "-m", "aovpn_remediate", "validate", "-c", EXAMPLE]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: a bug in remediate") and done.stderr.count("\n") == 1
    (log,) = tmp_path.glob("remediate-*.log")
    assert "more than comments and functions" in log.read_text()


def test_a_console_that_cannot_show_a_character_does_not_crash_it(tmp_path):
    file = tmp_path / "r.yaml"
    file.write_text(config("a").replace("VPN a", "VPN \u6771\u4eac\U0001f600?"), encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    command = [sys.executable, "-m", "aovpn_remediate", "validate", "-c", str(file)]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 65 and b"contains ?" in done.stderr and b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "colored"),
    [("FORCE_COLOR", "1", True), ("NO_COLOR", "1", False), ("TERM", "xterm", False)],
)
def test_color_is_for_those_who_want_it(bench, monkeypatch, name, value, colored):
    for other in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    bench.write(config("a"))
    assert ("\x1b[" in bench.remediate("plan").out) is colored


@contextmanager
def simulator(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A simulator in its own process, and its URL."""
    command = [sys.executable, "-m", "aovpn_remediate", "simulator", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_the_simulator_keeps_its_tenant_over_a_hard_kill(tmp_path, capsys):
    state = tmp_path / "tenant.db"
    file = tmp_path / "r.yaml"
    file.write_text(config("a"))
    with simulator("--state", str(state)) as (process, url):
        assert run(["publish", "-c", str(file), "--yes", "--graph-url", url]) == 0
        process.kill()
    with simulator("--state", str(state)) as (_, url):
        assert run(["plan", "-c", str(file), "--detailed-exitcode", "--graph-url", url]) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process, it does not ask it to")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_simulator_ends_quietly_after_a_signal(number):
    with simulator() as (process, url):
        with urllib.request.urlopen(url + SCRIPTS) as answer:
            assert answer.status == 200
        process.send_signal(number)
        _, err = process.communicate(timeout=HANGING)
        assert process.returncode == 0 and "Traceback" not in err


def test_a_port_in_use_is_reported():
    with simulator() as (_, url):
        port = url.rsplit(":", 1)[1]
        command = [sys.executable, "-m", "aovpn_remediate", "simulator", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "choose another port, or 0 for a free one" in done.stderr


def test_ctrl_c_while_planning_says_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        command = [sys.executable, "-m", "aovpn_remediate", "plan", "-c", EXAMPLE]
        command += ["--graph-url", f"http://127.0.0.1:{silent.getsockname()[1]}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=HANGING)
    assert process.returncode == 130 and err.strip() == "interrupted; nothing was changed"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_not_reported_as_a_bug():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "aovpn_remediate", "schema"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "no space left" in done.stderr and "bug" not in done.stderr


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("ja", 1), ("", 1), ("y", 0), ("yes", 0)])
def test_publish_asks_on_a_terminal_and_only_yes_goes_on(bench, answer, code):
    import pty

    bench.write(config("a"))
    command = [sys.executable, "-m", "aovpn_remediate", "publish", "-c", str(bench.folder / "r.yaml")]
    command += ["--graph-url", bench.url, "--json"]
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command, stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        os.write(leader, f"{answer}\n".encode())
        out, err = process.communicate(timeout=HANGING)
    assert process.returncode == code
    assert "Publish this? Type yes to continue: " in err and (not code or out == "")
    assert bench.ours() == ([] if code else ["AOVPN interface metric: a"])


def test_a_plan_that_grew_stale_at_the_question_is_refused(bench):
    import pty

    bench.write(config("a"))
    command = [sys.executable, "-m", "aovpn_remediate", "publish", "-c", str(bench.folder / "r.yaml")]
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*command, "--graph-url", bench.url],
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = ""
        while "to continue:" not in said:
            said += process.stderr.read(1)
        assert bench.remediate("publish", "--yes").code == 0
        os.write(leader, b"yes\n")
        _, err = process.communicate(timeout=HANGING)
    assert process.returncode == 1 and "the tenant changed since this plan was shown" in err


def test_line_ends_of_rendered_files_are_safe_from_git(tmp_path):
    assert render(tmp_path) == 0
    assert (tmp_path / ".gitattributes").read_text(encoding="ascii") == "* -text\n"


def test_a_file_about_git_that_is_there_is_kept(tmp_path):
    (tmp_path / ".gitattributes").write_text("* text\n", encoding="ascii")
    assert render(tmp_path) == 0
    assert render(tmp_path, "--check") == 0
    assert (tmp_path / ".gitattributes").read_text(encoding="ascii") == "* text\n"


def test_render_names_what_it_changed(tmp_path, capsys):
    file = tmp_path / "r.yaml"
    file.write_text(config("a"))
    assert render(tmp_path / "out", file=str(file)) == 0
    assert "changed" not in capsys.readouterr().out
    file.write_text(config("a", ipv4=9))
    assert render(tmp_path / "out", file=str(file)) == 0
    said = capsys.readouterr().out
    for name in ("detect.ps1", "remediate.ps1", "package.json"):
        assert f"{tmp_path / 'out' / 'a' / name}: changed\n" in said


def test_output_that_is_piped_is_utf_8(tmp_path):
    (tmp_path / "r.yaml").write_text(config("a").replace("VPN a", "VPN \u00fc"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "aovpn_remediate", "render", "-c", "r.yaml", "-o", "\u00fc"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode("utf-8").startswith("\u00fc: 1 package")
