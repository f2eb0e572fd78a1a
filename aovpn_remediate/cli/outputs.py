"""Files and folders that a command writes at its end, opened before it does any work."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aovpn_remediate.errors import OutputError

Write = Callable[[bytes], object]


@contextmanager
def output_file(path: Path | None) -> Iterator[Write]:
    """Yield the function that writes a file, which is opened now; without a path it does nothing.

    What is in the file stays until then, and a new file is removed if nothing is written. Raises
    ``OutputError``.
    """
    if path is None:
        yield lambda _: None
        return
    is_new, written = not path.exists(), []
    try:
        file = path.open("ab")
    except OSError as error:
        raise _cannot(path, error, "name a file that can be written") from error

    def write(content: bytes) -> None:
        written.append(content)
        file.truncate(0)
        file.write(content)

    try:
        with file:
            yield write
    finally:
        if is_new and not written:
            path.unlink()


@contextmanager
def output_folder(path: Path | None) -> Iterator[None]:
    """Make a folder and check that files can be written into it; one that stays empty is removed.

    Raises ``OutputError``.
    """
    if path is None:
        yield
        return
    import tempfile

    is_new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise _cannot(path, error, "name a folder that can be written") from error
    try:
        yield
    finally:
        if is_new:
            with contextlib.suppress(OSError):  # it is not empty
                path.rmdir()


def _cannot(path: Path, error: OSError, advice: str) -> OutputError:
    return OutputError(f"{path}: {(error.strerror or 'cannot be written').lower()}; {advice}")
