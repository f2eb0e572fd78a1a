"""Certificates of an app: RSA or EC, valid or not, as PEM and as PFX."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class AppCertificate:
    """A certificate with its key; ``public`` is what an app registers, ``pem`` has both."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def public(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def key_pem(self, password: str = "") -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _encryption(password)
        ).decode()

    def pem_file(self, folder: Path, name: str = "app.pem", password: str = "") -> Path:
        """Write the key and the certificate into one PEM file."""
        path = folder / name
        path.write_text(self.key_pem(password) + self.public, encoding="ascii")
        return path

    def pfx_file(self, folder: Path, name: str = "app.pfx", password: str = "") -> Path:
        """Write the key and the certificate into a PFX file."""
        path = folder / name
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"app", self.key, self.certificate, None, _encryption(password)
            )
        )
        return path


@cache
def app_certificate(kind: str = "rsa", days: float = 365) -> AppCertificate:
    """Return a self-signed certificate that ends in ``days``; a negative number: it has ended."""
    key = rsa_key(kind) if kind.startswith("rsa") else ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app.contoso.example")])
    end = datetime.now(UTC) + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(end, datetime.now(UTC)) - timedelta(days=400))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return AppCertificate(key, certificate)


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Return the RSA key of this name, made once in this process."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _encryption(password: str) -> serialization.KeySerializationEncryption:
    if password:
        return serialization.BestAvailableEncryption(password.encode())
    return serialization.NoEncryption()
