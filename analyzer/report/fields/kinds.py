"""Kinds of fields: what the numbers of a column mean, and how they are written as Python values, JSON and text.

Every conversion takes a whole column. Texts that come again and again (addresses, lists of flags) are made once and kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from socket import AF_INET6, inet_ntop
from typing import Any, Final

import numpy as np

from analyzer.batch import Column
from analyzer.flow.tcp import verdict

from .view import Occurrences

NS: Final = 1_000_000_000
MAX_TEXTS: Final = 1 << 16  #: texts kept for each kind; then they are forgotten and made anew
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Texts(dict[Any, Any]):
    """The text of a value, made by `make` when it is first asked for."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make

    def __missing__(self, key: Any) -> Any:
        if len(self) >= MAX_TEXTS:
            self.clear()
        text = self[key] = self.make(key)
        return text


class Kind:
    """Numbers as they are. Subclasses override what they write differently."""

    def __init__(self, name: str, width: int, right: bool = True) -> None:
        self.name = name
        self.width = width  #: of a column in a table
        self.right = right  #: aligned to the right there

    def python(self, found: Occurrences) -> list[Any]:
        """Values for the API."""
        return list(found.value.tolist())

    def json(self, found: Occurrences) -> list[Any]:
        """What `%s` turns into JSON."""
        return list(found.value.tolist())

    def text(self, found: Occurrences) -> list[Any]:
        """What `%s` turns into the text of a table or of CSV. Only labels can hold what has to be escaped there."""
        return list(found.value.tolist())


class _Boolean(Kind):
    def python(self, found: Occurrences) -> list[Any]:
        return list((found.value != 0).tolist())

    def json(self, found: Occurrences) -> list[Any]:
        return ["true" if value else "false" for value in found.value.tolist()]

    text = json


class _Seconds(Kind):
    """Nanoseconds, shown as seconds with nine decimals."""

    def python(self, found: Occurrences) -> list[Any]:
        return list((found.value / NS).tolist())

    def json(self, found: Occurrences) -> list[Any]:
        return decimals(found.value)

    text = json


class _Epoch(Kind):
    """Nanoseconds since 1970: text, because a number with that many digits does not survive in most readers of JSON."""

    def python(self, found: Occurrences) -> list[Any]:
        return decimals(found.value)

    def json(self, found: Occurrences) -> list[Any]:
        return [f'"{text}"' for text in decimals(found.value)]

    text = python


class _Moment(_Epoch):
    """Nanoseconds since 1970 as ISO 8601 in UTC."""

    def python(self, found: Occurrences) -> list[Any]:
        return [moment(ns) for ns in found.value.tolist()]

    def json(self, found: Occurrences) -> list[Any]:
        return [f'"{moment(ns)}"' for ns in found.value.tolist()]

    text = python


class _Kept(Kind):
    """A kind with texts that are worth keeping."""

    def __init__(self, name: str, width: int, make: Callable[[Any], str]) -> None:
        super().__init__(name, width, right=False)
        self.texts = Texts(make)
        self.quoted = Texts(lambda key: f'"{make(key)}"')

    def keys(self, value: Column) -> list[Any]:
        return list(value.tolist())

    def python(self, found: Occurrences) -> list[Any]:
        return list(map(self.texts.__getitem__, self.keys(found.value)))

    def json(self, found: Occurrences) -> list[Any]:
        return list(map(self.quoted.__getitem__, self.keys(found.value)))

    text = python


class _Pairs(_Kept):
    """Two columns: the higher and the lower 64 bits."""

    def keys(self, value: Column) -> list[Any]:
        return list(zip(*value.T.tolist(), strict=True))


class _Label(Kind):
    """Positions in Occurrences.labels."""

    def python(self, found: Occurrences) -> list[Any]:
        return list(map((found.labels or []).__getitem__, found.value.tolist()))

    def json(self, found: Occurrences) -> list[Any]:
        quoted = {code: json.dumps((found.labels or [])[code]) for code in np.unique(found.value).tolist()}
        return list(map(quoted.__getitem__, found.value.tolist()))

    text = python


class _Flags(Kind):
    """Verdict bits, as the sorted list of their names."""

    def __init__(self, name: str, width: int) -> None:
        super().__init__(name, width, right=False)
        self.encoded = Texts(lambda bits: json.dumps(verdict.names(bits), separators=(",", ":")))
        self.joined = Texts(lambda bits: ";".join(verdict.names(bits)))

    def python(self, found: Occurrences) -> list[Any]:
        return list(map(verdict.names, found.value.tolist()))

    def json(self, found: Occurrences) -> list[Any]:
        return list(map(self.encoded.__getitem__, found.value.tolist()))

    def text(self, found: Occurrences) -> list[Any]:
        return list(map(self.joined.__getitem__, found.value.tolist()))


def decimals(ns: Column) -> list[str]:
    """Nanoseconds as seconds with nine decimals, exactly."""
    seconds, rest = np.divmod(np.abs(ns), NS)
    texts = list(map("%d.%09d".__mod__, zip(seconds.tolist(), rest.tolist(), strict=True)))
    for i in np.flatnonzero(ns < 0).tolist():
        texts[i] = "-" + texts[i]
    return texts


def moment(ns: int) -> str:
    """Nanoseconds since 1970 as ISO 8601 in UTC with nine decimals."""
    seconds, rest = divmod(ns, NS)
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def mac_text(number: int) -> str:
    return number.to_bytes(6, "big").hex(":")


def ipv6_text(halves: tuple[int, int]) -> str:
    """As Wireshark writes it: with the dotted form behind ::ffff: and where only the last 32 bits are set."""
    return inet_ntop(AF_INET6, (halves[0] << 64 | halves[1]).to_bytes(16, "big"))


INTEGER: Final = Kind("integer", 7)
BOOLEAN: Final = _Boolean("true or false", 5)
SECONDS: Final = _Seconds("seconds", 12)
EPOCH: Final = _Epoch("seconds since 1970", 20)
MOMENT: Final = _Moment("time", 30)
MAC: Final = _Kept("MAC address", 17, mac_text)
IPV4: Final = _Kept("IPv4 address", 15, lambda number: str(IPv4Address(number)))
IPV6: Final = _Pairs("IPv6 address", 26, ipv6_text)
LABEL: Final = _Label("text", 24, right=False)
FLAGS: Final = _Flags("list of names", 24)
PRESENCE: Final = _Boolean("present or not", 5)
