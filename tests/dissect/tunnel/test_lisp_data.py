"""LISP data packets."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp


def lisp(payload):
    return ethernet(ipv4(udp(bytes(8) + payload, 50_000, 4341)))


def test_the_version_nibble_tells(walk_frames):
    walk = walk_frames([lisp(ipv4(udp())), lisp(ipv6(udp())), lisp(b"\x50"), lisp(b"")])
    assert [path(walk, row).removeprefix("eth:ip:udp:lisp-data") for row in range(4)] == [":ip:udp", ":ipv6:udp", "", ""]


def test_cut_everywhere():
    cut_everywhere(lisp(ipv4(udp())))
