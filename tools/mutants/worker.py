"""One process that tries mutants on its own copy of the project: one pytest session, one PowerShell.

Reads a job a line as JSON: ``texts`` for templates by their paths, and ``tests``. It puts the texts in and
runs the tests in that order until one fails; with a file ``trace`` it runs all of them and says after each
what the file holds. Answers with the test it begins, then with the verdict.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from pathlib import Path
from typing import TextIO

import pytest
from _pytest.runner import runtestprotocol

from aovpn_remediate.scripts import frames, render
from aovpn_remediate.scripts.template_parts import templates_folder

TIMEOUT = 30
"""Seconds for one test; a mutant that takes longer runs in a loop, and this process ends."""


class MutantLoop:
    """The pytest plugin whose test loop is driven by the jobs."""

    def __init__(self, jobs: TextIO, answers: TextIO) -> None:
        self._jobs = jobs
        self._answers = answers
        self._is_real = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try mutants until there are no more jobs."""
        items = {item.nodeid: item for item in session.items}
        self._say(tests=list(items))
        for line in self._jobs:
            job = json.loads(line)
            folder = templates_folder()
            before = {path: (folder / path).read_text("ascii") for path in job["texts"]}
            _put(folder, job["texts"])
            chosen = [items[test] for test in job["tests"]]
            if "trace" in job:
                self._trace(chosen, session, Path(job["trace"]))
            self._say(killer="" if "trace" in job else self._killer(chosen, session))
            _put(folder, before)
        return True

    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        """Note a failure; a fault that no longer finds its place says nothing about the script."""
        error = call.excinfo
        if error is None or error.errisinstance(pytest.skip.Exception):
            return
        if Path(error.traceback[-1].path).name != "script_faults.py":
            self._is_real = True

    def _killer(self, items: list[pytest.Item], session: pytest.Session) -> str:
        return next((item.nodeid for item in items if self._fails(item, session)), "")

    def _trace(self, items: list[pytest.Item], session: pytest.Session, trace: Path) -> None:
        for item in items:
            trace.write_text("")
            fails = self._fails(item, session)
            entered = sorted(set(trace.read_text("ascii").split("\n")) - {""})
            self._say(traced=item.nodeid, entered=None if fails else entered)

    def _fails(self, item: pytest.Item, session: pytest.Session) -> bool:
        self._say(begins=item.nodeid)
        self._is_real = False
        faulthandler.dump_traceback_later(TIMEOUT, exit=True)
        # The session as the next item keeps the PowerShell and ends everything else.
        runtestprotocol(item, log=False, nextitem=session)  # type: ignore[arg-type]
        faulthandler.cancel_dump_traceback_later()
        return self._is_real

    def _say(self, **answer: object) -> None:
        self._answers.write(json.dumps(answer) + "\n")
        self._answers.flush()


def _put(folder: Path, texts: dict[str, str]) -> None:
    for path, text in texts.items():
        (folder / path).write_text(text, "ascii")
    for cached in (render._read_pair, render._render_shape, frames.read_frame):
        cached.cache_clear()


def main() -> None:
    """Run the loop; the arguments are the test modules."""
    jobs, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    quiet = ["-p", "no:cacheprovider", "-p", "no:faulthandler", "-p", "no:hypothesispytest"]
    quiet += ["--basetemp=.tmp", "-o", "addopts=--import-mode=importlib"]
    quiet += ["-o", "tmp_path_retention_policy=failed"]
    sys.exit(pytest.main([*quiet, *sys.argv[1:]], plugins=[MutantLoop(jobs, answers)]))


if __name__ == "__main__":
    main()
