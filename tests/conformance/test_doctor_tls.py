"""Each thing that can be wrong with TLS has a sentence of its own; the certificates are real."""

import json
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.conformance.support import (
    Asked,
    Handler,
    Reply,
    Server,
    http_answer,
    landing,
    problem,
    same,
    sbw,
    with_tokens,
)
from tests.conformance.visits import provider_of, states

from sbw_conformance.doctoring.diagnosis import State
from sbw_conformance.suite import Options, judge
from sbw_conformance.target import UnreachableError

DAY = timedelta(days=1)
PLAIN = serialization.NoEncryption()


def name_of(text: str) -> x509.Name:
    """A name of one attribute."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate as it stands in a file."""
    return certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class Authority:
    """Whoever signs certificates; its own is signed by itself."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, name: str) -> Self:
        """A new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(key, signed(name, key, name, key, is_authority=True))

    def issue(
        self, folder: Path, host: str = "localhost", days: tuple[int, int] = (-1, 90)
    ) -> ssl.SSLContext:
        """What a server needs that shows a certificate for a host, valid between two days."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject.rfc4514_string().removeprefix("CN=")
        return context_of(folder, key, signed(host, key, issuer, self.key, days))


def signed(  # noqa: PLR0913  # a certificate says that much
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    days: tuple[int, int] = (-1, 90),
    *,
    is_authority: bool = False,
) -> x509.Certificate:
    """A certificate of a name and its key."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(name))
        .issuer_name(name_of(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def context_of(
    folder: Path, key: ec.EllipticCurvePrivateKey, *chain: x509.Certificate
) -> ssl.SSLContext:
    """What a server needs that shows these certificates."""
    file = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, PLAIN
    )
    file.write_bytes(private + b"".join(map(pem, chain)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class SecureServer(Server):
    """A server that speaks TLS at localhost."""

    def __init__(self, handler: Handler, context: ssl.SSLContext) -> None:
        super().__init__(handler)
        self._context = context

    def __enter__(self) -> Self:
        super().__enter__()
        self.url = f"https://localhost:{self.url.rpartition(':')[2]}"
        return self

    def _serve(self, connection: socket.socket) -> None:
        try:
            secure = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        super()._serve(secure)


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Give the authority that this machine trusts."""
    return Authority.made("Trusted Authority")


@pytest.fixture(autouse=True)
def _trusted(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the authority, and no other one."""
    file = tmp_path / "authority.pem"
    file.write_bytes(pem(authority.certificate))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


def served(context: ssl.SSLContext) -> SecureServer:
    """A server with a landing page."""

    def answer(asked: Asked) -> Reply:
        page = json.dumps(landing(server.url))
        return http_answer(200, page) if asked.path == "/" else problem(404)

    server = SecureServer(answer, context)
    return server  # the handler needs its name


@pytest.mark.parametrize(("days", "advice"), [(90, ""), (5, "It ends soon; renew it.")])
def test_a_certificate_that_is_trusted_is_well(
    days: int, advice: str, authority: Authority, tmp_path: Path
) -> None:
    """All that answers over https is in order; an end that is near is worth a word."""
    with served(authority.issue(tmp_path, days=(-1, days))) as server:
        found = provider_of(with_tokens(server.url))
    assert found["encryption"].says.startswith("TLSv1.3, with a certificate until 2")
    assert found["encryption"].advice == advice
    assert State.WRONG not in states(found)


def self_signed(_: Authority, folder: Path) -> ssl.SSLContext:
    """A server whose certificate nobody but itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    return context_of(folder, key, signed("localhost", key, "localhost", key))


def of_a_stranger(_: Authority, folder: Path, *, with_root: bool = False) -> ssl.SSLContext:
    """A server whose certificate an authority has signed that nobody here knows."""
    stranger = Authority.made("Unknown Authority")
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = signed("localhost", key, "Unknown Authority", stranger.key)
    return context_of(folder, key, leaf, *([stranger.certificate] if with_root else []))


Made = Callable[[Authority, Path], ssl.SSLContext]

UNTRUSTED: dict[str, tuple[Made, str, str]] = {
    "expired": (
        lambda authority, folder: authority.issue(folder, days=(-30, -1)),
        "has expired",
        "Renew the certificate",
    ),
    "not yet valid": (
        lambda authority, folder: authority.issue(folder, days=(2, 30)),
        "is not valid yet",
        "Is the clock of this machine right?",
    ),
    "another host": (
        lambda authority, folder: authority.issue(folder, "api.example.com"),
        "is not for this host",
        "Use the host that it names",
    ),
    "self-signed": (self_signed, "is signed by itself", "export SSL_CERT_FILE=its.pem"),
    "unknown issuer": (of_a_stranger, "is of an issuer that is not known here", "intermediate"),
    "unknown root": (
        partial(of_a_stranger, with_root=True),
        "is of a certificate authority that this machine does not know",
        "export SSL_CERT_FILE=authority.pem",
    ),
}


@pytest.mark.parametrize(("made", "says", "advice"), UNTRUSTED.values(), ids=UNTRUSTED.keys())
def test_a_certificate_that_is_not_trusted_is_explained(
    made: Made, says: str, advice: str, authority: Authority, tmp_path: Path
) -> None:
    """One sentence for each reason; the suite itself refuses it for the same one."""
    with served(made(authority, tmp_path)) as server:
        target = with_tokens(server.url)
        found = provider_of(target)
        with pytest.raises(UnreachableError) as caught:
            judge(target, Options())
    assert found["encryption"].says.startswith(f"The certificate of localhost {says}")
    assert advice in found["encryption"].advice
    assert states(found)[State.WRONG] == {"encryption"}
    assert found["answer"].state is State.SKIPPED
    assert caught.value.message == found["encryption"].says


class Raw(Server):
    """A server that answers the first bytes of a handshake with these, and ends it."""

    def __init__(self, reply: bytes) -> None:
        super().__init__(lambda _: reply)
        self._reply = reply

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.recv(4096)
            connection.sendall(self._reply)


@pytest.mark.parametrize("kind", ["closes", "complains"])
def test_https_where_only_http_is_spoken_is_told(kind: str) -> None:
    """The scheme of the target is wrong, whatever a server does with a handshake."""
    with same(200, "{}") if kind == "closes" else Raw(http_answer(400)) as server:
        base = server.url.replace("http://", "https://")
        found = provider_of(with_tokens(base))["encryption"]
    assert found.says.endswith(" does not speak TLS.")
    assert f"Is it {server.url}," in found.advice


def test_http_where_only_tls_is_spoken_is_told(authority: Authority, tmp_path: Path) -> None:
    """The scheme of the target is wrong the other way round."""
    with served(authority.issue(tmp_path)) as server:
        base = server.url.replace("https://", "http://")
        found = provider_of(with_tokens(base))
    assert states(found)[State.WRONG] == {"answer"}
    assert found["answer"].advice == f"It speaks TLS: use {server.url}"


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", "versions of TLS that are no longer secure"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "the handshake of TLS: "),
        (b"", "the handshake of TLS: "),
    ],
    ids=["protocol version", "handshake failure", "end"],
)
def test_a_handshake_that_fails_is_told(reply: bytes, says: str) -> None:
    """By an alert of the server (RFC 8446, section 6), or by the end of the connection."""
    with Raw(reply) as server:
        found = provider_of(with_tokens(server.url.replace("http://", "https://")))["encryption"]
    assert says in found.says
    assert found.state is State.WRONG
    assert found.advice


def test_the_commands_exit_3_for_a_certificate(authority: Authority, tmp_path: Path) -> None:
    """No HTTP answer can be had, so nothing is judged; the sentence is the same."""
    with served(authority.issue(tmp_path, days=(-30, -1))) as server:
        given = {"SBW_A1_TOKEN": "some-token", "SSL_CERT_FILE": str(tmp_path / "authority.pem")}
        done = [sbw(name, server.url, cwd=tmp_path, env=given) for name in ("doctor", "test")]
    assert [one.returncode for one in done] == [3, 3]
    assert "The certificate of localhost has expired." in done[0].stdout
    assert "error: The certificate of localhost has expired." in done[1].stderr
