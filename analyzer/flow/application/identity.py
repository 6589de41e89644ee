"""Is a certificate for this name? (RFC 9525 section 6; for certificates without alternative names RFC 6125 section 6.4.4)

- Names are compared without regard to case and without a final dot; what is not ASCII is compared as its A-label (RFC 5890).
- A wildcard is the whole first label and stands for exactly one label. As in OpenSSL and the browsers, it needs at least two
  labels behind it.
- An IP address matches the same address in the certificate, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

MAX_NAME: Final = 253  #: characters of a name (RFC 1035); a longer one is compared as it is
WILDCARD: Final = "*"
MIN_LABELS_BEHIND: Final = 2


def is_for(asked: str, dns_names: Iterable[str], ip_addresses: Iterable[str]) -> bool:
    """Whether one of the names of a certificate is that which the client asked for."""
    address = _address(asked)
    if address:
        return address in ip_addresses
    name = _comparable(asked)
    return any(_matches(name, _comparable(presented)) for presented in dns_names)


def _matches(name: str, presented: str) -> bool:
    first, _, rest = presented.partition(".")
    if first != WILDCARD:
        return name == presented
    asked_first, _, asked_rest = name.partition(".")
    return bool(asked_first) and asked_rest == rest and rest.count(".") >= MIN_LABELS_BEHIND - 1


def _comparable(name: str) -> str:
    name = name.lower().removesuffix(".")
    if name.isascii() or len(name) > MAX_NAME:
        return name
    return ".".join(map(_a_label, name.split(".")))


def _a_label(label: str) -> str:
    try:
        return label.encode("idna").decode("ascii")
    except UnicodeError:
        return label


def _address(name: str) -> str:
    try:
        return str(ip_address(name.removeprefix("[").removesuffix("]")))
    except ValueError:
        return ""
