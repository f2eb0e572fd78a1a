"""What is wrong with a case that was run: pure functions from a record to problems, one for each promise."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aovpn_remediate.client import Run
from aovpn_remediate.client.comparison import differences
from aovpn_remediate.client.snapshot import Snapshot
from aovpn_remediate.verify.record import Record, Step

LINE_LIMIT = 2000
"""How many characters a result line may have; Intune keeps the last 2,048 (Intune, Remediations)."""
_KEPT = 2048
"""How many characters of a script's output Intune keeps (Intune, Remediations)."""
_FIRST_REPAIR = 2
_SECOND_REPAIR = 4
_ORDINALS = ("first", "second", "third")
_PHONEBOOK = "/rasphone.pbk"
_BACKUP = ".aovpn-remediate."
"""What the name of a backup has behind the name of its phonebook."""
_IS_BACKUP = re.compile(r".*/rasphone\.pbk\.aovpn-remediate\.(bak|old|\d\.kept)").fullmatch
_EXIT_1 = ("issue", "failed")


def judge(record: Record) -> tuple[str, ...]:
    """Return every problem of a case, a line each; none where all promises were kept."""
    return (
        *wrong_results(record),
        *interrupted_runs(record),
        *broken_rules(record),
        *outside_calls(record),
        *lost_content(record),
        *needless_writes(record),
        *unmet_faults(record),
        *wrong_changes(record),
    )


def warn(record: Record) -> tuple[str, ...]:
    """Return what of a user's own pair may be wrong, a line each, each once."""
    found = [*_labelled_reaches(record, is_warning=True)]
    if record.is_own_pair and not record.case.says:
        for step in record.steps:
            found += _labelled(f"{step.script}: ", list(_output_warnings(step.run)))
    return tuple(dict.fromkeys(found))


def _output_warnings(run: Run) -> Iterator[str]:
    output = "\n".join(run.output)
    if len(output) > _KEPT:
        yield f"prints {len(output):,} characters; Intune keeps the last {_KEPT:,} characters"
    if not output.isascii():
        yield "prints characters outside ASCII, which may be shown wrong in Intune; print ASCII only"


def outside_calls(record: Record) -> list[str]:
    """Return what of a user's own scripts reaches past the simulated client."""
    return list(_labelled_reaches(record, is_warning=False))


def _labelled_reaches(record: Record, *, is_warning: bool) -> Iterator[str]:
    for script, reach in record.outside:
        if reach.is_warning == is_warning:
            yield f"{script}, line {reach.line}: {reach.text}"


def wrong_results(record: Record) -> list[str]:
    """Return how exit codes and states differ from those of the case.

    A detection alone is run once and is held to the first of them.
    """
    problems: list[str] = []
    wanted_exits = record.case.exits[: len(record.steps)]
    wanted_states = record.case.says[: len(record.steps)]
    if wanted_exits and record.exits != wanted_exits:
        problems.append(f"exit codes {list(record.exits)}, expected {list(wanted_exits)}")
    if wanted_states and record.states != wanted_states:
        problems.append(f"says {' '.join(record.states)}, expected {' '.join(wanted_states)}")
    return problems


def interrupted_runs(record: Record) -> list[str]:
    """Return why a script could not be run to its end."""
    return [record.ended] if record.ended else []


def broken_rules(record: Record) -> list[str]:
    """Return what the scripts did or printed that no script may."""
    is_free_text = record.is_own_pair and not record.case.says
    problems: list[str] = []
    for step in record.steps:
        found = [*_forbidden(step.run)]
        if not is_free_text:
            found += _protocol_problems(step, shows_unknown=record.shows_unknown)
        problems += _labelled(f"run {step.number}: ", found)
    return problems


def _forbidden(run: Run) -> Iterator[str]:
    """What no pair may do. Intune counts a repair that writes to stderr as failed.

    (fadwen/IntuneScriptLab, Findings.md)
    """
    refused = run.state["refused"]
    yield from refused
    for error in run.errors:
        is_named_already = any(reason in error for reason in refused)
        if not is_named_already:
            yield f"wrote to stderr: {error.strip().splitlines()[0][:300]}"
            return


def _protocol_problems(step: Step, *, shows_unknown: bool) -> Iterator[str]:
    output = step.run.output
    if len(output) != 1:
        yield f"{len(output)} output lines, expected one"
        return
    is_plain = output[0].isascii() and output[0].isprintable()
    if not is_plain or len(output[0]) > LINE_LIMIT:
        yield f"the line is not ASCII or longer than {LINE_LIMIT} characters"
    is_shown = shows_unknown and step.state == "unknown" and step.script == "detect"
    if step.run.exit_code != int(step.state in _EXIT_1 or is_shown):
        yield f"exit code {step.run.exit_code} for the state {step.state}"


def lost_content(record: Record) -> list[str]:
    """Return what one of our own pairs removed from a phonebook and put into no backup beside it."""
    problems: list[str] = []
    if record.is_own_pair:
        return problems
    for step in record.steps:
        found = [*_lost_versions(record, step), *_lost_entries(record, step), *_lost_backups(step)]
        problems += _labelled(f"run {step.number}: ", found)
    return problems


def _lost_versions(record: Record, step: Step) -> Iterator[str]:
    """Changed phonebooks whose content is in no backup; another program may have added to it."""
    additions = (b"", *record.added_by_others)
    for name, content in step.before.items():
        is_changed = name.endswith(_PHONEBOOK) and step.after.get(name) != content
        if not isinstance(content, bytes) or not is_changed:
            continue
        files = _phonebook_and_backups(name, step.after)
        if not any(content + addition in files for addition in additions):
            yield f"{name} was changed, and no backup has what was in it"


def _lost_backups(step: Step) -> Iterator[str]:
    """Backups that are in no file any more, although nothing took the place of their phonebook."""
    for name, content in step.before.items():
        phonebook, mark, _ = name.partition(_BACKUP)
        if not mark or step.before.get(phonebook) != step.after.get(phonebook):
            continue
        if content not in _phonebook_and_backups(phonebook, step.after):
            yield f"the backup {name} is gone, although the phonebook did not change"


def _lost_entries(record: Record, step: Step) -> Iterator[str]:
    """Entries of the first phonebooks that are in no file; the profile's own entry may change."""
    own_header = f"[{record.profile}]".encode()
    for name, content in record.steps[0].before.items():
        files = _phonebook_and_backups(name, step.after)
        if not isinstance(content, bytes) or len(files) < 2:
            continue
        for entry in re.split(rb"(?m)^(?=\[)", content):
            if entry.startswith(own_header):
                continue
            if not any(entry.rstrip() in file for file in files):
                yield f"{entry.splitlines()[0]!r} of the first {name} is in no backup any more"


def _phonebook_and_backups(name: str, found: Snapshot) -> list[bytes]:
    """The content of a phonebook and of the backups beside it, as far as they exist."""
    contents: list[bytes] = []
    for other, content in found.items():
        is_one = other == name or other.startswith(name + _BACKUP)
        if is_one and isinstance(content, bytes):
            contents.append(content)
    return contents


def needless_writes(record: Record) -> list[str]:
    """Return what was written with the content that it had already.

    The first repair may do that, and so may a second one that fails, since it tries again.
    """
    problems: list[str] = []
    for step in record.steps:
        is_new_try = step.number == _SECOND_REPAIR and step.run.exit_code != 0
        if step.number == _FIRST_REPAIR or is_new_try:
            continue
        old, new = _without_backups(record, step.before), _without_backups(record, step.after)
        for name in step.written:
            if name in new and new[name] == old.get(name):
                problems.append(_needless_write(step, name))
    return problems


def _needless_write(step: Step, name: str) -> str:
    which = f"run {step.number} ({_ORDINALS[(step.number - 1) // 2]} {step.script})"
    if step.script == "detect":
        return f"{which} wrote {name}; a detection script must not write anything"
    advice = "read the value first, and write only if it differs"
    return f"{which} wrote {name} although it was already correct; {advice}"


def unmet_faults(record: Record) -> list[str]:
    """Return the faults that no script met: the case then proves less than it says."""
    if not record.has_repair and not record.is_own_pair:
        return []
    return [f"{fault} never happened; no script called it" for fault in record.unmet]


def wrong_changes(record: Record) -> list[str]:
    """Return what changed in a run that may change nothing, and how the last client is not as expected."""
    problems: list[str] = []
    for label, expected, found in _comparisons(record):
        problems += _labelled(label, differences(expected, found))
    return problems


def _comparisons(record: Record) -> Iterator[tuple[str, Snapshot, Snapshot]]:
    """A label, what has to be there, and what is there."""
    for step in record.steps:
        if step.number != _FIRST_REPAIR:
            before, after = _without_backups(record, step.before), _without_backups(record, step.after)
            yield f"run {step.number} changed ", before, after
    if not record.ended:
        last = [step for step in record.steps if not step.follows][-1]
        yield "", _without_backups(record, record.expected), _without_backups(record, last.after)


def _without_backups(record: Record, found: Snapshot) -> Snapshot:
    """A snapshot without the backups that our own pairs keep beside a phonebook."""
    if record.is_own_pair:
        return found
    return {name: value for name, value in found.items() if not _IS_BACKUP(name)}


def _labelled(label: str, problems: list[str]) -> list[str]:
    return [label + problem for problem in problems]
