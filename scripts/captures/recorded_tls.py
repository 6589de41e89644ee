"""pcaps/recorded/tls_* and dtls_*: curl and openssl against nginx and openssl; keys are made for each recording and not kept."""

from __future__ import annotations

from captures.recorded_http import NGINX, NGINX_CONF, PAGE
from captures.recording import NAME, SERVER, Recording, program, steps

CURL = f"curl --silent --max-time 20 --output /dev/null --resolve {NAME}:443:{SERVER} --resolve {NAME}:4433:{SERVER}"
TRUSTED = f"{CURL} --cacert root.pem https://{NAME}/page.html"
OLDER = "--tls-max 1.2"
DIALLED = f"openssl s_client -connect {SERVER}:4433 -servername {NAME} -CAfile root.pem"
HELLO, CERTIFICATE, ALERT = "tls.handshake.type == 1", "tls.handshake.type == 11", "tls.alert_message"


def nginx(certificate: str = "server", options: str = "") -> dict[str, str]:
    """One server on port 443."""
    server = f"listen {SERVER}:443 ssl; root .; ssl_certificate {certificate}.pem; ssl_certificate_key server.key; {options}"
    return {"nginx.conf": f"{NGINX_CONF} server {{ {server} }} }}", "page.html": PAGE}


def s_server(*options: str) -> list[list[str]]:
    """openssl's own server, on a port that says nothing."""
    return [["openssl", "s_server", "-accept", f"{SERVER}:4433", "-cert", "server.pem", "-key", "server.key", *options]]


def recording(name: str, shows: str, client: list[str], finds: dict[str, str], files: dict[str, str] | None = None) -> Recording:
    """curl and nginx."""
    return Recording(
        f"tls_{name}",
        shows,
        client,
        [NGINX],
        before=[program("authority")],
        files=files or nginx(),
        needs=("nginx",),
        modules=("cryptography",),
        finds=finds,
    )


def dialled(
    name: str, shows: str, client: list[str], server: list[list[str]], finds: dict[str, str], files: dict[str, str] | None = None
) -> Recording:
    """openssl s_client and s_server."""
    made = [program("authority")]
    return Recording(name, shows, client, server, before=made, files=files or {}, modules=("cryptography",), finds=finds)


def bad(name: str, shows: str, certificate: str, finds: dict[str, str]) -> Recording:
    """A certificate that curl does not accept, in TLS 1.2 where it can be seen."""
    return recording(name, f"{shows}: curl gives up (TLS 1.2)", steps(f"{TRUSTED} {OLDER}"), finds, nginx(certificate))


EXPIRED = {CERTIFICATE: "some", "tls.alert_message.desc == 45": "some"}
UNKNOWN_CA = {CERTIFICATE: "some", "tls.alert_message.desc == 48": "some"}
MUTUAL = "ssl_verify_client on; ssl_client_certificate root.pem; ssl_verify_depth 2;"

RECORDINGS = [
    recording(
        "1_2",
        "TLS 1.2 with ALPN http/1.1, the whole chain in sight, close_notify",
        steps(f"{TRUSTED} {OLDER} --http1.1"),
        {HELLO: "some", CERTIFICATE: "some", "tls.handshake.extensions_server_name == shop.example": "some"},
    ),
    recording(
        "1_3",
        "TLS 1.3: curl offers h2 and http/1.1, which of them nginx takes is encrypted",
        steps(TRUSTED),
        {HELLO: "some", "tls.handshake.extensions.supported_version == 0x0304": "some", CERTIFICATE: ""},
    ),
    recording(
        "mutual_1_2",
        "TLS 1.2, the server asks for a certificate: the client shows one (chain of two); then has none and gets 400",
        steps(f"{TRUSTED} {OLDER} --cert client.pem --key client.key", f"{TRUSTED} {OLDER}"),
        {"tls.handshake.type == 13": "some", "tls.handshake.type == 15": "some", "tcp.stream == 1 && tls": "some"},
        nginx(options=MUTUAL),
    ),
    recording(
        "mutual_1_3",
        "the same in TLS 1.3: nothing of it can be seen",
        steps(f"{TRUSTED} --cert client.pem --key client.key"),
        {"tls.handshake.type == 13": "", HELLO: "some"},
        nginx(options=MUTUAL),
    ),
    bad("missing_intermediate", "the server sends only its own certificate", "leaf", UNKNOWN_CA),
    bad("self_signed", "the certificate is signed by itself", "self", UNKNOWN_CA),
    bad(
        "expired", "the certificate ended ten days ago", "expired", {CERTIFICATE: "some", "tls.alert_message.desc == 45": "some"}
    ),
    bad("future", "the certificate begins in ten days", "future", {CERTIFICATE: "some", ALERT: "some"}),
    bad("wrong_name", "the certificate is for other.example, the SNI is shop.example", "other", {CERTIFICATE: "some"}),
    recording(
        "no_version",
        "the client speaks at most TLS 1.2, the server only 1.3: alert protocol_version",
        steps(f"{TRUSTED} {OLDER}"),
        {"tls.alert_message.desc == 70": "some", "tls.handshake.type == 2": ""},
        nginx(options="ssl_protocols TLSv1.3;"),
    ),
    recording(
        "no_cipher",
        "no cipher in common: alert handshake_failure",
        steps(f"{TRUSTED} {OLDER} --ciphers ECDHE-RSA-AES128-GCM-SHA256"),
        {"tls.alert_message.desc == 40": "some", "tls.handshake.type == 2": ""},
        nginx(options="ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-AES256-GCM-SHA384;"),
    ),
    recording(
        "unrecognized_name",
        "the server rejects every name: alert unrecognized_name",
        steps(TRUSTED),
        {"tls.alert_message.desc == 112": "some"},
        {"nginx.conf": f"{NGINX_CONF} server {{ listen {SERVER}:443 ssl; ssl_reject_handshake on; }} }}"},
    ),
    recording(
        "retry",
        "HelloRetryRequest: the client's share is X25519, the server wants P-256",
        steps(f"{TRUSTED} --curves X25519:P-256"),
        {"tls.handshake.random == cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c": "some", HELLO: "some"},
        nginx(options="ssl_ecdh_curve prime256v1;"),
    ),
    dialled(
        "tls_resumed_1_2",
        "TLS 1.2 resumed twice: by a ticket, and by session id with tickets off",
        steps(
            f"echo hello | {DIALLED} -tls1_2 -sess_out ticket",
            f"echo again | {DIALLED} -tls1_2 -sess_in ticket",
            f"echo hello | {DIALLED} -tls1_2 -no_ticket -sess_out session",
            f"echo again | {DIALLED} -tls1_2 -no_ticket -sess_in session",
        ),
        s_server("-tls1_2", "-quiet"),
        {HELLO: "some", "tls.handshake.type == 4": "some", "tcp.stream == 3": "some"},
    ),
    dialled(
        "tls_resumed_1_3",
        "TLS 1.3: a session, resumed with a pre-shared key, and once more with early data",
        steps(
            f"(echo hello; sleep 1) | {DIALLED} -tls1_3 -sess_out session",
            f"(echo again; sleep 1) | {DIALLED} -tls1_3 -sess_in session -sess_out session",
            f"(echo again; sleep 1) | {DIALLED} -tls1_3 -sess_in session -early_data early",
        ),
        s_server("-tls1_3", "-early_data", "-quiet"),
        {"tls.handshake.extension.type == 41": "some", "tls.handshake.extension.type == 42": "some"},
        {"early": "this came early\n"},
    ),
    dialled(
        "tls_1_0",
        "TLS 1.0, then TLS 1.1, on port 4433",
        steps(
            f"echo hello | {DIALLED} -tls1 -cipher DEFAULT@SECLEVEL=0",
            f"echo hello | {DIALLED} -tls1_1 -cipher DEFAULT@SECLEVEL=0",
        ),
        s_server("-cipher", "DEFAULT@SECLEVEL=0", "-quiet"),
        {"tls.handshake.version == 0x0301": "some", "tls.handshake.version == 0x0302": "some"},
    ),
    dialled(
        "tls_no_forward_secrecy",
        "TLS 1.2 with RSA key exchange (AES128-GCM-SHA256)",
        steps(f"echo hello | {DIALLED} -tls1_2 -cipher AES128-GCM-SHA256"),
        s_server("-quiet"),
        {"tls.handshake.ciphersuite == 0x009c": "some", "tls.handshake.type == 16": "some"},
    ),
    dialled(
        "tls_renegotiated",
        "TLS 1.2, the client renegotiates inside the connection: the second handshake is encrypted",
        steps(f"(echo hello; sleep 1; echo R; sleep 1; echo bye) | {DIALLED} -tls1_2"),
        s_server("-client_renegotiation", "-quiet"),
        {HELLO: "some"},
    ),
    dialled(
        "dtls_1_2",
        "DTLS 1.2 with HelloVerifyRequest, certificates in fragments",
        steps(f"(echo hello; sleep 1) | {DIALLED} -dtls1_2 -mtu 400"),
        s_server("-dtls1_2", "-listen", "-mtu", "400", "-quiet"),
        {"dtls.handshake.type == 1": "some", "dtls.handshake.type == 3": "some", "dtls.handshake.type == 11": "some"},
    ),
]
