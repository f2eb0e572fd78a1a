"""How an app proves who it is: a secret, an assertion signed by its certificate, or a federated one.

Source: Microsoft Entra documentation, certificate credentials and workload identity federation.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aovpn_remediate.simulator.login.directory import App, Trust
from aovpn_remediate.simulator.login.entra import EntraError
from aovpn_remediate.simulator.login.tokens import UNTIMED, is_in_time

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLOCK_SKEW: Final = 300
_SECRET_CODE, _NO_CREDENTIAL = 7000218, 7000216


@dataclass(frozen=True)
class Desk:
    """Where a credential is shown: the audiences that an assertion may name, and the time there."""

    audiences: list[str]
    now: float


def check_credential(app: App, form: Mapping[str, str], at: Desk, *, is_app: bool) -> None:
    """Refuse a request whose app does not prove who it is; a public app need not for a person's tokens."""
    assertion, secret = form.get("client_assertion", ""), form.get("client_secret", "")
    if assertion:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise EntraError(900144, "client_assertion_type")
        _check_assertion(app, assertion, at)
    elif secret:
        _check_secret(app, secret)
    elif is_app:
        raise EntraError(_NO_CREDENTIAL)
    elif not app.is_public:
        raise EntraError(_SECRET_CODE)


def _check_secret(app: App, text: str) -> None:
    for secret in app.secrets:
        if secret.text == text:
            if secret.is_ended:
                raise EntraError(7000222)
            return
    raise EntraError(7000215)


def _check_assertion(app: App, assertion: str, at: Desk) -> None:
    import jwt

    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise EntraError(50013, "not a signed JSON Web Token") from error
    if "x5t" in header or "x5t#S256" in header or claims.get("iss") == app.client_id:
        _check_certificate(app, assertion, header, claims, at)
    else:
        _check_federated(app, assertion, claims, at)


def _check_certificate(
    app: App, assertion: str, header: Mapping[str, Any], claims: Mapping[str, Any], at: Desk
) -> None:
    certificate = _registered(app, header)
    ids = {str(claims.get("iss")).lower(), str(claims.get("sub")).lower()}
    if ids != {app.client_id.lower()}:
        raise EntraError(700021)
    _verify(assertion, certificate.public_key(), at, wrong_key=700027, wrong_audience=700023)


def _registered(app: App, header: Mapping[str, Any]) -> Certificate:
    """The app's certificate that a header names; the chain in ``x5c`` has to begin with it."""
    from cryptography import x509

    for pem in app.certificates:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        if not _is_named(certificate, header):
            continue
        if certificate.not_valid_after_utc < datetime.now(UTC):
            raise EntraError(700027, "the certificate has expired")
        return certificate
    raise EntraError(700027)


def _is_named(certificate: Certificate, header: Mapping[str, Any]) -> bool:
    from cryptography.hazmat.primitives.serialization import Encoding

    der = certificate.public_bytes(Encoding.DER)
    chain = header.get("x5c")
    first = chain[0] if isinstance(chain, list) and chain else None
    if first is not None and "".join(str(first).split()) != base64.b64encode(der).decode():
        return False
    if "x5t#S256" in header:
        return _is_thumbprint(header["x5t#S256"], hashlib.sha256(der).digest())
    return _is_thumbprint(header.get("x5t"), hashlib.sha1(der, usedforsecurity=False).digest())


def _is_thumbprint(text: object, digest: bytes) -> bool:
    """Whether a header has this digest, with or without padding: MSAL pads, RFC 7515 does not."""
    return str(text).rstrip("=") == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _check_federated(app: App, assertion: str, claims: Mapping[str, Any], at: Desk) -> None:
    trust = _trusted(app, claims)
    _verify(
        assertion, trust.key, replace(at, audiences=[trust.audience]), wrong_key=50013, wrong_audience=700212
    )


def _trusted(app: App, claims: Mapping[str, Any]) -> Trust:
    """The app's federated credential that fits an assertion, with upper and lower case as they are."""
    if not app.federated:
        raise EntraError(70021)
    of_issuer = [trust for trust in app.federated if trust.issuer == claims.get("iss")]
    if not of_issuer:
        raise EntraError(700211, f"issuer {claims.get('iss')}")
    of_subject = [trust for trust in of_issuer if trust.subject == claims.get("sub")]
    if not of_subject:
        raise EntraError(700213, f"subject {claims.get('sub')}")
    return of_subject[0]


def _verify(assertion: str, key: Any, at: Desk, *, wrong_key: int, wrong_audience: int) -> None:
    import jwt

    try:
        claims = jwt.decode(
            assertion, key, algorithms=["RS256", "PS256"], audience=at.audiences, options=UNTIMED
        )
    except (jwt.InvalidAudienceError, jwt.MissingRequiredClaimError) as error:
        raise EntraError(wrong_audience) from error
    except jwt.PyJWTError as error:
        raise EntraError(wrong_key) from error
    if not is_in_time(claims, at.now, _CLOCK_SKEW):
        raise EntraError(700024)
