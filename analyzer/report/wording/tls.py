"""Sentences about handshakes of TLS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from analyzer.dissect.application.tls.names import ALERTS
from analyzer.finding import Finding
from analyzer.flow.findings.tls import SHOWN_WORDS
from analyzer.report.text import duration, plural, shortened

from .hint import Hint
from .phrases import number, was

WIDTH: Final = 60  #: characters of each name

#: what an alert means to a person; the names of the others say it
ALERT_MEANINGS: Final = {
    10: "a message came that has no place there",
    20: "decryption failed",
    40: "they have no cipher suite or parameter in common",
    42: "the certificate is damaged or its signature is wrong",
    43: "it cannot use that kind of certificate",
    44: "the certificate was revoked",
    45: "the certificate has expired, or a clock is wrong",
    46: "it does not accept the certificate",
    47: "a value is not allowed",
    48: "it does not trust who issued the certificate",
    49: "the certificate is valid, but its owner has no access",
    50: "a message could not be read",
    51: "a signature or key check failed",
    70: "they have no version in common",
    71: "the ciphers on offer are too weak for it",
    80: "something failed inside of it",
    86: "the client tried an older version although both know a newer one",
    109: "an extension is missing",
    112: "it does not know the server name that the client asked for",
    116: "it wants a certificate of the client",
    120: "they have no application protocol (ALPN) in common",
    121: "the server did not take the Encrypted Client Hello",
}


def _words(f: Finding) -> str:
    """a, b and 3 more; empty where there are none"""
    shown = [str(f.values[f"word_{n}"]) for n in range(SHOWN_WORDS) if f.values.get(f"word_{n}")]
    more = number(f, "more")
    return ", ".join(shortened(word, WIDTH) for word in shown) + (f" and {more:,} more" if more else "")


def _named(f: Finding) -> str:
    words = _words(f)
    return f" ({words})" if words else ""


def _longest(f: Finding) -> str:
    return f"{'up to ' if f.count > 1 else ''}{duration(number(f, 'longest_ns'))}"


def _alert(f: Finding) -> str:
    description = number(f, "description")
    name = ALERTS.get(description, str(description)).replace("_", " ")
    meaning = ALERT_MEANINGS.get(description)
    why = f": {meaning}" if meaning else ""
    sender = "client" if f.values.get("sender") == "client" else "server"
    return f"{plural(f.count, 'TLS handshake')}{_named(f)} {was(f)} ended by the {sender} with the alert {name}{why}."


def _hello_retry(f: Finding) -> str:
    handshakes = plural(f.count, "TLS handshake")
    return f"{handshakes} took one more round trip ({_longest(f)}): no key share of the group that the server wants{_named(f)}."


TEXTS: Final[dict[str, Callable[[Finding], str]]] = {
    "tls_alert": _alert,
    "tls_unanswered": lambda f: (
        f"{plural(f.count, 'ClientHello')}{_named(f)} got no answer in the capture, neither a ServerHello nor an alert."
    ),
    "tls_old_version": lambda f: f"{plural(f.count, 'TLS connection')} with a version that nobody should use{_named(f)}.",
    "tls_weak_cipher": lambda f: f"{plural(f.count, 'TLS connection')} with a weak cipher suite{_named(f)}.",
    "tls_no_forward_secrecy": lambda f: (
        f"{plural(f.count, 'TLS connection')} without forward secrecy{_named(f)}:"
        " who gets the server's key later can decrypt what was captured."
    ),
    "tls_hello_retry": _hello_retry,
    "tls_slow_hello": lambda f: (
        f"{plural(f.count, 'ClientHello')}{_named(f)} took {_longest(f)} from first to last byte: a part was lost or held up."
    ),
    "tls_cut_hello": lambda f: f"{plural(f.count, 'hello')} of TLS{_named(f)} never came whole.",
    "tls_limit": lambda f: f"{plural(f.count, 'TLS handshake')} with messages that are too long or too many, and were not read.",
}

ALERT_ADVICE: Final = {  #: what to do about an alert, where it is known better than of all alerts
    40: "Compare the cipher suites, groups and signature algorithms of the ClientHello with what the server is configured for.",
    42: "See whether the certificate file and the key belong together, and whether a proxy on the way changes it.",
    45: "Renew the certificate and reload the server; if it has not expired, set the clock of the side that complained.",
    46: "Look into the log of the side that complained: it has a reason of its own (pinning, purpose, revocation).",
    48: "Send the intermediate certificates with the server's own, or give the side that complained the root of this CA.",
    70: "Turn on a version at one side that the other offers: TLS 1.2 and 1.3.",
    80: "Look into the log of the side that sent it: the cause is not in the handshake.",
    109: "Update the side that left the extension out; it does not follow the version that was negotiated.",
    112: "See whether DNS leads to the right server, and whether it is configured for this name (SNI).",
    116: "Configure a client certificate that an authority in the server's list has issued.",
    120: "Turn on a protocol at one side that the other offers (ALPN: h2, http/1.1).",
}


def advice(f: Finding) -> str:
    """What to do about the alert that it is; empty where there is nothing better to say than of all alerts."""
    return ALERT_ADVICE.get(number(f, "description"), "")


HINTS: Final[dict[str, Hint]] = {
    "tls_alert": Hint(
        "tls",
        "Mend what the alert says at the side that did not like it: certificate and chain, versions, ciphers or name.",
        "Alerts of TLS (RFC 8446 section 6, RFC 5246 section 7.2): a fatal one ends the connection at once.",
    ),
    "tls_unanswered": Hint(
        "tls",
        "See whether the hello reached the server (was it acknowledged?) and who closed: a filter on the server name, a"
        " middlebox that large hellos confuse, or no TLS on this port.",
        "Large hellos (post-quantum key shares) span segments; middleboxes that read only the first one fail (RFC 8446"
        " section 4.1.2).",
    ),
    "tls_old_version": Hint(
        "tls",
        "Turn on TLS 1.2 or 1.3 at the side that does not offer it, then turn the old ones off.",
        "SSL 3.0: RFC 7568; TLS 1.0 and 1.1: RFC 8996.",
    ),
    "tls_weak_cipher": Hint(
        "tls",
        "Remove this suite from the server's list (recommended: RFC 9325 section 4.2).",
        "RC4: RFC 7465; export, NULL and anonymous suites protect nothing; 3DES: Sweet32.",
    ),
    "tls_no_forward_secrecy": Hint(
        "tls",
        "Prefer ECDHE suites at the server, or TLS 1.3, which has nothing else.",
        "Ephemeral keys protect recorded traffic when the server's key leaks (RFC 9325 section 4.1).",
    ),
    "tls_hello_retry": Hint(
        "tls",
        "Configure server and client to prefer a common group (such as X25519 or X25519MLKEM768): that saves the round trip.",
        "HelloRetryRequest (RFC 8446 section 4.1.4).",
    ),
    "tls_slow_hello": Hint(
        "tls",
        "Find the loss in front of the server: a hello of several segments waits for all of them.",
        "A ClientHello with post-quantum key shares needs two segments and more; each can be lost.",
    ),
    "tls_cut_hello": Hint(
        "tls",
        "Capture whole frames and the whole handshake; else see who ended the connection inside of it.",
        "Handshake messages span records and segments (RFC 8446 section 5.1).",
    ),
    "tls_limit": Hint(
        "tls",
        "Look at the frames: an honest handshake is smaller; suspect an attack or another protocol.",
        "Handshake messages may have up to 2^24 bytes (RFC 8446 section 4); parsers must have a limit.",
    ),
}
