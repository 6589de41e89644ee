"""PIM: the packet in a register message, and nothing in others."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, ipv6, udp


def pim(first, payload):
    return ethernet(ipv4(bytes([first]) + bytes(7) + payload, 103))


def test_register(walk_frames):
    messages = [(0x21, ipv4(udp())), (0x21, ipv6(udp())), (0x20, ipv4(udp())), (0x11, ipv4(udp())), (0x21, bytes(20))]
    walk = walk_frames([pim(*message) for message in messages])
    assert [path(walk, row) for row in range(5)] == ["eth:ip:pim:ip:udp", "eth:ip:pim:ipv6:udp", *["eth:ip:pim"] * 3]


def test_short_messages_of_other_types_are_no_fault(walk_frames):
    assert not walk_frames([ethernet(ipv4(b"\x20\0\0\0", 103))]).faults


def test_cut_everywhere():
    cut_everywhere(pim(0x21, ipv4(udp(b"1"))))
