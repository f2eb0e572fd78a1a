"""People who do not sign in, computers without a browser, kept sign-ins that are damaged: clear words."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
import webbrowser
from importlib.util import find_spec
from pathlib import Path

import pytest

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.auth import people
from aovpn_remediate.graph.auth.cache import AccountCache
from aovpn_remediate.graph.auth.opening import Access
from aovpn_remediate.graph.auth.status import read_status, sign_in_anew
from aovpn_remediate.graph.permissions import PUBLISH
from aovpn_remediate.model import TenantSettings
from tests.command_line import ROOT
from tests.patience import HANGING
from tests.sign_in_desk import Desk
from tests.tenants import config


class Terminal:
    """A person at a terminal: what was said to them, and the sign-in."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desk = desk
        self.patch = monkeypatch
        self.lines: list[str] = []
        self.cache = desk.folder / "kept"

    def sign_in(self, method: str, *, how: str = "accept", keeps: bool = False, **changed: str) -> str:
        """Sign in anew; returns the account, or the message of what is wrong."""
        self.patch.setattr(webbrowser, "_tryorder", None)
        world = self.desk.world
        more = {"BROWSER": world.browser(how), "REMEDIATE_CACHE_DIR": str(self.cache), **changed}
        self.desk.use("browser", **more)
        access = Access(world.graph_url, method, may_ask=True, say=self.lines.append)
        cache = AccountCache(os.environ, self.lines.append, is_plain_allowed=keeps)
        try:
            return sign_in_anew(TenantSettings(), access, cache, PUBLISH).account
        except SignInError as error:
            assert error.exit_code == 4
            return str(error)

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture
def terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(desk, monkeypatch)


DECLINED = "the consent was declined (AADSTS65004); sign in again and accept, or ask an administrator"


@pytest.mark.parametrize(
    ("settings", "how", "words"),
    [
        ({}, "deny", DECLINED),
        ({"authorize": "access_denied"}, "accept", DECLINED),
        (
            {"authorize": "53003"},
            "accept",
            "a conditional access policy blocks this sign-in (AADSTS53003); ask",
        ),
    ],
)
def test_a_browser_that_brings_back_a_refusal(terminal: Terminal, settings, how, words):
    terminal.desk.world.login.change(**settings)
    said = terminal.sign_in("browser", how=how)
    assert said.startswith(f"sign-in by browser: {words}")
    assert ("; correlation id " in said) == (how == "accept"), "the stand-in that declines sends no valid id"
    assert "sign in at localhost:" in terminal.said and "Ctrl-C cancels" in terminal.said


def test_a_browser_that_is_closed_is_waited_for_and_given_up(terminal: Terminal, monkeypatch):
    monkeypatch.setattr(people, "_PATIENCE", 2)
    said = terminal.sign_in("browser", how="close")
    assert said.startswith("sign-in by browser: nobody signed in within ")
    assert "run this again, or add --device-code to remediate auth login" in said
    time.sleep(1.5)
    assert terminal.desk.capsys.readouterr().err == "", "the thread that waited says nothing"


def test_without_a_browser_the_address_is_shown(terminal: Terminal, monkeypatch):
    monkeypatch.setattr(people, "_PATIENCE", 2)
    said = terminal.sign_in("browser", BROWSER="/no/such/browser", PATH="")
    assert "nobody signed in" in said
    assert "no browser could be opened; open this address in a browser on this computer:" in terminal.lines
    (address,) = [line for line in terminal.lines if line.startswith("https://")]
    assert " " not in address and "\\u" not in address
    assert "on a computer without a browser, use remediate auth login --device-code" in terminal.said
    assert not any("\n" in line for line in terminal.lines), "it would be shown as a control character"


def test_answers_of_others_at_the_redirect_address_are_ignored(terminal: Terminal, tmp_path: Path):
    script = tmp_path / "rude.py"
    script.write_text(_RUDE, encoding="utf-8")
    rude = f"{sys.executable} {script} {terminal.desk.world.browser().replace(' %s', '')} %s"
    assert terminal.sign_in("browser", BROWSER=rude).startswith("admin@")


_RUDE = """\
import subprocess, sys
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen
if sys.argv[-1] != "now":
    nothing = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.Popen([sys.executable, *sys.argv, "now"], **nothing)
    sys.exit()
url = sys.argv[-2]
redirect = parse_qs(urlsplit(url).query)["redirect_uri"][0]
for body in (b"code=x&state=wrong", b"error=x", b"nonsense", None):
    try:
        urlopen(redirect, data=body, timeout=10).read()
    except OSError:
        pass
subprocess.run(sys.argv[1:-1])
"""


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (
            ("53003",),
            "a conditional access policy blocks this sign-in (AADSTS53003); many tenants block device",
        ),
        (("authorization_declined",), "(AADSTS65004); sign in again"),
        (("expired_token",), "the code has expired, because nobody entered it (AADSTS70019); sign in again"),
        (("authorization_pending", "50076"), "multifactor authentication is needed (AADSTS50076)"),
    ],
)
def test_a_device_code_that_is_refused(terminal: Terminal, answers, words):
    terminal.desk.world.login.change(device_code=answers)
    said = terminal.sign_in("device-code")
    assert said.startswith("sign-in by device-code: ") and words in said
    assert "; correlation id " in said
    assert "in a browser on any computer and enter the code " in terminal.said


def test_a_device_code_that_nobody_enters_expires(terminal: Terminal):
    terminal.desk.world.login.change(
        device_code=("authorization_pending",) * 1000, device_lifetime=2, device_interval=1
    )
    said = terminal.sign_in("device-code")
    assert "the code has expired, because nobody entered it (AADSTS700" in said
    terminal.desk.world.login.change(device_interval=0)


def test_device_codes_that_the_tenant_blocks_at_once(terminal: Terminal):
    terminal.desk.world.login.refuse(53003, path="/devicecode$")
    said = terminal.sign_in("device-code")
    assert "many tenants block device codes: use remediate auth login without --device-code" in said


@pytest.mark.parametrize(
    "body", [{"user_code": 5}, {"user_code": "X"}, {"user_code": "X", "expires_in": "y"}]
)
def test_a_device_code_in_another_form_is_no_crash(terminal: Terminal, body):
    terminal.desk.world.login.fail(path="/devicecode$", body=body)
    assert "is not what Microsoft's service sends" in terminal.sign_in("device-code")


@pytest.mark.skipif(find_spec("pymsalruntime") is not None, reason="the broker's package is installed")
def test_the_broker_without_its_package_says_how_to_get_it(terminal: Terminal):
    said = terminal.sign_in("broker")
    assert said == (
        "sign-in by broker: the broker's package is missing; install it with "
        'pipx inject aovpn-remediate "msal[broker]", or choose another --auth'
    )


DAMAGED = (
    "",
    "{",
    "null",
    "5",
    '"x"',
    "[]",
    "[1]",
    '{"RefreshToken": 3}',
    '{"Account": {"x": 5}}',
    '{"AccessToken": {"x": []}}',
    '{"RefreshToken": {"x": {"home_account_id": {}}}}',
    '{"Account": {"x": {}}, "RefreshToken": {"y": {}}, "AccessToken": {"z": {}}}',
    '{"IdToken": {"x": {"realm": 5}}}',
    "[" * 50_000,
    "\x00\x01\x02",
)


@pytest.mark.parametrize("content", DAMAGED, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("cut", [False, True])
def test_a_damaged_file_is_ignored_and_replaced(terminal: Terminal, content, cut):
    terminal.cache.mkdir()
    path = terminal.cache / "tokens.json"
    path.write_text(content, encoding="utf-8")
    if cut:
        path.write_bytes(b"\xff\xfe" + content.encode())
    client = terminal.desk.world.login.directory.apps[0].client_id
    terminal.desk.use("browser", REMEDIATE_CACHE_DIR=str(terminal.cache))
    access = Access(terminal.desk.world.graph_url, "auto", say=terminal.lines.append)
    status = read_status(TenantSettings(), access, AccountCache(os.environ, terminal.lines.append), PUBLISH)
    assert "nothing to sign in with was found" in status.problem, client
    assert terminal.sign_in("device-code", keeps=True).startswith("admin@")
    assert json.loads(path.read_text(encoding="utf-8"))["RefreshToken"]
    assert [one.name for one in terminal.cache.iterdir()] == ["tokens.json"]
    notices = [line for line in terminal.lines if "kept sign-in cannot be read and is ignored" in line]
    assert len(notices) == (2 if content or cut else 1), "an encrypted store leaves an empty file"


def test_a_folder_in_the_place_of_the_file_is_said(terminal: Terminal):
    (terminal.cache / "tokens.json" / "x").mkdir(parents=True)
    assert terminal.sign_in("device-code", keeps=True).startswith("admin@")
    assert "the kept sign-in cannot be read and is ignored" in terminal.said
    assert (
        "tokens.json: the sign-in cannot be kept (is a directory); it ends with this command" in terminal.said
    )
    assert [one.name for one in terminal.cache.iterdir()] == ["tokens.json"]


def test_a_file_in_the_place_of_the_folder_is_said(terminal: Terminal):
    terminal.cache.write_text("x", encoding="utf-8")
    assert terminal.sign_in("device-code", keeps=True).startswith("admin@")
    assert ": the sign-in cannot be kept (file exists); it ends with this command" in terminal.said


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that not even root can write")
def test_a_folder_that_cannot_be_written_is_said(terminal: Terminal):
    terminal.cache = Path("/proc/self")
    assert terminal.sign_in("device-code", keeps=True).startswith("admin@")
    assert "/proc/self/tokens.json: the sign-in cannot be kept (" in terminal.said
    assert "Error" not in terminal.said


def test_two_commands_that_keep_at_once_leave_a_whole_file(terminal: Terminal):
    contents = [json.dumps({"RefreshToken": {"k": {"secret": letter * 50_000}}}) for letter in "ab"]
    from aovpn_remediate.graph.auth.stores import PlainFile

    path = terminal.cache / "tokens.json"
    threads = [threading.Thread(target=PlainFile(path).save, args=(one,)) for one in contents * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text(encoding="utf-8") in contents
    assert [one.name for one in terminal.cache.iterdir()] == ["tokens.json"]


@pytest.mark.parametrize(
    ("method", "until"), [("browser", b"Ctrl-C cancels"), ("device-code", b"enter the code ")]
)
def test_ctrl_c_ends_the_waiting_at_once(desk: Desk, method, until):
    desk.world.login.change(device_code=("authorization_pending",) * 1000, device_interval=5)
    path = desk.file(config("a"), "r.yaml")
    environment = desk.world.environment("browser") | {"BROWSER": desk.world.browser("close")}
    command = ["auth", "login", "-c", path, "--graph-url", desk.world.graph_url, "--auth", method]
    code, seconds, out = interrupted(command, environment, until)
    desk.world.login.change(device_interval=0)
    assert code == 130, out
    assert seconds < 5, out
    assert out.rstrip().endswith("interrupted; nothing was changed"), out
    assert "Traceback" not in out and "Exception" not in out


def interrupted(command: list[str], environment: dict[str, str], until: bytes) -> tuple[int, float, str]:
    """Run a command at a terminal, and interrupt it when it has said something: code, seconds, what it said."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "aovpn_remediate", *command],
        env={**environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    out = b""
    while until not in out:
        out += os.read(master, 65536)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    code = process.wait(HANGING)
    seconds = time.monotonic() - began
    try:
        while part := os.read(master, 65536):
            out += part
    except OSError:  # Linux: the last process at the terminal has ended
        pass
    os.close(master)
    return code, seconds, out.decode(errors="replace").replace("\r\n", "\n")
