"""SLIP frames: 16 bytes of BSD's, then IP."""

from analyzer.dissect.walk import Walk
from analyzer.fault import Fault
from tests.frames import batch_of, ipv4, ipv6, udp

SLIP = 8


def walked(frame):
    walk = Walk()
    walk.batch(batch_of([frame], SLIP))
    return walk


def test_both_versions_of_ip():
    for packet in (ipv4(udp()), ipv6(udp())):
        assert walked(bytes(16) + packet).table("udp")["srcport"].tolist() == [4000]


def test_every_cut():
    frame = bytes(16) + ipv4(udp(b"x" * 9))
    for size in range(len(frame)):
        assert walked(frame[:size]).faults


def test_what_is_no_ip_is_a_fault():
    assert walked(bytes(20)).faults == {("slip", Fault.VERSION): 1}
