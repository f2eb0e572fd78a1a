"""The command line as its users call it: a process of its own, with an environment and maybe a terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from aovpn_remediate.cli import run

ROOT = Path(__file__).parent.parent
_PATIENCE = 90


@dataclass(frozen=True)
class Said:
    """What a command printed and how it exited; at a terminal both streams are ``out``."""

    code: int
    out: str
    err: str = ""

    @property
    def json(self) -> dict[str, Any]:
        """The JSON on stdout."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Everything that was printed."""
        return self.out + self.err


def remediate(*arguments: str, environment: Mapping[str, str]) -> Said:
    """Run a command without a terminal."""
    done = subprocess.run(
        _command(arguments),
        env=_complete(environment),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=_PATIENCE,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def remediate_here(*arguments: str, environment: Mapping[str, str]) -> Said:
    """Run a command without a terminal in this process, which is much faster."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, {**environment, "NO_COLOR": "1"}, clear=True),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        code = run(list(arguments))
    return Said(code, out.getvalue(), err.getvalue())


def remediate_at_a_terminal(*arguments: str, environment: Mapping[str, str], typed: str = "") -> Said:
    """Run a command at a terminal, where a person types ``typed``."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        _command(arguments), env=_complete(environment), stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    os.write(master, typed.encode())
    out = b""
    while part := _read(master):
        out += part
    code = process.wait(_PATIENCE)
    os.close(master)
    return Said(code, out.decode(errors="replace").replace("\r\n", "\n"))


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # Linux: the last process at the terminal has ended
        return b""


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "aovpn_remediate", *arguments]


def _complete(environment: Mapping[str, str]) -> dict[str, str]:
    return {**environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
