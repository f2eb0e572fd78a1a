"""An answer of the login service made into one message; pure.

Texts of the service are untrusted: they are cleaned and cut. Nothing that was sent is ever quoted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.answer import shorten
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.entra_codes import (
    BY_NAME,
    CONSENT,
    DEVICE_CODE_BLOCKED,
    FEDERATED,
    MEANINGS,
)
from aovpn_remediate.wording import all_of

_AADSTS = re.compile(r"AADSTS(\d{4,9})\b")
_TRAILER = re.compile(r"\s*(Trace ID|Correlation ID|Timestamp):.*", re.DOTALL | re.IGNORECASE)
_CORRELATION = re.compile(r"Correlation ID:\s*([0-9a-f-]{36})\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"\.(?=\s|$)")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NO_CODE = 10**9
_FIELDS = {"iss": "issuer", "sub": "subject", "aud": "audience"}


def tried(sign_in: SignIn) -> str:
    """Return what was tried, e.g. ``sign-in by secret (AZURE_CLIENT_SECRET)``; names only."""
    sources = [value.source for what, value in sign_in.values.items() if what != "password"]
    return f"sign-in by {sign_in.method}" + (f" ({all_of(sources)})" if sources else "")


def refused(
    sign_in: SignIn,
    answer: Mapping[str, object],
    *,
    sent: Mapping[str, str] | None = None,
    asked: Sequence[str] = (),
) -> SignInError:
    """Return the error for a refusal of the login service.

    ``sent`` has the issuer, subject and audience of the federated assertion that was sent, ``asked`` the
    permissions that a person was asked for: both are shown with the refusals that are about them.
    """
    code, name = code_of(answer), shorten(_text(answer.get("error")))
    description = _without_values(sign_in, _text(answer.get("error_description")))
    cause, advice = MEANINGS.get(code) or BY_NAME.get(name) or (_first_sentence(description), "")
    said = f"AADSTS{code}" if code else name
    if not said:
        return _without_reason(sign_in)
    advice = advice or f"search for {said} in Microsoft's documentation, or ask your administrator"
    if code == 53003 and sign_in.method == "device-code":
        advice = DEVICE_CODE_BLOCKED
    if code == 7000215 and _GUID.fullmatch(sign_in.value("secret")):
        cause += ": it has the form of a secret's id"
    lines = [f"{tried(sign_in)}: {cause or 'refused'} ({said}); {advice}{_correlation(answer)}"]
    if code in CONSENT and asked:
        lines.append(f"  permissions asked for: {', '.join(asked)}")
    if code in FEDERATED and sent:
        lines += [f"  {_FIELDS[claim]}: {shorten(sent.get(claim, ''))}" for claim in _FIELDS]
    return SignInError("\n".join(lines), code=said)


def _without_values(sign_in: SignIn, text: str) -> str:
    """A text without anything that was sent, in case that the service repeats it."""
    for value in sign_in.values.values():
        text = text.replace(value.text, "***")
    return text


def _without_reason(sign_in: SignIn) -> SignInError:
    host = urlsplit(sign_in.hosts.login).netloc
    return SignInError(
        f"{tried(sign_in)}: the answer of {host} has no token and no reason; check the address, and whether "
        "a proxy answers in its place"
    )


def code_of(answer: Mapping[str, object]) -> int:
    """Return the AADSTS number of an error, 0 without one."""
    codes = answer.get("error_codes")
    if isinstance(codes, list) and codes and type(codes[0]) is int and 0 < codes[0] < _NO_CODE:
        return codes[0]
    match = _AADSTS.search(_text(answer.get("error_description")))
    return int(match[1]) if match else 0


def _first_sentence(description: str) -> str:
    """Microsoft's own first sentence, without the code and the ids behind it."""
    text = _TRAILER.sub("", _AADSTS.sub("", description, count=1)).lstrip(": ")
    end = _SENTENCE_END.search(text)
    return shorten(text[: end.start()] if end else text)


def _correlation(answer: Mapping[str, object]) -> str:
    found = shorten(_text(answer.get("correlation_id")))
    if not found:  # what a browser brings back has it in the text alone
        in_text = _CORRELATION.search(_text(answer.get("error_description")))
        found = in_text[1] if in_text else ""
    return f"; correlation id {found}" if found else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
