"""pcaps/tcp/, what options do to a connection: multipath TCP (RFC 8684) and TCP Fast Open (RFC 7413)."""

from __future__ import annotations

import struct

from captures.talk import MS, SYN_OPTIONS, Talk
from captures.tcp import told


@told(
    "mptcp",
    "MP_CAPABLE handshake, a DSS mapping and a join on a second subflow (RFC 8684)",
    {
        "tcp.options.mptcp.subtype == 0": "1-3",
        "tcp.options.mptcp.subtype == 2": "4 5",
        "tcp.options.mptcp.subtype == 1": "6-8",
        "tcp.stream == 1": "6-8",
    },
)
def mptcp(t: Talk) -> None:
    key_c, key_s = struct.pack(">Q", 0x1122334455667788), struct.pack(">Q", 0x99AABBCCDDEEFF00)
    t.send("c", flags="S", options=[*SYN_OPTIONS, (30, b"\x01\x81")])
    t.send("s", flags="SA", options=[*SYN_OPTIONS, (30, b"\x01\x81" + key_s)])
    t.send("c", options=[(30, b"\x01\x81" + key_c + key_s)])
    t.send("c", 100, "PA", options=[(30, b"\x20\x05" + struct.pack(">IIIH", 1, 2, 1, 100) + b"\0\0")])
    t.send("s", options=[(30, b"\x20\x01" + struct.pack(">I", 102))])
    join = Talk(client="10.0.1.1", ports=(40001, 7777), isn=(31_000, 41_000), start=t.now + 10 * MS)
    join.send("c", flags="S", options=[*SYN_OPTIONS, (30, b"\x10\x01" + b"\x12\x34\x56\x78" + bytes(4))])
    join.send("s", flags="SA", options=[*SYN_OPTIONS, (30, b"\x10\x01" + bytes(8) + b"\0\0\0\1")])
    join.send("c", options=[(30, b"\x10\x00" + bytes(20))])
    t.frames += join.frames


@told(
    "fast_open",
    "data in the SYN, acknowledged by the SYN-ACK (RFC 7413)",
    {
        "tcp.options.tfo": "1",
        "tcp.len == 50 && tcp.flags.syn == 1": "1",
        "tcp.analysis.retransmission": "",
    },
)
def fast_open(t: Talk) -> None:
    t.send("c", 0, "S", data=bytes(range(50)), options=[*SYN_OPTIONS, (34, b"\x01\x02\x03\x04\x05\x06\x07\x08")])
    t.send("s", flags="SA", options=SYN_OPTIONS, after=10 * MS)
    t.send("s", 500, "PA")
    t.send("c")


@told(
    "fast_open_ignored",
    "the server takes the SYN without its data, which is then sent again",
    {
        "tcp.analysis.retransmission": "4",
    },
)
def fast_open_ignored(t: Talk) -> None:
    t.send("c", 0, "S", data=bytes(range(50)), options=[*SYN_OPTIONS, (34, b"\x01\x02\x03\x04\x05\x06\x07\x08")])
    t.send("s", flags="SA", ack=1, options=SYN_OPTIONS, after=10 * MS)
    t.send("c", ack=1)
    t.send("c", 0, "PA", seq=1, data=bytes(range(50)))
    t.send("s", after=10 * MS)


@told("fast_open_cookie_request", "an empty cookie asks for one, the SYN-ACK brings it", {"tcp.options.tfo": "1 2"})
def fast_open_cookie(t: Talk) -> None:
    t.send("c", flags="S", options=[*SYN_OPTIONS, (34, b"")])
    t.send("s", flags="SA", options=[*SYN_OPTIONS, (34, b"\x01\x02\x03\x04\x05\x06\x07\x08")], after=10 * MS)
    t.send("c")
