"""802.2 and SNAP: who is carried, and where nothing is."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp


def framed(payload: bytes) -> bytes:
    return ethernet(payload, len(payload))


SNAP = b"\xaa\xaa\x03"

FRAMES = [
    (framed(SNAP + b"\0\0\0\x08\0" + ipv4(udp(b"x" * 20))), "eth:llc:ip:udp"),
    (framed(SNAP + b"\0\0\xf8\x86\xdd" + ipv6(udp(b"x" * 20))), "eth:llc:ipv6:udp"),
    (framed(b"\x06\x06\x03" + ipv4(udp(b"x" * 20))), "eth:llc:ip:udp"),
    (framed(b"\x42\x42\x03" + bytes(35)), "eth:llc:stp"),
    (framed(SNAP + b"\0\0\x0c\x20\0" + bytes(20)), "eth:llc:cdp"),
    (framed(SNAP + b"\0\0\x0c\x01\x0b" + bytes(20)), "eth:llc:stp"),
    (framed(SNAP + b"\0\x80\xc2\0\x07\0\0" + ethernet(ipv4(udp(b"x" * 20)))), "eth:llc:eth:ip:udp"),
    (framed(SNAP + b"\x08\0\x07\x80\x9b" + bytes(20)), "eth:llc:llap"),
    (framed(b"\x06\x06\0\0" + ipv4(udp(b"x" * 20))), "eth:llc:ip:udp"),
    (framed(b"\x06\x06\xbf" + ipv4(udp(b"x" * 20))), "eth:llc"),
    (framed(b"\xff\xff" + bytes(28)), "eth:ipx"),
]


def test_paths(walk_frames):
    for frame, expected in FRAMES:
        assert path(walk_frames([frame], 1)) == expected


def test_cut_everywhere():
    for frame, _ in FRAMES:
        cut_everywhere(frame, 1)
