"""The command line in this process, signed in to a shared world: quick, for the many ways to fail."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from aovpn_remediate.cli import run
from tests.sign_in_world import World
from tests.tenants import Said, config

_RAW = re.compile(r"Traceback|Error\b|Exception|Errno|<class|object at 0x|msal\.|urllib3|None|b'|\\u00|\{")


@dataclass
class Desk:
    """A config in a folder, and the command line with the environment of one method and changes of it."""

    world: World
    folder: Path
    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    head: str = ""

    def say(
        self, *arguments: str, method: str = "secret", graph: str | None = "", **changed: str | None
    ) -> Said:
        """Run a command (``plan``); a changed variable that is ``None`` is not set.

        With ``graph=None`` there is no ``--graph-url``.
        """
        self.use(method, **changed)
        path = self.folder / "r.yaml"
        path.write_text(config("a", head=self.head), encoding="utf-8")
        where = [] if graph is None else ["--graph-url", graph or self.world.graph_url]
        self.capsys.readouterr()
        code = run([*(arguments or ("plan",)), "-c", str(path), *where])
        out, err = self.capsys.readouterr()
        return Said(code, out, err)

    def refusal(self, *arguments: str, code: int = 4, **options: str | None) -> str:
        """Run a command that fails, and return its one message."""
        return the_message(self.say(*arguments, **options), code)  # type: ignore[arg-type]

    def use(self, method: str, **changed: str | None) -> None:
        """Make this process's environment the one of a method."""
        asked = {"REMEDIATE_AUTH": "auto"} | self.world.environment(method)
        variables: dict[str, str | None] = {**asked, **changed}
        for name in set(os.environ) - set(variables):
            self.patch.delenv(name)
        for name, value in variables.items():
            if value is None:
                self.patch.delenv(name, raising=False)
            else:
                self.patch.setenv(name, value)

    def file(self, content: str | bytes, name: str = "file") -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)


def recover(world: World) -> None:
    """Let everything in a world succeed again."""
    world.login.recover()
    world.login.challenge(None)
    world.login.change(
        token_lifetime=3600,
        device_code=("authorization_pending",),
        authorize="",
        clock=0,
        device_lifetime=900,
    )
    for one in (world.pipelines, world.github, world.identity):
        one.control.faults.clear()
        one.assertion_ends_in = 600
    world.az.signed_in(world.login.app_token(), world.login.directory.tenant_id)


def the_message(said: Said, code: int = 4) -> str:
    """Return the only message of a command that failed; it is one error, in our own words."""
    assert said.code == code, said
    assert said.err.count("error: ") == 1, said
    text = said.err[said.err.index("error: ") :].strip()
    assert not _RAW.search(text), text
    return text
