"""Values in a display filter: how the text of one is read for a kind of field, and compared with a column of it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final

import numpy as np

from analyzer.batch import Column
from analyzer.report.fields import Field, Occurrences
from analyzer.report.fields.kinds import (
    BOOLEAN,
    EPOCH,
    FLAGS,
    INTEGER,
    IPV4,
    IPV6,
    LABEL,
    MAC,
    MOMENT,
    PRESENCE,
    SECONDS,
    Kind,
)
from analyzer.report.moment import seconds, since_1970

COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
VALUELESS: Final = (PRESENCE, FLAGS)  #: kinds of fields that are only there or not
_NUMBER: Final = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_MAC: Final = re.compile(r"[0-9a-fA-F]{2}(?:[:.-]?[0-9a-fA-F]{2}){5}")
_TRUTH: Final = {"true": 1, "false": 0, "1": 1, "0": 0}


@dataclass(frozen=True, slots=True)
class Network:
    """An address with the bits that count: all of them unless it was written with a prefix length."""

    address: int
    mask: int


def read(field: Field, text: str) -> Any:
    """The value that `text` means for a field. Raises ValueError."""
    reader = _READERS.get(field.kind)
    if reader is None:
        raise ValueError(f"{field.name} is there or not: it has no value to compare")
    try:
        return reader(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no {_WANTED[field.kind]}, which {field.name} is") from None


def compare(field: Field, found: Occurrences, sign: str, literal: Any) -> Column:
    """Which occurrences compare so with a value of `read`."""
    test = COMPARISONS[sign]
    result: Column
    if field.kind is LABEL:
        result = _labels(found, lambda label: bool(test(label, literal)))
    elif field.kind is IPV6:
        result = _networks(found.value, sign, literal)
    elif field.kind is IPV4:
        result = test(found.value & literal.mask, literal.address & literal.mask)
    else:
        result = test(found.value, literal)
    return result


def comparable(one: Field, other: Field) -> bool:
    """Whether the values of two fields mean the same kind of thing."""
    return one.kind not in VALUELESS and (one.kind is other.kind or {one.kind, other.kind} == {INTEGER, BOOLEAN})


def compare_fields(kind: Kind, one: Occurrences, other: Occurrences, sign: str) -> Column:
    """Which occurrences of one field compare so with those of another, pair by pair."""
    left, right = one.value, other.value
    if kind is IPV6:
        return _halves(left[:, 0], left[:, 1], right[:, 0], right[:, 1], sign)
    if kind is LABEL:
        rank = {label: place for place, label in enumerate(sorted({*(one.labels or []), *(other.labels or [])}))}
        left, right = (np.array([rank[label] for label in found.labels or []], np.int64)[found.value] for found in (one, other))
    result: Column = COMPARISONS[sign](left, right)
    return result


def within(field: Field, found: Occurrences, low: Any, high: Any) -> Column:
    """Which occurrences lie between two values of `read`, both included."""
    result: Column = compare(field, found, ">=", low) & compare(field, found, "<=", high)
    return result


def matching(field: Field, found: Occurrences, test: Callable[[Any], bool]) -> Column:
    """Which occurrences of a text, or of a MAC address as bytes, pass a test."""
    if field.kind is LABEL:
        return _labels(found, test)
    addresses, place = np.unique(found.value, return_inverse=True)
    passed = np.fromiter((test(address.to_bytes(6, "big")) for address in addresses.tolist()), bool, len(addresses))
    return passed[place]


def _integer(text: str) -> int:
    if len(text) == 3 and text[0] == text[2] == "'":
        return ord(text[1])
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    octal = len(text.lstrip("-")) > 1 and text.lstrip("-")[0] == "0" and text.lstrip("-")[1] not in "xX"
    return int(text, 8 if octal else 0)


def _truth(text: str) -> int:
    if text.lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.lower()]


def _mac(text: str) -> int:
    if not _MAC.fullmatch(text):
        raise ValueError(text)
    return int(re.sub(r"[^0-9a-fA-F]", "", text), 16)


def _ipv4(text: str) -> Network:
    network = IPv4Network(text, strict=False)
    address = text.partition("/")[0]
    return Network(int(IPv4Network(address).network_address), int(network.netmask))


def _ipv6(text: str) -> Network:
    network = IPv6Network(text, strict=False)
    address = text.partition("/")[0]
    return Network(int(IPv6Network(address).network_address), int(network.netmask))


def _labels(found: Occurrences, test: Callable[[str], bool]) -> Column:
    labels = found.labels or []
    passed = np.fromiter(map(test, labels), bool, len(labels))
    return passed[found.value]


def _networks(value: Column, sign: str, literal: Network) -> Column:
    """IPv6 addresses stand there as two numbers of 64 bits."""
    high, low = (np.uint64(half) for half in divmod(literal.mask, 1 << 64))
    want_upper, want_lower = (np.uint64(half) for half in divmod(literal.address & literal.mask, 1 << 64))
    return _halves(value[:, 0] & high, value[:, 1] & low, want_upper, want_lower, sign)


def _halves(upper: Column, lower: Column, want_upper: Any, want_lower: Any, sign: str) -> Column:
    same = (upper == want_upper) & (lower == want_lower)
    below = (upper < want_upper) | ((upper == want_upper) & (lower < want_lower))
    result: Column = {"==": same, "!=": ~same, "<": below, "<=": below | same, ">": ~(below | same), ">=": ~below}[sign]
    return result


_READERS: Final[dict[Kind, Callable[[str], Any]]] = {
    INTEGER: _integer, BOOLEAN: _truth, SECONDS: seconds, EPOCH: seconds, MOMENT: since_1970,
    MAC: _mac, IPV4: _ipv4, IPV6: _ipv6, LABEL: str,
}  # fmt: skip
_WANTED: Final = {
    INTEGER: "number", BOOLEAN: "truth value (1, 0, true, false)", SECONDS: "number of seconds", EPOCH: "number of seconds",
    MOMENT: "time such as 2024-05-01T12:00:00Z", MAC: "MAC address", IPV4: "IPv4 address or network",
    IPV6: "IPv6 address or network", LABEL: "text",
}  # fmt: skip
