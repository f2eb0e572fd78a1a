"""A plan and its outcomes as a person reads them in a terminal."""

from __future__ import annotations

import difflib
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from aovpn_remediate.display.clean import clean
from aovpn_remediate.display.settings_words import (
    EDITED,
    SettingChange,
    config_words,
    setting_words,
    settings_changes,
    whole_words,
)
from aovpn_remediate.display.width import line_width
from aovpn_remediate.display.words import FIELD_WORDS, assignment_words, value_words
from aovpn_remediate.model import Assignment
from aovpn_remediate.plan import Adopt, Change, Create, Delete, FieldChange, Note, Plan, Stopped, Update
from aovpn_remediate.publish import Outcome, Status
from aovpn_remediate.wording import count_of

_SIGNS = {"create": "+", "update": "~", "adopt": ">", "delete": "-"}
_COLORS = {"+": "32", "~": "33", ">": "36", "-": "31", "=": "2", "!": "33", "@": "36"}
_INDENT, _WIDTH = 4, 20
_SCRIPTS = ("detection", "remediation")

Line: TypeAlias = tuple[str, str]
"""A line and the sign that colors it: one of `_COLORS`, or none."""


def plan_text(plan: Plan, *, names: Mapping[str, str], diff: bool, color: bool) -> str:
    """Return a plan for reading: what is created, updated and deleted, whole sets of assignments, notes."""
    lines: list[Line] = []
    for change in plan.changes:
        lines += [*_change_lines(change, names, diff=diff), ("", "")]
    for key in plan.unchanged:
        lines.append(("=", f"= {key}  no change"))
    for note in plan.notes:
        lines.append(("!", f"! {_note_words(note)}"))
    lines += map(_stopped_line, plan.stopped)
    if plan.unchanged or plan.notes or plan.stopped:
        lines.append(("", ""))
    return _join([*lines, ("", _summary(plan))], color=color)


def outcomes_text(outcomes: Sequence[Outcome], *, color: bool, stopped: Sequence[Stopped] = ()) -> str:
    """Return the outcome of each change, one line each, and a summary."""
    lines = [*map(_outcome_line, outcomes), *map(_stopped_line, stopped)]
    counts = Counter(outcome.status for outcome in outcomes) + Counter({Status.STOPPED: len(stopped)})
    summary: list[str] = []
    for status in Status:
        if counts[status]:
            summary.append(f"{counts[status]} {status.value}")
    is_published = any(counts[one] for one in (Status.DONE, Status.CREATED, Status.AWAITING_APPROVAL))
    start = "Published" if is_published else "Nothing published"
    return _join([*lines, ("", f"{start}: {', '.join(summary)}.")], color=color)


def _join(lines: Iterable[Line], *, color: bool) -> str:
    shown: list[str] = []
    for sign, text in lines:
        is_painted = color and sign
        shown.append(f"\x1b[{_COLORS[sign]}m{text}\x1b[0m" if is_painted else text)
    return "\n".join(shown)


def _outcome_line(outcome: Outcome) -> Line:
    sign = {Status.DONE: _SIGNS[outcome.change.action], Status.NOT_TRIED: "="}.get(outcome.status, "!")
    line = f"{sign} {outcome.change.package.key}  {outcome.change.action}: {outcome.status.value}"
    return sign, f"{line}; {clean(outcome.error)}" if outcome.error else line


def _stopped_line(stopped: Stopped) -> Line:
    return "!", clean(f"! {stopped.key}  stopped: {stopped.reason}")


def _summary(plan: Plan) -> str:
    if plan.is_empty and not plan.stopped:
        kept = len(plan.unchanged)
        verb = "matches" if kept == 1 else "match"
        return f"No changes. {count_of(kept, 'package')} {verb} the config."
    counts = plan.counts
    stopped = f", {len(plan.stopped)} stopped" if plan.stopped else ""
    adopts = f"{counts['adopt']} to adopt, " if counts["adopt"] else ""
    return (
        f"Plan: {counts['create']} to create, {adopts}{counts['update']} to update, "
        f"{counts['delete']} to delete, {len(plan.unchanged)} unchanged{stopped}."
    )


def _note_words(note: Note) -> str:
    return clean(f"{note.key}: {note.text}" if note.key else note.text)


def _change_lines(change: Change, names: Mapping[str, str], *, diff: bool) -> Iterator[Line]:
    word = change.action
    yield _SIGNS[word], f"{_SIGNS[word]} {change.package.key}  {word}"
    match change:
        case Create():
            yield from _package_lines(change, names)
        case Delete():
            yield _row("display name", value_words("name", change.package.name, names))
            for setting in settings_changes(change) or ():
                yield from _wrapped(setting.path, whole_words(setting.before))
            yield _row("id", clean(change.existing.id))
        case Update():
            if isinstance(change, Adopt):
                owner = f"owned by {change.existing.owner}" if change.existing.owner else "foreign"
                yield _row("id", clean(f"{change.existing.id}, {owner} so far"))
            yield from _update_lines(change, names, diff=diff)


def _package_lines(change: Create, names: Mapping[str, str]) -> Iterator[Line]:
    package = change.package
    yield _row("display name", value_words("name", package.name, names))
    for setting in settings_changes(change) or ():
        yield from _wrapped(setting.path, whole_words(setting.after))
    if package.description:
        yield _row("description", value_words("description", package.description, names))
    yield _row("publisher", value_words("publisher", package.publisher, names))
    yield _row("run-as account", package.run_as.value)
    if package.signature_check:
        yield _row("signature check", "yes")
    yield _row("scope tags", value_words("scope_tags", package.scope_tags, names))
    yield _row("scripts", "detection and remediation" if package.remediation else "detection only")
    yield from _assignment_lines(None, package.assignments, names)


def _update_lines(change: Update, names: Mapping[str, str], *, diff: bool) -> Iterator[Line]:
    settings = settings_changes(change)
    is_rendered = config_words(change.package) is not None
    changed = [field.field for field in change.fields if field.field in _SCRIPTS]
    if changed and is_rendered:
        yield from _settings_lines(settings)
    for field in change.fields:
        if field.field not in _SCRIPTS or diff or not is_rendered or not (field.before and field.after):
            yield from _field_lines(field, names, diff=diff)


def _settings_lines(settings: Sequence[SettingChange] | None) -> Iterator[Line]:
    """What other scripts mean; their text alone changes with another version of this tool."""
    if settings is None:
        yield _row("settings", f"{EDITED}; the update writes them anew")
        return
    if not settings:
        yield _row("scripts", "new text, same settings")
    for setting in settings:
        yield from _wrapped(setting.path, setting_words(setting))


def _field_lines(field: FieldChange, names: Mapping[str, str], *, diff: bool) -> Iterator[Line]:
    if field.field == "assignments":
        before, after = _assignments(field.before), _assignments(field.after)
        yield from _assignment_lines(before, after, names)
    elif field.field in ("detection", "remediation"):
        yield from _script_lines(field, diff=diff)
    else:
        old = value_words(field.field, field.before, names)
        new = value_words(field.field, field.after, names)
        yield _row(FIELD_WORDS[field.field], f"{old} -> {new}")


def _assignments(value: object) -> tuple[Assignment, ...]:
    if not isinstance(value, tuple):
        return ()
    return tuple(one for one in value if isinstance(one, Assignment))


def _assignment_lines(
    before: Sequence[Assignment] | None, after: Sequence[Assignment], names: Mapping[str, str]
) -> Iterator[Line]:
    """The whole set; signs show what is added and removed, unless the package itself is new (``None``)."""
    label = "assignments"
    if not after:
        yield _row(label, "none; no device runs it")
        label = ""
    removed = [one for one in before or () if one not in after]
    for one in sorted([*removed, *after], key=lambda one: one.target):
        words = assignment_words(one, names)
        if before is None:
            yield _row(label, words)
        else:
            sign = _assignment_sign(one, before, after)
            _, text = _row(label, f"{sign} {words}")
            yield sign.strip(), text
        label = ""


def _assignment_sign(one: Assignment, before: Sequence[Assignment], after: Sequence[Assignment]) -> str:
    if one not in after:
        return "-"
    return " " if one in before else "+"


def _script_lines(field: FieldChange, *, diff: bool) -> Iterator[Line]:
    before, after = _lines(field.before), _lines(field.after)
    if not before or not after:
        yield _row(FIELD_WORDS[field.field], "added" if after else "removed")
        return
    delta = list(difflib.unified_diff(before, after, "tenant", "config", lineterm=""))
    yield _row(FIELD_WORDS[field.field], _delta_words(delta))
    if not diff:
        return
    for line in delta:
        sign = line[0] if line[0] in "+-@" else ""
        yield sign, f"    {line}"


def _delta_words(delta: Sequence[str]) -> str:
    """How many lines a unified diff adds and removes; its first two lines are names."""
    if not delta:
        return "only line ends or encoding differ"
    signs = Counter(line[0] for line in delta[2:])
    return f"{count_of(signs['+'], 'line')} added, {signs['-']} removed"


def _lines(script: object) -> list[str]:
    if not isinstance(script, bytes):
        return []
    return [clean(line) for line in _decoded(script).splitlines()]


def _decoded(script: bytes) -> str:
    try:
        return script.decode("utf-8")
    except UnicodeDecodeError:
        return script.decode("latin-1")  # any byte is a character of it, and different bytes stay different


def _wrapped(label: str, text: str) -> Iterator[Line]:
    """A row whose text goes on in further rows."""
    longest = line_width() - _INDENT - _WIDTH
    for part in textwrap.wrap(text, longest, break_long_words=False, break_on_hyphens=False) or [""]:
        yield _row(label, part)
        label = ""


def _row(label: str, text: str) -> Line:
    return "", f"{'':{_INDENT}}{label:{_WIDTH}}{text}".rstrip()
