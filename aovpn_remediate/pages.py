"""The documentation that comes with the tool: the pages of docs/ and one page for each kind."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from aovpn_remediate.errors import UsageError


def find_pages() -> dict[str, Path]:
    """Return the file of each page by name: first those of docs/, then those of the kinds."""
    package = Path(__file__).parent
    root = package if (package / "docs").is_dir() else package.parent  # installed, else the source tree
    pages = {path.stem: path for path in sorted((root / "docs").glob("*.md"))}
    kinds = sorted((root / "templates" / "ps1" / "kinds").glob("*/README.md"))
    return pages | {path.parent.name: path for path in kinds}


def read_page(name: str) -> str:
    """Return the text of a page; raises ``UsageError`` with the nearest name for an unknown page."""
    pages = find_pages()
    if name not in pages:
        raise UsageError(f"docs: the page {name} does not exist; {_advice(name, list(pages))}")
    return pages[name].read_text(encoding="utf-8")


def title_of(page: Path) -> str:
    """Return the first heading of a page."""
    first, _, _ = page.read_text(encoding="utf-8").partition("\n")
    return first.removeprefix("# ")


def _advice(name: str, known: list[str]) -> str:
    close = get_close_matches(name.casefold(), known, n=1)
    return f'did you mean "{close[0]}"?' if close else "the pages are " + ", ".join(known)
