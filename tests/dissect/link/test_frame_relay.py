"""Frame Relay: addresses of two to four bytes, RFC 2427 and Cisco encapsulation."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp

FRAMES = [
    (b"\x18\x41\x03\xcc" + ipv4(udp(b"x" * 20)), "fr:ip:udp"),
    (b"\x18\x41\x03\x8e" + ipv6(udp(b"x" * 20)), "fr:ipv6:udp"),
    (b"\x18\x40\x40\x41\x03\xcc" + ipv4(udp(b"x" * 20)), "fr:ip:udp"),
    (b"\x18\x41\x03\0\x80\0\0\0\x08\0" + ipv4(udp(b"x" * 20)), "fr:ip:udp"),
    (b"\x18\x41\x03\0\x80\0\x80\xc2\0\7" + ethernet(ipv4(udp(b"x" * 20))), "fr:eth:ip:udp"),
    (b"\x18\x41\x08\0" + ipv4(udp(b"x" * 20)), "fr:ip:udp"),
    (b"\x18\x41\x03\x82" + bytes(9), "fr:esis"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 107)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 107)
