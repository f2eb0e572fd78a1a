"""Rendered files on disk: written whole or not at all, and compared with what should be there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aovpn_remediate.errors import OutputError


def write_files(folder: Path, files: Mapping[str, bytes | None]) -> list[str]:
    """Make the folder hold these files and return the paths that had to change.

    Paths are relative with forward slashes; ``None`` means that there must be no such file. Each file is
    replaced in one step, and nothing is written before every folder is known to be writable.
    """
    changed = differing_files(folder, files)
    with _readable_errors():
        for parent in sorted({(folder / path).parent for path in changed}):
            parent.mkdir(parents=True, exist_ok=True)
            _probe(parent)
        for path in changed:
            content = files[path]
            if content is None:
                (folder / path).unlink()
            else:
                _replace(folder / path, content)
    return changed


def differing_files(folder: Path, files: Mapping[str, bytes | None]) -> list[str]:
    """Return the paths whose content on disk is not the given one."""
    with _readable_errors():
        return [path for path, content in files.items() if _read(folder / path) != content]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _probe(folder: Path) -> None:
    probe = folder / f".{secrets.token_hex(8)}.tmp"
    probe.touch(exist_ok=False)
    probe.unlink()


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise OutputError(f"{_file_in(error.filename)}: is a file; name a folder for the output") from error
    except FileNotFoundError as error:
        raise OutputError(f"{error.filename}: no such file or directory; name another folder") from error
    except OSError as error:
        advice = "close the program that has it open, name another folder, or change its permissions"
        reason = (error.strerror or "cannot be written").lower()
        # Of a replacement, the second name is the file that is in the way.
        raise OutputError(f"{error.filename2 or error.filename}: {reason}; {advice}") from error


def _file_in(name: str) -> Path:
    """The part of a path that is a file where a folder should be."""
    path = Path(name)
    for one in (path, *path.parents):
        if one.is_file():
            return one
    return path
