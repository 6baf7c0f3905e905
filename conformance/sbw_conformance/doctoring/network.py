"""Does anything answer: name, connection, encryption, HTTP, and is its clock right."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from urllib.parse import urljoin

from sbw_conformance.doctoring.diagnosis import Diagnosis, State, fine, unknown, wrong
from sbw_conformance.doctoring.visit import Visit
from sbw_conformance.target import origin_of
from sbw_validator.findings import printable

CLOCK_SECONDS = 30
"""How far two clocks may be apart; `Date` counts whole seconds."""

RENEW_DAYS = 14
"""Days before its end from which a certificate is worth a word."""

UNTRUSTED = {
    9: (
        "is not valid yet",
        "Is the clock of this machine right? Else wait, or install the certificate that is due.",
    ),
    10: ("has expired", "Renew the certificate of the provider, and reload the server."),
    18: (
        "is signed by itself, so that nobody can tell whose it is",
        "Install one of a certificate authority, or trust this one: export SSL_CERT_FILE=its.pem",
    ),
    19: (
        "is of a certificate authority that this machine does not know",
        "If the authority is your own: export SSL_CERT_FILE=authority.pem",
    ),
    20: (
        "is of an issuer that is not known here",
        (
            "Let the server send the intermediate certificate too; if the authority is your own: "
            "export SSL_CERT_FILE=authority.pem"
        ),
    ),
    62: ("is not for this host", "Use the host that it names, or get one that names this host."),
}
"""What OpenSSL says of a certificate (X509_V_ERR_*), in words, and what to do."""

NO_TLS = {
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
}
"""What OpenSSL says where text comes in place of a handshake."""

SAME = {2: 20, 21: 20, 64: 62}
"""Codes of the same meaning."""


def name(visit: Visit) -> Diagnosis:
    """Whether the host of the base has an address."""
    try:
        addresses = _addresses(visit)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return wrong(
            f"The name {visit.host} leads nowhere: {reason}.",
            "Is it spelled right, and does it resolve on this machine, inside this network?",
        )
    return fine(f"{visit.host} is {', '.join(addresses)}.")


def connection(visit: Visit) -> Diagnosis:
    """Whether something takes connections at host and port."""
    place = f"{visit.host}, port {visit.port}"
    try:
        with _connected(visit):
            return fine(f"Something listens at {place}.")
    except TimeoutError:
        return wrong(
            f"Nothing answers at {place} within {visit.client.connect_seconds:g} s.",
            "Does a firewall stand between, and is the port right?",
        )
    except OSError as error:
        return wrong(
            f"Nothing listens at {place}: {error.strerror or error}.",
            "Is the provider running, and are host and port right?",
        )


def encryption(visit: Visit) -> Diagnosis:
    """Whether what travels is encrypted, with a certificate that proves who is there."""
    if not visit.is_secure:
        return _in_clear(visit)
    context = ssl.create_default_context()
    try:
        with (
            _connected(visit) as plain,
            context.wrap_socket(plain, server_hostname=visit.host) as secure,
        ):
            return _certified(secure)
    except ssl.SSLCertVerificationError as error:
        code = SAME.get(error.verify_code, error.verify_code)
        usual = (f"is not trusted: {error.verify_message}", "Look at it with openssl s_client.")
        what, advice = UNTRUSTED.get(code, usual)
        return wrong(f"The certificate of {visit.host} {what}.", advice)
    except (OSError, UnicodeError) as error:
        return _no_handshake(visit, error)


def _addresses(visit: Visit) -> list[str]:
    found = socket.getaddrinfo(visit.host, visit.port, type=socket.SOCK_STREAM)
    return sorted({str(row[4][0]) for row in found})


def _connected(visit: Visit) -> socket.socket:
    return socket.create_connection((visit.host, visit.port), visit.client.connect_seconds)


def _in_clear(visit: Visit) -> Diagnosis:
    if any(ip_address(address.partition("%")[0]).is_global for address in _addresses(visit)):
        return wrong(
            f"{visit.target.base} is not encrypted: everybody on the way can read the tokens.",
            "Use https://, with tokens that were never sent without it.",
        )
    return fine("Not encrypted, which is well inside a machine or a network of one's own.")


def _certified(secure: ssl.SSLSocket) -> Diagnosis:
    said = (secure.getpeercert() or {}).get("notAfter")
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(said)), UTC)
    advice = ""
    if until - datetime.now(UTC) < timedelta(days=RENEW_DAYS):
        advice = "It ends soon; renew it."
    return fine(f"{secure.version()}, with a certificate until {until:%Y-%m-%d}.", advice)


def _no_handshake(visit: Visit, error: Exception) -> Diagnosis:
    reason = getattr(error, "reason", None) or ""
    clear = f"http://{visit.target.base.partition('://')[2]}"
    if reason in NO_TLS or visit.get(f"{clear}/").failure is None:
        return wrong(
            f"{visit.host}, port {visit.port}, does not speak TLS.",
            f"Is it {clear}, or another port?",
        )
    if reason in {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"}:
        return wrong(
            f"{visit.host} speaks only versions of TLS that are no longer secure.",
            "Let the server speak TLS 1.2 or 1.3.",
        )
    told = reason.replace("_", " ").lower() or getattr(error, "strerror", None) or str(error)
    return wrong(
        f"{visit.host} does not get through with the handshake of TLS: {told}.",
        f"Look at it: openssl s_client -connect {visit.host}:{visit.port}",
    )


def answer(visit: Visit) -> Diagnosis:
    """Whether HTTP is spoken at the base."""
    got = visit.landing
    place = f"{visit.target.base}/"
    if got.failure is None:
        return fine(f"{place} answers with status {got.status}.")
    advice = f"Is the provider running, and are host, port and scheme right? Try: curl -i {place}"
    if not visit.is_secure and _speaks_tls(visit):
        advice = f"It speaks TLS: use https://{visit.target.base.partition('://')[2]}"
    return wrong(f"Nothing answers at {place}: {got.failure}.", advice)


def _speaks_tls(visit: Visit) -> bool:
    """Whether TLS is spoken where http was asked for; whose certificate it is does not matter."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            _connected(visit) as plain,
            context.wrap_socket(plain, server_hostname=visit.host),
        ):
            return True
    except (OSError, UnicodeError):
        return False


def unreachable(visit: Visit) -> Diagnosis | None:
    """Why nothing answers HTTP at the base, as near to the cause as can be; None if it does."""
    last = answer(visit)
    if last.state is not State.WRONG:
        return None
    for question in (name, connection, encryption) if visit.is_secure else (name, connection):
        found = question(visit)
        if found.state is State.WRONG:
            return found
    return last


def redirect(visit: Visit) -> Diagnosis:
    """Whether the base answers itself, or sends elsewhere."""
    got = visit.landing
    place = f"{visit.target.base}/"
    if not 300 <= got.status < 400:
        return fine(f"{place} answers itself.")
    location = got.header("location") or ""
    try:
        location = urljoin(place, location)
        elsewhere = origin_of(location) != visit.target.origin
    except ValueError:
        elsewhere = False
    whose = ", at another origin, which no token is sent to" if elsewhere else ""
    return wrong(
        f"{place} answers with status {got.status} and leads to {printable(location)}{whose}.",
        "The suite follows no redirects. If that is the API, make it the target; "
        "if it is a page to log in, this is not the address of an API.",
    )


def clock(visit: Visit) -> Diagnosis:
    """Whether the provider's clock and that of this machine agree."""
    said = visit.landing.header("date")
    try:
        there = parsedate_to_datetime(said or "")
    except ValueError:
        return unknown(
            "The answer has no Date header that can be read, so that its clock is not known.",
            "Let the server send Date (RFC 9110, section 6.6.1).",
        )
    there = there if there.tzinfo else there.replace(tzinfo=UTC)
    apart = (there - visit.landed_at).total_seconds()
    if abs(apart) <= CLOCK_SECONDS:
        return fine("Its clock and that of this machine agree.")
    which = "ahead of" if apart > 0 else "behind"
    return wrong(
        f"The clock of the provider is {abs(apart):.0f} s {which} that of this machine.",
        "Set both by NTP; tokens and timestamps are judged by them.",
    )
