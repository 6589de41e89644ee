# cython: language_level=3
"""The data of records that are not worth a line in the parser: text in the form of zone files, by type.

A reader gets the names of the message and the place of the data. It raises MalformedError, IndexError or struct.error where
the data is too short.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from . import code_points, dnssec, svcb
from .names import MalformedError, Names, utf8

Reader = Callable[[Names, int, int], Any]  #: (names, begin, end) -> data


def _texts(data: bytes) -> list[str]:
    """Character strings (RFC 1035 section 3.3), one behind the other."""
    found: list[str] = []
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise MalformedError("a character string is cut short")
        found.append(utf8(data[at + 1 : end]))
        at = end
    return found


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def txt(names: Names, at: int, end: int) -> list[str]:
    """RFC 1035 section 3.3.14."""
    return _texts(names.data[at:end])


def hinfo(names: Names, at: int, end: int) -> str:
    """RFC 1035 section 3.3.2."""
    return " ".join(map(_quoted, _texts(names.data[at:end])))


def soa(names: Names, at: int, end: int) -> str:
    """RFC 1035 section 3.3.13."""
    server, at = names.read(at)
    mailbox, at = names.read(at)
    return " ".join(map(str, (server, mailbox, *struct.unpack_from("!5I", names.data[:end], at))))


def numbers_and_name(layout: str) -> Reader:
    """MX (RFC 1035 section 3.3.9), SRV (RFC 2782), KX, AFSDB: numbers, then a name; DNAME: a name alone."""
    form = struct.Struct(layout)

    def reader(names: Names, at: int, end: int) -> str:
        values = form.unpack_from(names.data[:end], at)
        name, behind = names.read(at + form.size)
        _inside(behind, end)
        return " ".join(map(str, (*values, name)))

    return reader


def two_names(names: Names, at: int, end: int) -> str:
    """RP (RFC 1183 section 2.2)."""
    first, at = names.read(at)
    second, at = names.read(at)
    _inside(at, end)
    return f"{first} {second}"


def naptr(names: Names, at: int, end: int) -> str:
    """RFC 3403 section 4.1."""
    order, preference = struct.unpack_from("!HH", names.data[:end], at)
    at += 4
    texts = []
    for _ in range(3):
        behind = at + 1 + names.data[at]
        _inside(behind, end)
        texts.append(_quoted(utf8(names.data[at + 1 : behind])))
        at = behind
    replacement, at = names.read(at)
    _inside(at, end)
    return " ".join((str(order), str(preference), *texts, replacement))


def caa(names: Names, at: int, end: int) -> str:
    """RFC 8659 section 4.1."""
    value = at + 2 + names.data[at + 1]
    _inside(value, end)
    return " ".join((str(names.data[at]), utf8(names.data[at + 2 : value]), _quoted(utf8(names.data[value:end]))))


def uri(names: Names, at: int, end: int) -> str:
    """RFC 7553 section 4."""
    priority, weight = struct.unpack_from("!HH", names.data[:end], at)
    return f"{priority} {weight} {_quoted(utf8(names.data[at + 4 : end]))}"


def _inside(behind: int, end: int) -> None:
    if behind > end:
        raise MalformedError("the data of a record is longer than it says")


READERS: Final[dict[int, Reader]] = {
    code_points.SOA: soa,
    13: hinfo,
    code_points.MX: numbers_and_name("!H"),
    code_points.TXT: txt,
    17: two_names,
    18: numbers_and_name("!H"),  # AFSDB, RFC 1183 section 1
    code_points.SRV: numbers_and_name("!HHH"),
    code_points.NAPTR: naptr,
    36: numbers_and_name("!H"),  # KX, RFC 2230
    39: numbers_and_name("!"),  # DNAME, RFC 6672
    code_points.DS: dnssec.ds,
    44: dnssec.sshfp,
    code_points.RRSIG: dnssec.rrsig,
    code_points.NSEC: dnssec.nsec,
    code_points.DNSKEY: dnssec.dnskey,
    code_points.NSEC3: dnssec.nsec3,
    code_points.NSEC3PARAM: dnssec.nsec3param,
    code_points.TLSA: dnssec.tlsa,
    53: dnssec.tlsa,  # SMIMEA, RFC 8162
    code_points.CDS: dnssec.ds,
    code_points.CDNSKEY: dnssec.dnskey,
    code_points.SVCB: svcb.svcb,
    code_points.HTTPS: svcb.svcb,
    99: txt,  # SPF, RFC 7208 section 3.1
    256: uri,
    code_points.CAA: caa,
}
