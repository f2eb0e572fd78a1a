"""Proofs as a person reads them: what is not as expected, and how many cases there are."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aovpn_remediate.display.clean import clean
from aovpn_remediate.display.proof_files import by_remediation, unconfirmed
from aovpn_remediate.verify import Proof, failed_proofs
from aovpn_remediate.wording import count_of

if TYPE_CHECKING:
    from rich.console import RenderableType

_REPAIRS = (1, 3)
"""Which of the runs, from 0, are those of the remediation script."""
_ADVICE = "-v shows all cases and what the scripts print; --keep DIR keeps the clients of failing cases."
_REST = 12
"""How wide a line is beside the name of a case and its runs."""
_ENDLESS = 10_000
"""The width of a text that nothing has to wrap."""


def proofs_text(proofs: Sequence[Proof], *, verbose: bool, color: bool, width: int | None = None) -> str:
    """Return the cases that are not as expected, or all with ``verbose``, and counts; at most ``width`` wide.

    Without a width no line is wrapped.
    """
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out,
        width=width or _ENDLESS,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        legacy_windows=False,
    )
    for part in _parts(proofs, console.width, verbose=verbose):
        console.print(part)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def terminal_width() -> int | None:
    """Return the width of the terminal on stdout, or nothing if it is not one."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _parts(proofs: Sequence[Proof], width: int, *, verbose: bool) -> Iterator[RenderableType]:
    well: dict[str, list[Proof]] = {}
    for key, mine in by_remediation(proofs).items():
        shown = [proof for proof in mine if verbose or _is_remarkable(proof)]
        if shown:
            yield f"{key}  {mine[0].kind}"
            yield from _cases(shown, width, verbose=verbose)
            yield ""
        else:
            well[key] = mine
    if well:
        yield from (_well(well), "")
    yield from _assumptions(proofs)
    yield _summary(proofs, verbose=verbose)


def _is_remarkable(proof: Proof) -> bool:
    return not proof.ok or bool(proof.warnings or proof.not_run)


def _well(found: dict[str, list[Proof]]) -> RenderableType:
    """A line for each remediation in which all is well."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    for key, mine in found.items():
        table.add_row("[green]ok[/]", key, mine[0].kind, count_of(len(mine), "case"))
    return table


def _cases(proofs: Sequence[Proof], width: int, *, verbose: bool) -> Iterator[RenderableType]:
    """A table of cases; below a case stands what is to say about it."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    names = _width_of_names(proofs, width)
    for proof in proofs:
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=7, no_wrap=True)
        table.add_column(width=names, overflow="fold")
        table.add_column(overflow="fold")
        table.add_row(_verdict(proof), Text(clean(proof.case)), Text(clean(_runs(proof))))
        yield Padding(table, (0, 0, 0, 2), expand=False)
        for line in _remarks(proof, verbose=verbose):
            yield Padding(Text(clean(line), overflow="fold"), (0, 0, 0, 6), expand=False)


def _width_of_names(proofs: Sequence[Proof], width: int) -> int:
    """The width of the names of cases; where not all fits, that of the runs comes first."""
    names = max(len(clean(proof.case)) for proof in proofs) + 1
    runs = max(len(clean(_runs(proof))) for proof in proofs)
    return min(names, max(width - runs - _REST, width // 3))


def _verdict(proof: Proof) -> str:
    if proof.not_run:
        return "[yellow]not run[/]"
    return "[green]ok[/]" if proof.ok else "[red]FAILED[/]"


def _runs(proof: Proof) -> str:
    """What each run said, or else its exit code; a repair that fails where it should is as expected."""
    said = tuple(map(str, proof.exits)) if set(proof.states) == {"nothing"} else proof.states
    repairs = [proof.exits[run] for run in _REPAIRS if run < len(proof.exits)]
    is_meant = proof.ok and any(repairs)
    return " > ".join(said) + (", as expected" if is_meant else "")


def _remarks(proof: Proof, *, verbose: bool) -> Iterator[str]:
    if proof.not_run:
        yield proof.not_run
    yield from proof.differences
    for line in proof.warnings:
        yield f"warning: {line}"
    if verbose:
        yield from (line for line in proof.outputs if not line.endswith(": (no output)"))


def _assumptions(proofs: Sequence[Proof]) -> Iterator[RenderableType]:
    """What Windows has not confirmed, as a list."""
    from rich.table import Table
    from rich.text import Text

    texts = unconfirmed(proofs)
    if not texts:
        return
    yield "What Windows has not confirmed:"
    table = Table.grid(padding=(0, 1, 0, 0))
    for text in texts:
        table.add_row("  -", Text(text))
    yield table
    yield ""


def _summary(proofs: Sequence[Proof], *, verbose: bool) -> str:
    failed, not_run = len(failed_proofs(proofs)), sum(bool(proof.not_run) for proof in proofs)
    count = len(proofs)
    average = sum(proof.ms for proof in proofs) // max(count - not_run, 1)
    parts = [f"{count_of(count, 'case')}: {count - failed - not_run} ok", f"{failed} failed"]
    if not_run:
        parts.append(f"{not_run} not run")
    text = f"{', '.join(parts)}, {average} ms each."
    if failed:
        return f"{text}\n{_ADVICE}"
    return text if verbose else f"{text} -v shows all cases."
