"""What a packet says, in one line: the last column of the packet list, by protocol.

Each function takes the packets of its protocol in a batch as columns, and gives their texts with the styles of the lines
that stand out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from analyzer.batch import Int64
from analyzer.flow.tcp.verdict import NAMES, Verdict

from .fields import FIELDS, View
from .fields.kinds import Texts
from .tables import EVENT_STYLES

TCP_FLAGS: Final = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE")  #: from bit 0
RST, ACK = 0x04, 0x10
DUPLICATE_ACK: Final = int(Verdict.DUPLICATE_ACK)  #: a plain number: an IntFlag is slow to test
RST_STYLE: Final = "warning"
NOTED: Final = "note"  #: style of verdicts that are no trouble
#: as Wireshark marks them, the first one first
VERDICTS: Final = {
    "reused_ports": "Port numbers reused", "lost_segment": "Previous segment not captured",
    "ack_lost_segment": "ACKed unseen segment",
    "fast_retransmission": "Fast Retransmission", "spurious_retransmission": "Spurious Retransmission",
    "retransmission": "Retransmission", "out_of_order": "Out-Of-Order", "duplicate_ack": "Dup ACK", "keep_alive": "Keep-Alive",
    "keep_alive_ack": "Keep-Alive ACK", "zero_window_probe": "ZeroWindowProbe", "zero_window_probe_ack": "ZeroWindowProbeAck",
    "zero_window": "ZeroWindow", "window_full": "Window Full", "window_update": "Window Update",
}  # fmt: skip
ICMP_TYPES: Final = {
    0: "Echo reply", 3: "Destination unreachable", 4: "Source quench", 5: "Redirect", 8: "Echo request",
    9: "Router advertisement", 10: "Router solicitation", 11: "Time exceeded", 12: "Parameter problem",
    13: "Timestamp request", 14: "Timestamp reply",
}  # fmt: skip
UNREACHABLE: Final = {
    0: "network", 1: "host", 2: "protocol", 3: "port", 4: "fragmentation needed", 5: "source route failed",
    9: "network prohibited", 10: "host prohibited", 13: "administratively prohibited",
}  # fmt: skip
ICMPV6_TYPES: Final = {
    1: "Destination unreachable", 2: "Packet too big", 3: "Time exceeded", 4: "Parameter problem", 128: "Echo request",
    129: "Echo reply", 130: "Multicast listener query", 131: "Multicast listener report", 132: "Multicast listener done",
    133: "Router solicitation", 134: "Router advertisement", 135: "Neighbor solicitation", 136: "Neighbor advertisement",
    137: "Redirect", 143: "Multicast listener report v2",
}  # fmt: skip
UNREACHABLE_V6: Final = {
    0: "no route", 1: "administratively prohibited", 2: "beyond scope", 3: "address", 4: "port", 5: "policy", 6: "reject route",
}  # fmt: skip
EXCEEDED: Final = {0: "on the way", 1: "reassembly"}
ARP_OTHER: Final = {
    3: "Who is {dst_mac}? Tell {src_mac}", 4: "{dst_mac} is {dst_ip}", 8: "Inverse: who is {dst_mac}? Tell {src_mac}",
    9: "Inverse: {src_mac} is {src_ip}",
}  # fmt: skip
WIRELESS: Final = {
    (0, 0): "Association request", (0, 1): "Association response", (0, 2): "Reassociation request",
    (0, 3): "Reassociation response", (0, 4): "Probe request", (0, 5): "Probe response", (0, 8): "Beacon",
    (0, 9): "ATIM", (0, 10): "Disassociation",
    (0, 11): "Authentication", (0, 12): "Deauthentication", (0, 13): "Action", (1, 5): "VHT/HE NDP announcement",
    (1, 8): "Block ACK request", (1, 9): "Block ACK", (1, 10): "PS-Poll", (1, 11): "RTS", (1, 12): "CTS", (1, 13): "Ack",
    (1, 14): "CF-End", (2, 0): "Data", (2, 4): "Null function", (2, 8): "QoS data", (2, 12): "QoS null",
}  # fmt: skip
WIRELESS_TYPES: Final = ("Management", "Control", "Data", "Extension")


class Info(NamedTuple):
    texts: list[str]
    styles: dict[int, str]  #: position in texts -> style


class Packets(NamedTuple):
    """The packets of one protocol in a batch."""

    view: View
    size: int
    position: Int64  #: of each row of the batch among them; -1: not one of them

    def columns(self, *names: str) -> list[list[Any]]:
        """The texts of these fields, empty where there is none."""
        return [FIELDS[name].column(self.view, self.size, self.position, "text", "") for name in names]


def tcp(packets: Packets) -> Info:
    """443 → 51514 [ACK] Seq=1 Ack=2 Win=64256 Len=0, with the verdicts in front."""
    names = ("srcport", "dstport", "flags", "seq", "ack", "window_size", "len")
    columns = packets.columns(*(f"tcp.{name}" for name in names))
    texts = [
        f"{source} → {destination} [{_FLAGS[flags]}] Seq={seq}{f' Ack={ack}' if flags & ACK else ''} Win={window} Len={length}"
        if flags != ""
        else f"{source} → {destination} (header not captured)"
        for source, destination, flags, seq, ack, window, length in zip(*columns, strict=True)
    ]
    _add_options(packets, texts)
    styles = {i: RST_STYLE for i, flags in enumerate(columns[2]) if flags != "" and flags & RST}
    found = FIELDS["tcp.analysis.flags"].shown(packets.view, packets.position)
    duplicates = packets.columns("tcp.analysis.duplicate_ack_frame", "tcp.analysis.duplicate_ack_num") if len(found.row) else []
    for i, bits in zip(found.row.tolist(), found.value.tolist(), strict=True):
        mark, style = _VERDICTS[bits]
        if bits & DUPLICATE_ACK:
            mark = mark.replace("Dup ACK", f"Dup ACK {duplicates[0][i]}#{duplicates[1][i]}")
        texts[i] = f"{mark} {texts[i]}"
        styles[i] = style
    return Info(texts, styles)


def udp(packets: Packets) -> Info:
    """51514 → 53 Len=40"""
    columns = packets.columns("udp.srcport", "udp.dstport", "udp.length")
    return Info([
        f"{source} → {destination} Len={max(length - 8, 0)}" if length != "" else "header not captured"
        for source, destination, length in zip(*columns, strict=True)
    ], {})  # fmt: skip


def arp(packets: Packets) -> Info:
    """Who has 10.0.0.2? Tell 10.0.0.1"""
    names = ("opcode", "src.hw_mac", "src.proto_ipv4", "dst.hw_mac", "dst.proto_ipv4")
    return Info(list(map(_arp, *packets.columns(*(f"arp.{name}" for name in names)))), {})


def icmp(packets: Packets) -> Info:
    """Echo request id=1 seq=2; Destination unreachable (port), about stream 3"""
    columns = packets.columns("icmp.type", "icmp.code", "icmp.ident", "icmp.seq", "icmp.quoted_stream")
    texts = [
        _control(ICMP_TYPES, {3: UNREACHABLE, 11: EXCEEDED}, *cells) if cells[0] != "" else "header not captured"
        for cells in zip(*columns, strict=True)
    ]
    return Info(texts, _errors(columns[0], (3, 11, 12)))


def icmpv6(packets: Packets) -> Info:
    """The same for ICMPv6."""
    names = ("icmpv6.type", "icmpv6.code", "icmpv6.echo.identifier", "icmpv6.echo.sequence_number", "icmp.quoted_stream")
    columns = packets.columns(*names)
    texts = [
        _control(ICMPV6_TYPES, {1: UNREACHABLE_V6, 3: EXCEEDED}, *cells) if cells[0] != "" else "header not captured"
        for cells in zip(*columns, strict=True)
    ]
    return Info(texts, _errors(columns[0], (1, 2, 3, 4)))


def ip(packets: Packets) -> Info:
    """IPv4 headers of which the payload is not dissected: fragments, mostly."""
    columns = packets.columns("ip.proto", "ip.frag_offset", "ip.flags.mf", "ip.id")
    return Info([_datagram(*cells) for cells in zip(*columns, strict=True)], {})


def ipv6(packets: Packets) -> Info:
    """The same for IPv6."""
    (following,) = packets.columns("ipv6.nxt")
    return Info([f"next header {number}" if number != "" else "malformed header" for number in following], {})


def wlan(packets: Packets) -> Info:
    """IEEE 802.11 frames that carry nothing that is dissected."""
    columns = packets.columns("wlan.fc.type", "wlan.fc.subtype", "wlan.fc.protected", "wlan.fc.retry")
    return Info([_wireless(*cells) for cells in zip(*columns, strict=True)], {})


INFOS: Final[dict[str, Callable[[Packets], Info]]] = {
    "tcp": tcp, "udp": udp, "arp": arp, "icmp": icmp, "icmpv6": icmpv6, "ip": ip, "ipv6": ipv6, "wlan": wlan,
}  # fmt: skip


def _add_options(packets: Packets, texts: list[str]) -> None:
    for name, label in (("mss_val", " MSS={}"), ("wscale.multiplier", " WS={}"), ("sack_perm", " SACK_PERM")):
        found = FIELDS[f"tcp.options.{name}"].shown(packets.view, packets.position)
        for i, number in zip(found.row.tolist(), found.value.tolist(), strict=True):
            texts[i] += label.format(number)


def _tcp_flags(flags: int) -> str:
    return ", ".join(name for bit, name in enumerate(TCP_FLAGS) if flags >> bit & 1) or "<None>"


def _verdicts(bits: int) -> tuple[str, str]:
    """The marks of some verdicts, and the style of the worst one."""
    names = {name for bit, name in enumerate(NAMES) if bits >> bit & 1}
    if names & {"fast_retransmission", "spurious_retransmission"}:
        names.discard("retransmission")
    marks = "".join(f"[TCP {text}]" for name, text in VERDICTS.items() if name in names)
    styles = {EVENT_STYLES.get(name, NOTED) for name in names}
    return marks, next(style for style in ("problem", "warning", NOTED) if style in styles or style == NOTED)


_FLAGS: Final = Texts(_tcp_flags)
_VERDICTS: Final = Texts(_verdicts)


def _arp(opcode: Any, src_mac: str, src_ip: str, dst_mac: str, dst_ip: str) -> str:
    if opcode in (1, 2) and src_ip and src_ip == dst_ip:
        return f"{src_ip} is at {src_mac} (gratuitous {'reply' if opcode == 2 else 'request'})"
    if opcode == 1 and dst_ip:
        return f"Who has {dst_ip}? (probe)" if src_ip == "0.0.0.0" else f"Who has {dst_ip}? Tell {src_ip}"
    if opcode == 2 and src_ip:
        return f"{src_ip} is at {src_mac}"
    form = ARP_OTHER.get(opcode, f"operation {opcode}" if opcode != "" else "header not captured")
    return form.format(src_mac=src_mac, src_ip=src_ip, dst_mac=dst_mac, dst_ip=dst_ip)


def _control(
    types: dict[int, str], codes: dict[int, dict[int, str]], kind: int, code: int, ident: Any, seq: Any, stream: Any
) -> str:
    text = types.get(kind, f"type {kind}")
    if kind in codes or code:
        text += f" ({codes.get(kind, {}).get(code, f'code {code}')})"
    if ident != "":
        text += f" id={ident:#06x} seq={seq}"
    return text if stream == "" else f"{text}, about stream {stream}"


def _errors(kinds: list[Any], errors: tuple[int, ...]) -> dict[int, str]:
    return {i: "warning" for i, kind in enumerate(kinds) if kind in errors}


def _datagram(protocol: Any, offset: Any, more: str, number: Any) -> str:
    if protocol == "":
        return "malformed header"
    if not offset and more != "true":
        return f"protocol {protocol}"
    place = "more follow" if more == "true" else "the last"
    return f"Fragment of protocol {protocol}, offset {8 * offset}, {place}, ID {number:#06x}"


def _wireless(kind: Any, subtype: Any, protected: str, retry: str) -> str:
    if kind == "":
        return "header not captured"
    text = WIRELESS.get((kind, subtype), f"{WIRELESS_TYPES[kind]}, subtype {subtype}")
    return f"{text}{', encrypted' if protected == 'true' else ''}{', sent again' if retry == 'true' else ''}"
