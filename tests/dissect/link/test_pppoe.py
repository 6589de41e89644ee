"""PPPoE sessions; discovery is named."""

import struct

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp


def session(payload: bytes, length: int | None = None) -> bytes:
    size = len(payload) if length is None else length
    return ethernet(struct.pack("!BBHH", 0x11, 0, 1, size) + payload, 0x8864)


FRAMES = [
    (session(b"\0\x21" + ipv4(udp(b"x" * 20))), "eth:pppoes:ppp:ip:udp"),
    (session(b"\0\x57" + ipv6(udp(b"x" * 20))), "eth:pppoes:ppp:ipv6:udp"),
    (ethernet(bytes(40), 0x8863), "eth:pppoed"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 1)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 1)


def test_length_leaves_padding_out_and_may_lie(walk_frames):
    payload = b"\xc0\x21" + bytes(10)
    table = walk_frames([session(payload + bytes(20), len(payload)), session(payload, 500)]).table("pppoes")
    assert (table["inner_reported"] - table["inner"]).tolist() == [12, 12]
    assert table["fault"].tolist() == [Fault.NONE, Fault.TOTAL_LENGTH]
