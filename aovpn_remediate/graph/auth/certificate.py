"""The certificate file of an app: everything that can be wrong with it is found before a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.explain import tried
from aovpn_remediate.graph.auth.variables import CERTIFICATE_PASSWORD, Value

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

_LONGEST = 1024 * 1024
_NO_KEY = "the file has a certificate without a private key; put the key into the same file, or export a PFX"


@dataclass(frozen=True)
class Loaded:
    """A certificate with its key, as msal wants them, and when it ends."""

    credential: dict[str, str] = field(repr=False)
    ends: datetime


def load_certificate(sign_in: SignIn) -> Loaded:
    """Return the certificate of a PEM or PFX file; raises ``SignInError`` that says what is wrong with it."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    where = tried(sign_in)
    content = _read(Path(sign_in.value("certificate")), where)
    password = sign_in.values.get("password")
    key, certificate = _parsed(content, password, where)
    if not isinstance(key, RSAPrivateKey):
        raise SignInError(
            f"{where}: the key is not an RSA key, and only RSA keys can sign in; make a new certificate"
        )
    if certificate.public_key() != key.public_key():
        raise SignInError(
            f"{where}: the key does not belong to the certificate; put the right key into the file"
        )
    ends = certificate.not_valid_after_utc
    if ends < datetime.now(UTC):
        raise SignInError(
            f"{where}: the certificate ended on {ends:%Y-%m-%d}; make a new one and upload it to the app"
        )
    return Loaded(_credential(key, certificate), ends)


def _read(path: Path, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST)
    except FileNotFoundError:
        raise SignInError(f"{where}: the certificate file does not exist; correct the path") from None
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise SignInError(
            f"{where}: the certificate file cannot be read ({reason}); correct the path"
        ) from None
    if not content:
        raise SignInError(
            f"{where}: the certificate file is empty; export the certificate with its key again"
        )
    return content


def _parsed(content: bytes, password: Value | None, where: str) -> tuple[PrivateKeyTypes, Certificate]:
    if b"-----BEGIN " in content:
        return _from_pem(content, password, where)
    return _from_pfx(content, password, where)


def _from_pem(content: bytes, password: Value | None, where: str) -> tuple[PrivateKeyTypes, Certificate]:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"PRIVATE KEY-----" not in content:
        raise SignInError(f"{where}: {_NO_KEY}")
    if b"-----BEGIN CERTIFICATE-----" not in content:
        raise SignInError(
            f"{where}: the file has a key without a certificate; put the certificate into the same file"
        )
    is_encrypted = b"ENCRYPTED" in content
    try:
        key = load_pem_private_key(content, _bytes_of(password) if is_encrypted else None)
        certificates = x509.load_pem_x509_certificates(content)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _unreadable(where, password, wants_password=is_encrypted) from None
    for certificate in certificates:
        if certificate.public_key() == key.public_key():
            return key, certificate
    return key, certificates[0]


def _from_pfx(content: bytes, password: Value | None, where: str) -> tuple[PrivateKeyTypes, Certificate]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    try:
        key, certificate, _ = load_key_and_certificates(content, _bytes_of(password))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if _is_bare(content):
            raise SignInError(f"{where}: {_NO_KEY}") from None
        raise _unreadable(where, password, wants_password=True) from None
    if key is None or certificate is None:
        raise SignInError(f"{where}: the file has no certificate with a private key; export it with the key")
    return key, certificate


def _is_bare(content: bytes) -> bool:
    """Whether this is a certificate alone, as a .cer file has it."""
    from cryptography import x509

    try:
        x509.load_der_x509_certificate(content)
    except ValueError:
        return False
    return True


def _bytes_of(password: Value | None) -> bytes | None:
    return None if password is None else password.text.encode()


def _unreadable(where: str, password: Value | None, *, wants_password: bool) -> SignInError:
    variable = CERTIFICATE_PASSWORD[0] if password is None else password.source
    if wants_password and password is None:
        text = f"the file needs a password, or is not a PEM or PFX file; set {variable}, or correct the path"
    elif wants_password:
        text = f"the password is wrong, or the file is not a PEM or PFX file; correct {variable} or the path"
    else:
        text = "the file is not a valid PEM or PFX file; export the certificate with its key again"
    return SignInError(f"{where}: {text}")


def _credential(key: PrivateKeyTypes, certificate: Certificate) -> dict[str, str]:
    """The form of msal that signs with SHA-256 and sends the certificate along."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = certificate.public_bytes(Encoding.PEM)
    return {"private_key": pem.decode("ascii"), "public_certificate": public.decode("ascii")}
