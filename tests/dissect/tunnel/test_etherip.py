"""EtherIP."""

from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet, ipv4, udp

FRAME = ethernet(ipv4(b"\x30\0" + ethernet(ipv4(udp())), 97))


def test_path(walk_frames):
    assert path(walk_frames([FRAME])) == "eth:ip:etherip:eth:ip:udp"


def test_cut_everywhere():
    cut_everywhere(FRAME)
