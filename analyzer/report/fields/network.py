"""Fields of the network layer: IPv4, IPv6, ICMP, ICMPv6."""

from __future__ import annotations

from typing import Final

import numpy as np

from analyzer.batch import Column, Table
from analyzer.fault import Fault
from analyzer.flow.fact import Fact

from .field import Field, Layer, both
from .kinds import BOOLEAN, INTEGER, IPV4, IPV6
from .view import Occurrences, View, read

IDENTIFIED: Final = (0, 8, 13, 14, 15, 16, 17, 18)  #: ICMP types with an identifier and a sequence number: echo, timestamp, ...
ECHO_V6: Final = (128, 129)


def _begun(_: View, table: Table) -> Column:
    keep: Column = table["end"] > table["at"]
    return keep


def _not_ipv6(view: View, table: Table) -> Column:
    """Without the packets that are IPv6 under the name of IPv4: these are shown as IPv6 only."""
    keep = _begun(view, table)
    keep[keep] = read(view, table["at"][keep], 0, 1) >> 4 != 6
    return keep


def _ipv4_header(view: View, table: Table) -> Column:
    keep: Column = _begun(view, table) & (table["fault"] != Fault.VERSION)
    return keep


def _ipv4_length(_: View, table: Table) -> Column:
    """Headers of which Wireshark shows the total length: the version and the header length are right."""
    keep: Column = (table["fault"] != Fault.VERSION) & ((table["fault"] != Fault.HEADER_LENGTH) | (table["hdr_len"] >= 20))
    return keep


def _total_there(view: View, table: Table) -> Column:
    keep: Column = _ipv4_length(view, table) & (table["end"] - table["at"] >= 4)
    return keep


def _ipv4(view: View, table: Table) -> Column:
    """Those of which it shows the rest too: the total length is right."""
    keep: Column = _ipv4_length(view, table) & ((table["fault"] != Fault.TOTAL_LENGTH) | (table["carries"] != -1))
    return keep


def _ipv6(_: View, table: Table) -> Column:
    keep: Column = table["fault"] != Fault.VERSION
    return keep


def _typed(_: View, table: Table) -> Column:
    keep: Column = table["end"] - table["at"] >= 2
    return keep


def _echo(_: View, table: Table) -> Column:
    keep: Column = (table["end"] - table["at"] >= 8) & np.isin(table["type"], IDENTIFIED)
    return keep


def _echo_v6(_: View, table: Table) -> Column:
    keep: Column = (table["end"] - table["at"] >= 8) & np.isin(table["type"], ECHO_V6)
    return keep


def _quoted_stream(view: View) -> Occurrences:
    """Streams of quoted TCP and UDP headers; they are facts about this frame, so they are not themselves quoted."""
    rows, streams = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for name in ("tcp", "udp"):
        table = view.table(name)
        if table is not None:
            stream = view.fact(name, Fact.STREAM)
            index = np.flatnonzero((table["quoted"] != 0) & (stream >= 0))
            rows.append(table["row"][index])
            streams.append(stream[index])
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    return Occurrences(row[order], np.concatenate(streams)[order])


_ip_version, _ip6_begun, _ip_header = Layer("ip", _not_ipv6), Layer("ipv6", _begun), Layer("ip", _ipv4_header)
_ip_length, _ip, _ip6 = Layer("ip", _ipv4_length), Layer("ip", _ipv4), Layer("ipv6", _ipv6)
_icmp, _icmpv6 = Layer("icmp", _typed), Layer("icmpv6", _typed)
_ping, _ping6 = Layer("icmp", _echo), Layer("icmpv6", _echo_v6)


def _version(view: View) -> Occurrences:
    """Wireshark has this one field for both headers."""
    rows, depths, versions, quotations = [], [], [], []
    for layer in (_ip_version, _ip6_begun):
        row, version, quoted, _ = layer.octets(0, 1, 0xF0, 4)(view)
        rows.append(row)
        depths.append(layer.stored("depth")(view).value)
        versions.append(version)
        quotations.append(np.zeros(len(row), np.uint8) if quoted is None else quoted)
    row = np.concatenate(rows)
    order = np.lexsort((np.concatenate(depths), row))
    return Occurrences(row[order], np.concatenate(versions)[order], np.concatenate(quotations)[order])


def _header_length(view: View) -> Occurrences:
    found = _ip_header.octets(0, 1, 0x0F)(view)
    return found._replace(value=found.value * 4)


def _total_length(view: View) -> Occurrences:
    """The field; where it is 0, since segmentation was left to the network card, the bytes that there are."""
    found = _ip_length.octets(2, 2)(view)
    if found.value.all():
        return found
    there = Layer("ip", _total_there).computed("reported", "at", by=lambda reported, at: reported - at)(view)
    return found._replace(value=np.where(found.value == 0, there.value, found.value))


FIELDS = (
    Field("ip.version", INTEGER, "4 or 6", _version),
    Field("ip.hdr_len", INTEGER, "Header length in bytes", _header_length),
    Field("ip.dsfield", INTEGER, "Differentiated services field", _ip_length.octets(1, 1)),
    Field("ip.dsfield.dscp", INTEGER, "Differentiated services code point", _ip_length.octets(1, 1, 0xFC, 2)),
    Field("ip.dsfield.ecn", INTEGER, "Explicit congestion notification", _ip_length.octets(1, 1, 0x03)),
    Field("ip.len", INTEGER, "Total length", _total_length),
    Field("ip.id", INTEGER, "Identification", _ip.octets(4, 2)),
    Field("ip.flags", INTEGER, "Flags: reserved, don't fragment, more fragments", _ip.octets(6, 1, 0xE0, 5)),
    Field("ip.flags.df", BOOLEAN, "Don't fragment", _ip.octets(6, 1, 0x40, 6)),
    Field("ip.flags.mf", BOOLEAN, "More fragments", _ip.octets(6, 1, 0x20, 5)),
    Field("ip.frag_offset", INTEGER, "Fragment offset in units of 8 bytes", _ip.octets(6, 2, 0x1FFF)),
    Field("ip.ttl", INTEGER, "Time to live", _ip.octets(8, 1)),
    Field("ip.proto", INTEGER, "Protocol number of what it carries", _ip.octets(9, 1)),
    Field("ip.checksum", INTEGER, "Header checksum", _ip.octets(10, 2)),
    Field("ip.src", IPV4, "Source address", _ip.octets(12, 4)),
    Field("ip.dst", IPV4, "Destination address", _ip.octets(16, 4)),
    Field("ip.addr", IPV4, "Source or destination address", both(_ip.octets(12, 4), _ip.octets(16, 4)), many=True),
    Field("ipv6.version", INTEGER, "6", _ip6_begun.octets(0, 1, 0xF0, 4)),
    Field("ipv6.tclass", INTEGER, "Traffic class", _ip6.octets(0, 2, 0x0FF0, 4)),
    Field("ipv6.flow", INTEGER, "Flow label", _ip6.octets(0, 4, 0xFFFFF)),
    Field("ipv6.plen", INTEGER, "Payload length", _ip6.octets(4, 2)),
    Field("ipv6.nxt", INTEGER, "Next header: the first extension header, or what it carries", _ip6.octets(6, 1)),
    Field("ipv6.hlim", INTEGER, "Hop limit", _ip6.octets(7, 1)),
    Field("ipv6.src", IPV6, "Source address", _ip6.ipv6(8)),
    Field("ipv6.dst", IPV6, "Destination address", _ip6.ipv6(24)),
    Field("ipv6.addr", IPV6, "Source or destination address", both(_ip6.ipv6(8), _ip6.ipv6(24)), many=True),
    Field("icmp.type", INTEGER, "Type", _icmp.stored("type")),
    Field("icmp.code", INTEGER, "Code", _icmp.stored("code")),
    Field("icmp.ident", INTEGER, "Identifier of an echo or timestamp message", _ping.octets(4, 2)),
    Field("icmp.seq", INTEGER, "Sequence number of an echo or timestamp message", _ping.octets(6, 2)),
    Field("icmp.quoted_stream", INTEGER, "tcp.stream or udp.stream of the header that an ICMP error quotes", _quoted_stream),
    Field("icmpv6.type", INTEGER, "Type", _icmpv6.stored("type")),
    Field("icmpv6.code", INTEGER, "Code", _icmpv6.stored("code")),
    Field("icmpv6.echo.identifier", INTEGER, "Identifier of an echo", _ping6.octets(4, 2)),
    Field("icmpv6.echo.sequence_number", INTEGER, "Sequence number of an echo", _ping6.octets(6, 2)),
)
