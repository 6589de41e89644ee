"""pcaps/recorded/starttls_*: openssl s_client -starttls against a server that speaks each protocol so far (TLS 1.2)."""

from __future__ import annotations

from captures.recording import NAME, SERVER, Recording, program, python, steps

#: protocol as s_client calls it -> its port and what is in front of TLS
PROTOCOLS = {
    "smtp": (25, "EHLO, STARTTLS (RFC 3207)"),
    "pop3": (110, "STLS (RFC 2595)"),
    "imap": (143, "CAPABILITY, STARTTLS (RFC 9051)"),
    "ftp": (21, "AUTH TLS (RFC 4217)"),
    "xmpp": (5222, "stream features, starttls, proceed (RFC 6120)"),
    "ldap": (389, "ExtendedRequest 1.3.6.1.4.1.1466.20037 (RFC 4511)"),
    "postgres": (5432, "SSLRequest, answered with S"),
    "mysql": (3306, "the server's greeting, SSLRequest"),
}


REFUSED = f"""
import smtplib
with smtplib.SMTP("{SERVER}", 25, "{NAME}") as peer:
    try:
        peer.starttls()
    except smtplib.SMTPResponseException:
        pass
"""


def recording(name: str, shows: str, protocol: str, port: int, finds: dict[str, str], *more: str) -> Recording:
    """s_client and programs/starttls_server.py."""
    server = program("starttls_server", SERVER, str(port), protocol, *more)
    name_for = f"-name {NAME}" if protocol == "xmpp" else ""
    dialled = f"openssl s_client -connect {SERVER}:{port} -servername {NAME} -CAfile root.pem -starttls {protocol} {name_for}"
    client = python(REFUSED) if more else steps(f"(echo hello; sleep 1) | {dialled}")
    before = [program("authority")]
    return Recording(f"starttls_{name}", shows, client, [server], before=before, modules=("cryptography",), finds=finds)


RECORDINGS = [
    recording(protocol, f"{protocol}: {shows}, then TLS 1.2 with SNI {NAME}", protocol, port, {f"tcp.port == {port}": "some"})
    for protocol, (port, shows) in PROTOCOLS.items()
] + [
    recording(
        "refused",
        "smtp: STARTTLS is refused with 454, the talk goes on without TLS (Python's smtplib)",
        "smtp",
        25,
        {"tcp.port == 25": "some"},
        "refuse",
    )
]
