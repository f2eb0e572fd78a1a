"""One pair in one case: run on a simulated client, and everything that came of it compared."""

from __future__ import annotations

import base64
import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aovpn_remediate.client import PowerShell, Run, SimulatedClient
from aovpn_remediate.client.comparison import differences, mark_files, snapshot, written_again
from aovpn_remediate.client.description import make_client
from aovpn_remediate.errors import ClientError, ScriptEndedError
from aovpn_remediate.model import Remediation, RunAs, ScriptPackage
from aovpn_remediate.verify.cases import Case, read_cases

LINE_LIMIT = 2000
_COPY = ".aovpn-remediate."
"""What names of copies have behind a phonebook's name."""
_EXIT_1 = ("issue", "failed")


@dataclass(frozen=True)
class Proof:
    """What one pair did in one case; ``ok`` without differences. Output lines are there for a look."""

    case: str
    remediation: str
    kind: str
    states: tuple[str, ...]
    exits: tuple[int, ...]
    ms: int
    differences: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    """What the pair assumes and Windows has not confirmed."""

    @property
    def ok(self) -> bool:
        """Whether everything was as it has to be."""
        return not self.differences


@dataclass(frozen=True)
class Job:
    """One case of one remediation."""

    remediation: Remediation
    package: ScriptPackage
    case: Case


def jobs_for(remediation: Remediation, package: ScriptPackage) -> list[Job]:
    """Return every case of the remediation's kind that its settings fit."""
    return [Job(remediation, package, case) for case in read_cases(remediation)]


def unproven(remediation: Remediation, package: ScriptPackage) -> Proof:
    """Return the proof of a pair without cases, which is none."""
    problem = "nothing was proved; add clients: [FILE], as docs/clients.md describes it"
    kind = remediation.kind
    return Proof("no client files", package.key, kind, states=(), exits=(), ms=0, differences=(problem,))


def prove(job: Job, shell: PowerShell, *, keep: Path | None = None) -> Proof:
    """Run one case and return what came of it."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="remediate-") as folder:
        client = make_client(job.case.before, Path(folder) / "client")
        after = job.case.after if job.package.remediation else job.case.before
        expected = make_client(after, Path(folder) / "expected")
        runs: list[Run] = []
        problems: list[str] = []
        try:
            _run_all(job, client, shell, runs, problems)
            problems += differences(_portable(expected, job), _portable(client, job))
            if job.case.then and job.package.remediation:
                _detect_again(job, client, shell, runs, problems)
        except ScriptEndedError as error:
            problems.append(f"run {len(runs) + 1}: {error}")
        except ClientError as error:
            raise ClientError(f"{job.package.key}, case {job.case.name!r}: {error}") from error
        if job.package.remediation or _is_own(job):
            problems += [f"{one} never happened; no script called it" for one in client.unmet()]
        states = tuple(_state(run) for run in runs)
        exits = tuple(run.exit_code for run in runs)
        problems = [*_verdict_problems(job.case, states, exits), *problems]
        if problems and keep is not None:
            _keep(client, runs, problems, keep / _folder_name(f"{job.package.key} {job.case.name}"))
    return Proof(
        case=job.case.name,
        remediation=job.package.key,
        kind=job.remediation.kind,
        states=states,
        exits=exits,
        ms=round((time.monotonic() - started) * 1000),
        differences=tuple(problems),
        outputs=tuple(_labelled(runs)),
        unconfirmed=job.remediation.settings.unconfirmed,
    )


def _verdict_problems(case: Case, states: tuple[str, ...], exits: tuple[int, ...]) -> Iterator[str]:
    """How states and exit codes differ from those of the case; a pair may have fewer runs than it names."""
    says, wanted = case.says[: len(states)], case.exits[: len(exits)]
    if wanted and exits != wanted:
        yield f"exit codes {list(exits)}, expected {list(wanted)}"
    if says and states != says:
        yield f"says {' '.join(states)}, expected {' '.join(says)}"


def _folder_name(text: str) -> str:
    """A text as the name of a folder, wherever that may be."""
    return re.sub(r"[^\w .,-]", "-", text)[:80].strip(" .")


def _keep(client: SimulatedClient, runs: Sequence[Run], problems: Sequence[str], folder: Path) -> None:
    """Leave a client for a look: its files, what the scripts said, and the rest of it as lines of text."""
    with contextlib.suppress(shutil.Error):  # all but what is no file
        shutil.copytree(client.folder, folder, symlinks=True, dirs_exist_ok=True)
    state = [f"{name}: {value}" for name, value in snapshot(client).items() if not isinstance(value, bytes)]
    text = ["differences:", *problems, "", "runs:", *_labelled(runs), "", "state:", *state]
    (folder / "proof.txt").write_text("\n".join(text) + "\n", encoding="utf-8")


def _labelled(runs: Sequence[Run]) -> Iterator[str]:
    """What each run said, line by line."""
    for number, run in enumerate(runs, 1):
        script = "remediate" if number in (2, 4) else "detect"
        for line in run.output or ("(no output)",):
            yield f"run {number}, {script}: {line}"


def _run_all(
    job: Job, client: SimulatedClient, shell: PowerShell, runs: list[Run], problems: list[str]
) -> None:
    """Run the scripts; add what each did to ``runs``, and what was wrong with it to ``problems``."""
    scripts = [job.package.detection]
    if job.package.remediation:
        scripts = [job.package.detection, job.package.remediation] * 2
    others = [b"", *(base64.b64decode(one["adds"]) for one in client.changes)]
    profile = job.remediation.settings.case_values().get("profile")
    first = seen = snapshot(client)
    for number, script in enumerate(scripts, 1):
        marks = mark_files(client)
        runs.append(_run(job, client, shell, script))
        problems += _problems(job, runs)
        now = snapshot(client)
        if number != 2:  # only the first repair may change anything
            is_new_try = number == 4 and runs[-1].exit_code != 0  # a repair that failed tries again
            again = [] if is_new_try else _written_again(client, marks, runs[-1])
            problems += [f"run {number} {line}" for line in _changes(job, seen, now, again)]
        if not _is_own(job):
            lost = [*_lost(seen, now, others), *_lost_entries(first, now, profile)]
            problems += [f"run {number}: {problem}" for problem in lost]
        seen = now


def _detect_again(
    job: Job, client: SimulatedClient, shell: PowerShell, runs: list[Run], problems: list[str]
) -> None:
    """Let happen what comes after the four runs, and run another detection, which may change nothing."""
    _run(job, client, shell, b"", then=job.case.then)
    seen, marks = snapshot(client), mark_files(client)
    runs.append(_run(job, client, shell, job.package.detection))
    problems += _problems(job, runs)
    found = _changes(job, seen, snapshot(client), _written_again(client, marks, runs[-1]))
    problems += [f"run {len(runs)} {line}" for line in found]


def _written_again(client: SimulatedClient, marks: Mapping[str, tuple[int, int]], run: Run) -> list[str]:
    """The files and registry values that a run wrote, whatever it wrote there."""
    return [*written_again(client, marks), *dict.fromkeys(run.state["rewritten"])]


def _changes(
    job: Job, seen: Mapping[str, object], now: Mapping[str, object], again: Sequence[str]
) -> Iterator[str]:
    """What a run changed that may change nothing; ``again`` is what it wrote."""
    old, new = _without_copies(seen, job), _without_copies(now, job)
    yield from (f"changed {line}" for line in differences(old, new))
    for name in again:
        if name in new and new[name] == old.get(name):
            yield f"wrote {name}, and just what was in it"


def _run(job: Job, client: SimulatedClient, shell: PowerShell, script: bytes, *, then: str = "") -> Run:
    run_as = job.package.run_as
    if job.case.before.get("account") == "other":
        run_as = RunAs.USER if run_as == RunAs.SYSTEM else RunAs.SYSTEM
    return client.run(shell, script, run_as=run_as.value, then=then, apart=_is_own(job))


def _problems(job: Job, runs: Sequence[Run]) -> list[str]:
    """What the last run did that no script may do."""
    check = _own_problems if _is_own(job) and not job.case.says else _protocol_problems
    return [f"run {len(runs)}: {problem}" for problem in check(runs[-1])]


def _own_problems(run: Run) -> Iterator[str]:
    """What harms with any pair: Intune counts a repair that writes to stderr as failed."""
    yield from run.state["refused"]
    if run.errors:
        yield f"stderr is not silent: {run.errors[0].strip().splitlines()[0][:300]}"


def _protocol_problems(run: Run) -> Iterator[str]:
    yield from _own_problems(run)
    if len(run.output) != 1:
        yield f"{len(run.output)} output lines, expected one"
        return
    line = run.output[0]
    if not (line.isascii() and line.isprintable()) or len(line) > LINE_LIMIT:
        yield f"the line is not ASCII or longer than {LINE_LIMIT} characters"
    if run.exit_code != int(_state(run) in _EXIT_1):
        yield f"exit code {run.exit_code} for the state {_state(run)}"


def _state(run: Run) -> str:
    try:
        return str(run.result.get("state"))
    except (ClientError, IndexError, ValueError):
        return "nothing"


def _is_own(job: Job) -> bool:
    return job.remediation.settings.own_pair() is not None


def _without_copies(found: Mapping[str, object], job: Job) -> dict[str, object]:
    """A snapshot without the copies that our own pairs keep beside a phonebook."""
    copy = f"/rasphone.pbk{_COPY}"
    is_copy = re.compile(rf".*{re.escape(copy)}(bak|before|old|\d\.kept)").fullmatch
    return {name: value for name, value in found.items() if _is_own(job) or not is_copy(name)}


def _lost(before: Mapping[str, object], now: Mapping[str, object], others: Sequence[bytes]) -> Iterator[str]:
    """Phonebooks whose content is neither there nor in a copy beside it; others may have added to it."""
    for name, book in before.items():
        files = _with_copies(name, now)
        if isinstance(book, bytes) and len(files) > 1 and not any(book + more in files for more in others):
            yield f"what was in {name} is in its copy no more"


def _lost_entries(first: Mapping[str, object], now: Mapping[str, object], profile: object) -> Iterator[str]:
    """Entries of the first phonebooks, but for the pair's own, that are in no file any more."""
    own = f"[{profile}]".encode()
    for name, book in first.items():
        files = _with_copies(name, now)
        if isinstance(book, bytes) and len(files) > 1:
            for entry in re.split(rb"(?m)^(?=\[)", book):
                if not entry.startswith(own) and not any(entry.rstrip() in content for content in files):
                    yield f"{entry.splitlines()[0]!r} of the first {name} is in no copy any more"


def _with_copies(name: str, found: Mapping[str, object]) -> list[bytes]:
    """The content of a phonebook and of the copies beside it, as far as they are there."""
    copies = [content for other, content in found.items() if other.startswith(name + _COPY)]
    return [content for content in (found.get(name), *copies) if isinstance(content, bytes)]


def _portable(client: SimulatedClient, job: Job) -> dict[str, object]:
    """A snapshot without the folder that a client happens to lie in."""
    place = str(client.folder)
    return {
        name: value.replace(place, "") if isinstance(value, str) else value
        for name, value in _without_copies(snapshot(client), job).items()
    }
