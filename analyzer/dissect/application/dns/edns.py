# cython: language_level=3
"""Extension mechanisms, EDNS(0): what the OPT record says (RFC 6891 section 6.1).

Client subnet (RFC 7871), cookies (RFC 7873), extended errors (RFC 8914), padding (RFC 7830) and others; an option that
contradicts its own length, or is unknown, stands in `options` as code and hex.
"""

import struct
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Any, Final

from .code_points import EXTENDED_ERRORS
from .names import MalformedError, utf8

DNSSEC_OK: Final = 0x8000

NSID: Final = 3
CLIENT_SUBNET: Final = 8
EXPIRE: Final = 9
COOKIE: Final = 10
TCP_KEEPALIVE: Final = 11
PADDING: Final = 12
EXTENDED_ERROR: Final = 15

FAMILIES: Final = {1: (AF_INET, 4), 2: (AF_INET6, 16)}  #: address family (IANA) -> the socket's, bytes of an address
CLIENT_COOKIE: Final = 8  #: bytes of it; those of the server follow


def edns(size: int, ttl: int, data: bytes) -> dict[str, Any]:
    """`size` and `ttl` are the record's class and TTL, which mean something else here."""
    version, do = ttl >> 16 & 0xFF, ttl & DNSSEC_OK != 0
    found: dict[str, Any] = {"udp_size": size, "extended_rcode": ttl >> 24, "version": version, "do": do}
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise MalformedError("an EDNS option is cut short")
        code, length = struct.unpack_from("!HH", data, at)
        value = data[at + 4 : at + 4 + length]
        if len(value) < length:
            raise MalformedError("an EDNS option is cut short")
        if not _option(found, code, value):
            found.setdefault("options", []).append({"code": code, "data": value.hex()})
        at += 4 + length
    return found


def _option(found: dict[str, Any], code: int, value: bytes) -> bool:
    """Whether the option could be read."""
    if code == CLIENT_SUBNET:
        return _client_subnet(found, value)
    if code == COOKIE and len(value) >= CLIENT_COOKIE:
        found["cookie"] = {"client": value[:CLIENT_COOKIE].hex(), "server": value[CLIENT_COOKIE:].hex()}
    elif code == EXTENDED_ERROR and len(value) >= 2:
        number = int.from_bytes(value[:2], "big")
        error = {"code": number, "name": EXTENDED_ERRORS.get(number, ""), "text": utf8(value[2:]).rstrip("\0")}
        found.setdefault("extended_errors", []).append(error)
    elif code == NSID:
        found["nsid"] = utf8(value)
    elif code == PADDING:
        found["padding"] = len(value)
    elif code == TCP_KEEPALIVE and len(value) in (0, 2):
        found["tcp_keepalive"] = int.from_bytes(value, "big") if value else None
    elif code == EXPIRE and len(value) in (0, 4):
        found["expire"] = int.from_bytes(value, "big") if value else None
    else:
        return False
    return True


def _client_subnet(found: dict[str, Any], value: bytes) -> bool:
    """RFC 7871 section 6: family, source and scope prefix length, as many bytes of the address as the prefix needs."""
    if len(value) < 4:
        return False
    number, source, scope = struct.unpack_from("!HBB", value)
    if number not in FAMILIES:
        return False
    family, size = FAMILIES[number]
    address = value[4:]
    if len(address) > size or source > 8 * size:
        return False
    text = inet_ntop(family, address + bytes(size - len(address)))
    found["client_subnet"] = {"address": text, "prefix": source, "scope": scope}
    return True
