"""What differs between the types of files that people write: the config, and client files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class FileType:
    """The codes and words of a type of file, and what its YAML may contain.

    ``secret_key`` is the code for a key that looks like a secret, if the file must not contain one. ``hints``
    is advice for a key in the wrong place. ``forms`` says for a key what its value is, with an example, and
    ``samples`` what to add if the key is missing. ``first_keys`` says which keys a file starts with.
    What is below the key ``private_section`` is not shown in any message.
    """

    unknown_key: str
    missing_key: str
    choose_file: str
    example: str
    hints: Mapping[str, str]
    forms: Mapping[str, tuple[str, str]]
    samples: Mapping[str, str] = field(default_factory=dict)
    first_keys: str = ""
    secret_key: str = ""
    private_section: str = ""
    accepts_aliases: bool = False
    accepts_binary: bool = False
    reads_dates: bool = True
