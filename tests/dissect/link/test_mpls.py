"""Label stacks, and what the first nibble behind them tells."""

import struct

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp


def labelled(payload: bytes, *labels: int) -> bytes:
    entries = [label << 12 | (label == labels[-1]) << 8 | 64 for label in labels]
    return ethernet(struct.pack(f"!{len(entries)}I", *entries) + payload, 0x8847)


FRAMES = [
    (labelled(ipv4(udp(b"x" * 20)), 16), "eth:mpls:ip:udp"),
    (labelled(ipv6(udp(b"x" * 20)), 2), "eth:mpls:ipv6:udp"),
    (labelled(ipv4(udp(b"x" * 20)), 16, 17, 18), "eth:mpls:ip:udp"),
    (labelled(bytes(4) + ethernet(ipv4(udp(b"x" * 20))), 16), "eth:mpls:eth:ip:udp"),
    (labelled(bytes(1) + ethernet(ipv4(udp(b"x" * 20)))[1:], 16), "eth:mpls:eth:ip:udp"),
    (labelled(b"\x10\0\0\x21" + ipv4(udp(b"x" * 20)), 16), "eth:mpls:ip:udp"),
    (labelled(b"\x10\0\0\7" + bytes(20), 13), "eth:mpls:pwach"),
    (labelled(bytes(44), 14), "eth:mpls"),
    (labelled(b"\xff" * 20, 16), "eth:mpls"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 1)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 1)


def test_a_stack_that_does_not_end(walk_frames):
    walk = walk_frames([ethernet(bytes(4 * 300), 0x8847), ethernet(bytes(8), 0x8847)])
    assert walk.table("mpls")["fault"].tolist() == [Fault.CHAIN, Fault.SHORT]
