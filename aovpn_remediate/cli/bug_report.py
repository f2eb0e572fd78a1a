"""The file that is written when a command fails in a way that nobody foresaw; without secrets."""

from __future__ import annotations

import os
import re
import tempfile
import traceback
from collections.abc import Mapping

# A JSON web token begins with the base64 of {".
_WEB_TOKEN = re.compile(r"eyJ[\w-]{10,}(\.[\w-]*)*")
_SENT = re.compile(r"(?i)\b((?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?|bearer |basic )[^\s'\"]+")
_IN_ADDRESS = re.compile(r"//[^/\s@]+@")
_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|HEADER|PRINCIPALKEY", re.IGNORECASE)
_SECRET_LOOK = re.compile(r"[^\s/\\:]{16,}")  # the config may name any variable in secret_env
_SHORTEST = 8
"""Characters; a shorter value, such as ``True``, is found in every text."""


def write_report(error: BaseException) -> str:
    """Write an error with its traceback into a temporary file of this account; returns the path."""
    text = without_secrets("".join(traceback.format_exception(error)), os.environ)
    with tempfile.NamedTemporaryFile(
        "w", prefix="remediate-", suffix=".log", delete=False, encoding="utf-8", errors="backslashreplace"
    ) as log:
        log.write(text)
    return log.name


def without_secrets(text: str, environment: Mapping[str, str]) -> str:
    """Return a text without tokens, and without the values of the variables that hold secrets.

    Where the text of an error comes from a library, nobody knows what is in it.
    """
    for value in sorted(_secret_values(environment), key=len, reverse=True):
        text = text.replace(value, "***").replace(repr(value)[1:-1], "***")
    text = _SENT.sub(r"\1***", _WEB_TOKEN.sub("***", text))
    return _IN_ADDRESS.sub("//***@", text)


def _secret_values(environment: Mapping[str, str]) -> set[str]:
    found: set[str] = set()
    for name, value in environment.items():
        text = value.strip()
        if len(text) >= _SHORTEST and (_SECRET_NAME.search(name) or _SECRET_LOOK.fullmatch(text)):
            found |= {value, text}
    return found
