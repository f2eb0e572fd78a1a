"""Tries mutants: which tests run for each, in which order, and what became of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from aovpn_remediate.scripts.template_parts import feature_words, read_section, select_functions
from tools.mutants.sites import Mutant, traced
from tools.mutants.workers import ROOT, Worker, WorkerError, answers, restart, send, workers

TEMPLATES = ROOT / "templates" / "ps1"
RENEWED = 60
"""After this many mutants a worker is restarted: a PowerShell grows with each new script."""
SHARED_TESTS = (
    "test_account.py",
    "test_entry_keys.py",
    "test_phonebook_*.py",
    "test_profile_names.py",
    "test_repair_rounds.py",
    "test_result_line.py",
)
"""The test modules about what every kind's scripts carry; they run the pair of ``interface-metric``."""
Killers = Mapping[str, str]
"""The test that killed a mutant, by the mutant's name; an empty text for a survivor."""


@dataclass(frozen=True)
class Reach:
    """The blocks of statements that each test enters; nothing where that is unknown."""

    blocks: Mapping[str, frozenset[str] | None]

    def may_notice(self, test: str, mutant: Mutant) -> bool:
        """Whether a test runs the code that the mutant changes, as far as that is known."""
        entered = self.blocks.get(test)
        return entered is None or mutant.block < 0 or f"{mutant.path}:{mutant.block}" in entered


def try_mutants(
    mutants: Sequence[Mutant],
    known: Killers,
    *,
    processes: int,
    trace: bool,
    tell: Callable[[Mutant, str], None],
) -> dict[str, str]:
    """Return what became of each mutant; the test that ``known`` names for it comes first.

    With ``trace`` all tests run once before, so that each mutant meets only tests that run its code.
    """
    modules = {mutant.name: _test_modules(mutant) for mutant in mutants}
    helpful: defaultdict[str, Counter[str]] = defaultdict(Counter)
    killers: dict[str, str] = {}
    everything = sorted({one for some in modules.values() for one in some})
    with workers(everything, processes) as started, ThreadPoolExecutor(processes) as pool:
        reach = _measure(started, pool) if trace else Reach({})
        idle: SimpleQueue[Worker] = SimpleQueue()
        for one in started:
            idle.put(one)

        def attempt(mutant: Mutant) -> None:
            worker = idle.get()
            try:
                fitting = [test for test in worker.tests if test.split("::")[0] in modules[mutant.name]]
                first = [known.get(mutant.name, ""), *_ranked(helpful[mutant.function])]
                tests = [test for test in _ordered(fitting, first) if reach.may_notice(test, mutant)]
                killers[mutant.name] = killer = _try(worker, mutant, tests)
                helpful[mutant.function][killer] += 1
                if len(killers) % RENEWED == 0:
                    restart(worker)
                tell(mutant, killer)
            finally:
                idle.put(worker)

        list(pool.map(attempt, mutants))
    return killers


def _test_modules(mutant: Mutant) -> list[str]:
    """The test modules of the kinds whose scripts carry the mutant's function."""
    kinds = sorted(path.parent.name for path in (TEMPLATES / "kinds").glob("*/check.ps1"))
    if mutant.path.startswith("kinds/"):
        kinds = [mutant.path.split("/")[1]]
    names = [kind for kind in kinds if f"function {mutant.function} {{" in _functions(kind)]
    patterns = [f"test_{kind.replace('-', '_')}*.py" for kind in names]
    if "interface-metric" in names:
        patterns += SHARED_TESTS
    paths = [path for pattern in patterns for path in sorted((ROOT / "tests").glob(pattern))]
    return [path.relative_to(ROOT).as_posix() for path in paths]


def _functions(kind: str) -> str:
    shells = "".join(path.read_text("ascii") for path in TEMPLATES.glob("*.j2"))
    paths = sorted((TEMPLATES / "runtime").glob("*.ps1"))
    paths += [TEMPLATES / "kinds" / kind / f"{part}.ps1" for part in ("check", "repair")]
    words = feature_words("\n".join(path.read_text("ascii") for path in paths))
    sections = [read_section(path, dict.fromkeys(words, True)) for path in paths]
    return "\n".join(select_functions(shells, sections))


def _ranked(counts: Counter[str]) -> list[str]:
    return [test for test, _ in counts.most_common()]


def _ordered(tests: Sequence[str], first: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*(test for test in first if test in tests), *tests]))


def _try(worker: Worker, mutant: Mutant, tests: Sequence[str]) -> str:
    """The test that kills the mutant; a test that does not end is one, and needs a new process."""
    text = (TEMPLATES / mutant.path).read_text("ascii")
    send(worker, {"texts": {mutant.path: mutant.apply(text)}, "tests": list(tests)})
    begun = ""
    for answer in answers(worker):
        if "killer" in answer:
            return str(answer["killer"])
        begun = str(answer["begins"])
    if not begun:
        raise WorkerError("a worker ended before it ran a test; run pytest on the kinds' tests to see why")
    restart(worker)
    return begun


def _measure(started: Sequence[Worker], pool: ThreadPoolExecutor) -> Reach:
    """What each test enters; the workers share the tests among them."""
    shares = [one.tests[number :: len(started)] for number, one in enumerate(started)]
    return Reach(
        {test: entered for part in pool.map(_trace, started, shares) for test, entered in part.items()}
    )


def _trace(worker: Worker, tests: Sequence[str]) -> dict[str, frozenset[str] | None]:
    trace = worker.folder / "trace"
    paths = {path.relative_to(TEMPLATES).as_posix(): path for path in TEMPLATES.rglob("*.ps1")}
    texts = {name: traced(path.read_text("ascii"), name, trace) for name, path in paths.items()}
    send(worker, {"texts": texts, "tests": list(tests), "trace": str(trace)})
    entered: dict[str, frozenset[str] | None] = {}
    for answer in answers(worker):
        if "traced" in answer:
            blocks = answer["entered"]
            entered[str(answer["traced"])] = frozenset(map(str, blocks)) if isinstance(blocks, list) else None
    return entered
