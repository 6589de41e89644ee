"""The keys of a Certificate message: what its certificates say, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from analyzer.dissect.application.x509.certificate import Certificate, describe, weight
from analyzer.dissect.application.x509.remembered import remembered
from analyzer.dissect.application.x509.times import in_words
from analyzer.flow.meaning import listing

from .chain import judge
from .rows import Row

KEYS: Final = {
    "chain": listing(
        "the certificates as they were sent, that of the sender first; each {subject, issuer (RFC 4514), serial (lower hex), "
        "not_before, not_after (ISO 8601 UTC), dns_names, ip_addresses, key_type, key_bits, curve, signature_algorithm, is_ca, "
        "self_signed, subject_key_id, authority_key_id, sha256, faults}; null where it could not be read"
    ),
    "problems": listing(
        "what is wrong with them at the time of the message; each {problem, position (in chain, from 0), ns (since it expired, "
        "until it expires or becomes valid; else null)}"
    ),
}  # fmt: skip


def certificate_keys(chain: Sequence[bytes], time_ns: int, from_server: bool, asked: str | None) -> Row:
    """The values of KEYS for the certificates of a message; `asked` is the name in the ClientHello (SNI), if known."""
    certificates = [describe(der) for der in chain]
    problems = judge(certificates, time_ns, from_server, asked)
    return {
        "chain": [facts(one) for one in certificates],
        "problems": [{"problem": name, "position": position, "ns": ns} for name, position, ns in problems],
    }


@remembered(lambda row, one: weight(one))
def facts(one: Certificate) -> dict[str, Any]:
    """A certificate as one value of `chain`, which all rows share that show it: nobody may change it."""
    named = bool(one.subject_der)
    return {
        "subject": one.subject if named else None,
        "issuer": one.issuer if one.issuer_der else None,
        "serial": one.serial or None,
        "not_before": in_words(one.not_before) if one.not_before else None,
        "not_after": in_words(one.not_after) if one.not_after else None,
        "dns_names": list(one.dns_names),
        "ip_addresses": list(one.ip_addresses),
        "key_type": one.key.type or None,
        "key_bits": one.key.bits,
        "curve": one.key.curve or None,
        "signature_algorithm": one.signature_algorithm or None,
        "is_ca": one.is_ca,
        "self_signed": one.self_signed,
        "subject_key_id": one.subject_key_id or None,
        "authority_key_id": one.authority_key_id or None,
        "sha256": one.sha256,
        "faults": list(one.faults),
    }
