"""What looks like a secret: the name of a key, or a text that was pasted."""

from __future__ import annotations

import re

_KEY = re.compile(r"secret|passw|pass_?phrase|pwd|token|cert|private_?key|api_?key", re.IGNORECASE)
_TEXT = re.compile(
    r"-----BEGIN "  # PEM
    r"|^eyJ[\w-]{5}"  # a token: JSON in Base64
    r"|^MI[A-Za-z0-9+/=\s]{60}"  # a key or a PFX: DER in Base64
    r"|\dQ~[\w.~-]{20}"  # a client secret of Entra. Source: gitleaks, rule azure-ad-client-secret.
    r"|^[A-Za-z0-9+/]{24,}=+$"
    r"|^[0-9A-Fa-f]{33,}$"  # longer than a GUID
)
_RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=(.*[0-9]){3})[A-Za-z0-9]{24,}")


def is_secret_key(key: str) -> bool:
    """Return whether the value of a key with this name is probably a secret."""
    return _KEY.search(key) is not None


def is_secret_text(text: str) -> bool:
    """Return whether a text is probably a secret, a token, or the content of a key file."""
    return bool(_TEXT.search(text.strip()) or _RANDOM.fullmatch(text.strip()))
