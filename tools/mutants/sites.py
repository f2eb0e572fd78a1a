"""Where a fault can be put into a template, and which: every mutant of ``templates/ps1``, by name.

Sites come from the syntax tree. What only people read (texts of errors, details, comments) is not changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import tree_sitter_pwsh
from tree_sitter import Language, Node, Parser

OPERATORS = {
    "-eq": ("-ne",), "-ne": ("-eq",), "-lt": ("-le", "-ge"), "-le": ("-lt", "-gt"), "-gt": ("-ge", "-le"),
    "-ge": ("-gt", "-lt"), "-contains": ("-notcontains",), "-notcontains": ("-contains",),
    "-like": ("-notlike",), "-notlike": ("-like",), "-match": ("-notmatch",), "-notmatch": ("-match",),
    "-is": ("-isnot",), "-isnot": ("-is",), "-and": ("-or",), "-or": ("-and",), "-band": ("-bor",),
    "-bor": ("-band",), "+": ("-",), "-": ("+",), "*": ("+",), "+=": ("=",),
}  # fmt: skip
WORDS = {
    "healthy": "issue", "issue": "pending", "pending": "healthy", "absent": "issue", "unknown": "issue",
    "failed": "fixed", "fixed": "failed", "Stop": "SilentlyContinue",
}  # fmt: skip
_STATEMENTS = {
    "pipeline", "flow_control_statement", "if_statement", "foreach_statement", "for_statement",
    "try_statement",
}  # fmt: skip
_BLOCKS = {"statement_block", "script_block_body"}


@dataclass(frozen=True)
class Mutant:
    """One fault: ``path`` below ``templates/ps1``, the function and line it is in, and the bytes it changes.

    ``block`` is where the innermost block of statements around it starts; -1 for a parameter's default value,
    which is in none.
    """

    path: str
    function: str
    line: int
    code: str
    what: str
    start: int
    old: str
    new: str
    block: int = -1
    copy: int = 1

    @property
    def name(self) -> str:
        """Its name, which stays as long as its line does, wherever that moves."""
        twin = f" #{self.copy}" if self.copy > 1 else ""
        return f"{self.path} {self.function}: {self.code} | {self.what}{twin}"

    def apply(self, text: str) -> str:
        """Return the template's text with the fault in it."""
        return text[: self.start] + self.new + text[self.start + len(self.old) :]


def find_mutants(folder: Path) -> list[Mutant]:
    """Return every mutant of the templates in ``folder`` that still parses, in the order of the code."""
    return [
        mutant
        for path in sorted(folder.rglob("*.ps1"))
        for mutant in mutants_of(path.read_text("ascii"), path.relative_to(folder).as_posix())
    ]


def mutants_of(text: str, path: str) -> list[Mutant]:
    """Return the mutants of one template's text."""
    found = [_mutant(text, path, site) for site in _sites(_parser().parse(text.encode()).root_node)]
    alike: Counter[str] = Counter()
    numbered: list[Mutant] = []
    for mutant in found:
        alike[mutant.name] += 1
        numbered.append(replace(mutant, copy=alike[mutant.name]))
    return [mutant for mutant in numbered if parses(mutant.apply(text))]


def parses(text: str) -> bool:
    """Whether the parser finds nothing wrong."""
    return not _parser().parse(text.encode()).root_node.has_error


def _mutant(text: str, path: str, site: tuple[Node, str, str, str]) -> Mutant:
    node, what, old, new = site
    line = text.count("\n", 0, node.start_byte)
    code = text.splitlines()[line].strip()
    return Mutant(path, _function(node), line + 1, code, what, node.start_byte, old, new, _block(node))


def traced(text: str, path: str, trace: Path) -> str:
    """Return a template's text that notes in a file, as ``path:block``, each block that it enters."""
    blocks = [node for node in _walk(_parser().parse(text.encode()).root_node) if _is_block(node)]
    for start in sorted((node.start_byte for node in blocks), reverse=True):
        indent = re.search(r"[ ]*\Z", text[:start])
        mark = f"[IO.File]::AppendAllText('{trace}', '{path}:{start}' + [char] 10)\n"
        text = text[:start] + mark + (indent[0] if indent else "") + text[start:]
    return text


def _is_block(node: Node) -> bool:
    return node.type == "statement_list" and _parent(node) in _BLOCKS


def _block(node: Node) -> int:
    while not _is_block(node) and node.parent is not None:
        node = node.parent
    return node.start_byte if _is_block(node) else -1


def _sites(root: Node) -> Iterator[tuple[Node, str, str, str]]:
    for node in _walk(root):
        text = _text(node)
        for new in _replacements(node, text):
            yield node, f"{text} -> {new}", text, new
        if node.type in ("if_statement", "elseif_clause"):
            yield from _negated(node)
        if node.type in _STATEMENTS and _is_statement(node) and not _is_first_assignment(node):
            yield node, _dropped(node, text), text, ""
        if text.startswith("return ") and node.type == "flow_control_statement":
            yield node, "return nothing", text, "return"


def _dropped(node: Node, text: str) -> str:
    """What dropping a statement is called; one that is not alone on its line is named."""
    return "drop" if _starts_line(node) else f"drop {text.splitlines()[0]}"


def _starts_line(node: Node) -> bool:
    root = node
    while root.parent is not None:
        root = root.parent
    return not _text(root)[: node.start_byte].rpartition("\n")[2].strip()


def _replacements(node: Node, text: str) -> Iterator[str]:
    if node.child_count == 0 and node.type in OPERATORS and node.type == text.lower():
        yield from OPERATORS[node.type]
    elif node.type == "-not":
        yield ""
    elif node.type == "decimal_integer_literal" and text.isdigit():
        yield _number(node, int(text))
    elif node.type == "variable" and text in ("$true", "$false"):
        yield "$false" if text == "$true" else "$true"
    elif node.type == "verbatim_string_characters" and not _is_for_people(node):
        yield f"'{WORDS.get(text[1:-1], 'mutated')}'"
    elif node.type in ("generic_token", "simple_name") and text == "Stop":
        yield WORDS["Stop"]


def _number(node: Node, number: int) -> str:
    statement = _ancestor(node, {"flow_control_statement"})
    is_exit = statement is not None and _text(statement).startswith("exit")
    return str(1 - number if is_exit else number + 1)


def _negated(node: Node) -> Iterator[tuple[Node, str, str, str]]:
    condition = next(child for child in node.children if child.type == "pipeline")
    only = condition.children[0].children[0]
    text = _text(condition)
    if only.type != "comparison_expression" and not text.startswith("-not "):
        yield condition, "negate", text, f"-not ({text})"


def _is_for_people(node: Node) -> bool:
    """Whether a text is an error's or a detail's; keys of tables are left alone too."""
    holder = _ancestor(node, {"flow_control_statement", "element_access", "key_expression", "statement_list"})
    if holder is not None and holder.type in ("key_expression", "element_access"):
        return True
    if holder is not None and _text(holder).startswith("throw "):
        return True
    statement = _ancestor(node, {"assignment_expression"})
    if statement is not None and re.match(r"\$detail |\$after\['Detail'\] ", _text(statement)):
        return True
    argument = node.parent.parent if node.parent is not None else None
    before = argument.prev_sibling.prev_sibling if argument and argument.prev_sibling else None
    return before is not None and _text(before) == "-Detail"


def _is_statement(node: Node) -> bool:
    """Whether a node stands in a block; what stands in parentheses or a table is an expression."""
    return node.parent is not None and _is_block(node.parent)


def _is_first_assignment(node: Node) -> bool:
    """Whether a statement gives a variable its first value: strict mode would not go on without it."""
    variable = re.match(r"\$\w+ = ", _text(node))
    function = _ancestor(node, {"function_statement"})
    if variable is None or function is None:
        return False
    before = _text(function)[: node.start_byte - function.start_byte]
    name = re.escape(variable[0].removesuffix(" = "))
    return re.search(rf"(?im)(^\s*|\(){name} = |(\] |param\(){name}\b", before) is None


def _ancestor(node: Node, kinds: set[str]) -> Node | None:
    parent = node.parent
    while parent is not None and parent.type not in kinds:
        parent = parent.parent
    return parent


def _function(node: Node) -> str:
    function = _ancestor(node, {"function_statement"})
    names = function.children if function is not None else []
    return next((_text(child) for child in names if child.type == "function_name"), "")


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _parent(node: Node) -> str:
    return node.parent.type if node.parent is not None else ""


def _text(node: Node) -> str:
    return (node.text or b"").decode("ascii")


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_pwsh.language()))
