"""The processes that try mutants: one a core, each with its own copy of the project."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PARTS = ("aovpn_remediate", "examples", "templates", "tests", "tools", "pyproject.toml")


class WorkerError(Exception):
    """A worker could not do its work."""


@dataclass
class Worker:
    """One process in its own copy of the project, and the tests that it knows."""

    folder: Path
    modules: Sequence[str]
    process: subprocess.Popen[str]
    tests: tuple[str, ...]


@contextlib.contextmanager
def workers(modules: Sequence[str], count: int) -> Iterator[list[Worker]]:
    """Start ``count`` workers for these test modules; they end with the block."""
    started: list[Worker] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        try:
            for number in range(count):
                folder = _copy(Path(place) / str(number))
                started.append(Worker(folder, modules, *_start(folder, modules)))
            yield started
        finally:
            for worker in started:
                _stop(worker)


def send(worker: Worker, job: object) -> None:
    """Give a worker a job."""
    if worker.process.stdin is not None:
        worker.process.stdin.write(json.dumps(job) + "\n")
        worker.process.stdin.flush()


def answers(worker: Worker) -> Iterator[dict[str, object]]:
    """What a worker says about its job, with the verdict last; none of it if the worker ended."""
    stdout = worker.process.stdout
    while stdout is not None and (line := stdout.readline()):
        answer: dict[str, object] = json.loads(line)
        yield answer
        if "killer" in answer:
            return


def restart(worker: Worker) -> None:
    """End a worker that runs in a loop, with its PowerShell, and start it again."""
    _stop(worker)
    shutil.rmtree(worker.folder)
    _copy(worker.folder)
    worker.process, worker.tests = _start(worker.folder, worker.modules)


def _copy(folder: Path) -> Path:
    folder.mkdir()
    for name in _PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def _start(folder: Path, modules: Sequence[str]) -> tuple[subprocess.Popen[str], tuple[str, ...]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.mutants.worker", *modules],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTEST_ADDOPTS": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise WorkerError("a worker did not start; run pytest on the kinds' tests to see why")
    return process, tuple(json.loads(line)["tests"])


def _stop(worker: Worker) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.process.pid, signal.SIGKILL)
    worker.process.wait()
    for stream in (worker.process.stdin, worker.process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
