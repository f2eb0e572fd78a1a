"""A stand-in for ``az account get-access-token``: a script ``az`` in a folder of its own."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

_SCRIPT = """\
import json, sys
from pathlib import Path
answer = json.loads(Path(sys.argv[1]).read_text())
with Path(sys.argv[1]).with_suffix(".log").open("a") as log:
    print(json.dumps(sys.argv[2:]), file=log)
if sys.argv[2:4] != ["account", "get-access-token"]:
    sys.exit(f"ERROR: '{sys.argv[2]}' is misspelled or not recognized by the system.")
print(answer["stderr"], end="", file=sys.stderr)
print(answer["stdout"], end="")
sys.exit(answer["code"])
"""


class Az:
    """The folder with ``az``, to be put on ``PATH``; it answers what was last said here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._answer = folder / "answer.json"
        code = folder / "az_code.py"
        code.write_text(_SCRIPT, encoding="utf-8")
        if os.name == "nt":
            (folder / "az.cmd").write_text(f'@"{sys.executable}" "{code}" "{self._answer}" %*\n')
        else:
            script = folder / "az"
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{code}" "{self._answer}" "$@"\n')
            script.chmod(0o755)

    def signed_in(self, token: str, tenant: str, *, ends_in: int = 3600) -> None:
        """Answer with a token."""
        ends = int(time.time()) + ends_in
        local = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(ends))
        answer = {"accessToken": token, "expires_on": ends, "expiresOn": local, "tenant": tenant}
        self.says(json.dumps({**answer, "tokenType": "Bearer"}, indent=2))

    def signed_out(self) -> None:
        """Fail as ``az`` does before ``az login``."""
        self.says("", "ERROR: Please run 'az login' to setup account.\n", code=1)

    def says(self, stdout: str, stderr: str = "", *, code: int = 0) -> None:
        """Answer this from now on."""
        text = json.dumps({"stdout": stdout, "stderr": stderr, "code": code})
        self._answer.write_text(text, encoding="utf-8")

    def calls(self) -> list[list[str]]:
        """Return the arguments of each call so far."""
        log = self._answer.with_suffix(".log")
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
