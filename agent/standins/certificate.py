"""A certificate for the stand-ins that are reached over TLS: made when their process starts, gone when it ends."""

import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
_LIFE = timedelta(days=2)
_PEM = serialization.Encoding.PEM


def made() -> tuple[ssl.SSLContext, str]:
    """A server's context with a fresh certificate for `HOST`, and the certificate as PEM for its clients."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The standard library takes a key from a file alone; this one is gone before anything is served with it.
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder) / "stand-in.pem"
        chain.touch(mode=0o600)
        chain.write_bytes(private + certificate.public_bytes(_PEM))
        context.load_cert_chain(chain)
    return context, certificate.public_bytes(_PEM).decode()
