# cython: language_level=3
"""Service bindings: SVCB and HTTPS records (RFC 9460), with Encrypted ClientHello (RFC 9848)."""

import struct
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Any, Final

from .names import MalformedError, Names, utf8

MANDATORY: Final = 0
ALPN: Final = 1
NO_DEFAULT_ALPN: Final = 2
PORT: Final = 3
IPV4HINT: Final = 4
ECH: Final = 5
IPV6HINT: Final = 6
DOHPATH: Final = 7

KEYS: Final = {
    MANDATORY: "mandatory", ALPN: "alpn", NO_DEFAULT_ALPN: "no_default_alpn", PORT: "port", IPV4HINT: "ipv4hint", ECH: "ech",
    IPV6HINT: "ipv6hint", DOHPATH: "dohpath", 8: "ohttp",
}  # fmt: skip


def svcb(names: Names, at: int, end: int) -> dict[str, Any]:
    """priority (0: an alias), target, then the parameters by name; `ech` only says that it is there; unknown ones are in hex."""
    (priority,) = struct.unpack_from("!H", names.data[:end], at)
    target, at = names.read(at + 2)
    found: dict[str, Any] = {"priority": priority, "target": target}
    while at < end:
        key, size = struct.unpack_from("!HH", names.data[:end], at)
        at += 4
        if at + size > end:
            raise MalformedError("a service parameter is cut short")
        found[KEYS.get(key) or f"key{key}"] = _value(key, names.data[at : at + size])
        at += size
    if at > end:
        raise MalformedError("the data of a record is longer than it says")
    return found


def _value(key: int, data: bytes) -> Any:
    if key == ALPN:
        return _protocols(data)
    if key == PORT:
        return struct.unpack("!H", data)[0]
    if key in (NO_DEFAULT_ALPN, ECH):
        return True
    if key == DOHPATH:
        return utf8(data)
    if key == MANDATORY:
        return [KEYS.get(number) or f"key{number}" for (number,) in struct.iter_unpack("!H", data)]
    if key in (IPV4HINT, IPV6HINT):
        size, family = (4, AF_INET) if key == IPV4HINT else (16, AF_INET6)
        if len(data) % size:
            raise MalformedError("an address hint is cut short")
        return [inet_ntop(family, data[at : at + size]) for at in range(0, len(data), size)]
    return data.hex()


def _protocols(data: bytes) -> list[str]:
    found = []
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise MalformedError("a protocol name is cut short")
        found.append(utf8(data[at + 1 : end]))
        at = end
    return found
