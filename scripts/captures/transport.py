"""pcaps/transport/: UDP and SCTP, and their wrong lengths."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from scapy.layers.inet import UDP
from scapy.layers.sctp import SCTP, SCTPChunkData, SCTPChunkInit, SCTPChunkSACK

from captures.files import Capture
from captures.network import four, six, udp
from captures.talk import CLIENT, CLIENT_PORT, SERVER, SERVER_PORT, datagrams, ethernet, packet_class

CAPTURES: list[Capture] = []


def add(path: str, shows: str, make: Callable[[], list[bytes]], finds: dict[str, str]) -> None:
    """One Ethernet capture of this folder."""
    CAPTURES.append(Capture(f"transport/{path}.pcap", shows, make, finds))


def wrong_lengths() -> list[bytes]:
    """UDP lengths 0, 7, 9 (below what IP carries), 200 (beyond it), and a header cut by the packet's end."""
    ports = struct.pack(">HH", CLIENT_PORT, SERVER_PORT)
    lengths = [four(ports + struct.pack(">HH", length, 0) + b"question", proto=17) for length in (0, 7, 9, 200)]
    return [*lengths, four(ports, proto=17)]


def sctp() -> list[bytes]:
    """INIT, a DATA chunk, its SACK; DATA bundled with another; an unknown chunk."""
    there: dict[str, Any] = {"sport": CLIENT_PORT, "dport": SERVER_PORT, "tag": 1}
    back: dict[str, Any] = {"sport": SERVER_PORT, "dport": CLIENT_PORT, "tag": 2}
    init = SCTPChunkInit(init_tag=2, a_rwnd=65535, n_out_streams=1, n_in_streams=1, init_tsn=1)
    data = SCTPChunkData(tsn=1, stream_id=0, stream_seq=0, proto_id=0, data=b"question", beginning=1, ending=1)
    more = SCTPChunkData(tsn=2, stream_id=0, stream_seq=1, proto_id=0, data=b"more", beginning=1, ending=1)
    acked = SCTPChunkSACK(cumul_tsn_ack=1, a_rwnd=65535)
    unknown = struct.pack(">HHII", CLIENT_PORT, SERVER_PORT, 1, 0) + bytes([200, 0, 0, 8]) + bytes(4)
    return [
        four(SCTP(**(there | {"tag": 0})) / init), four(SCTP(**there) / data), four(SCTP(**back) / acked, src=SERVER, dst=CLIENT),
        four(SCTP(**there) / data / more), four(unknown, proto=132),
    ]  # fmt: skip


def udp_pair() -> list[bytes]:
    """Question and answer over both IP versions."""
    return [bytes(ethernet(packet_class(data)(data), who)) for v6 in (False, True) for who, data in datagrams(v6)]


def many() -> list[bytes]:
    """Streams are numbered as they appear."""
    return [four(UDP(sport=40000 + n % 5, dport=SERVER_PORT) / b"x") for n in range(20)]


add(
    "udp",
    "two datagrams over IPv4, two over IPv6",
    udp_pair,
    {"udp.stream == 0": "1 2", "udp.stream == 1": "3 4", "udp.length == 16": "1 3"},
)
add("udp_streams", "five client ports in turn", many, {"udp.stream == 0": "1 6 11 16", "udp.stream == 4": "5 10 15 20"})
add(
    "udp_no_checksum",
    "checksum 0: not computed over IPv4, forbidden over IPv6",
    lambda: [
        four(UDP(sport=CLIENT_PORT, dport=SERVER_PORT, chksum=0) / b"question"),
        six(UDP(sport=CLIENT_PORT, dport=SERVER_PORT, chksum=0) / b"question"),
    ],
    {"udp.checksum == 0": "1 2"},
)
add(
    "udp_wrong_length",
    "UDP lengths 0, 7, 9 and 200, and half a header",
    wrong_lengths,
    {"udp.length == 9": "3", "udp.length == 200": "4"},
)
add("udp_empty", "datagrams without a byte", lambda: [four(udp(b"")), six(udp(b""))], {"udp.length == 8": "1 2"})
add(
    "sctp",
    "SCTP: INIT, DATA, SACK, bundled DATA, an unknown chunk",
    sctp,
    {"sctp.srcport == 40000": "1 2 4 5", "sctp.srcport == 7777": "3", "sctp.chunk_type == 0": "2 4"},
)
