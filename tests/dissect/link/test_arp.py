"""ARP: fields against dpkt, and frames that are cut."""

import struct

import dpkt

from analyzer.fault import Fault
from tests.dissect.cuts import cut_everywhere, path
from tests.frames import ethernet

REQUEST = bytes.fromhex("0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002")


def test_fields(walk_frames):
    theirs = dpkt.arp.ARP(REQUEST)
    table = walk_frames([ethernet(REQUEST, 0x0806)]).table("arp")
    ours = [int(table[name][0]) for name in ("hardware", "protocol", "hlen", "plen", "opcode", "at")]
    assert ours == [theirs.hrd, theirs.pro, theirs.hln, theirs.pln, theirs.op, 14]


def test_rarp_and_other_address_lengths(walk_frames):
    rarp = REQUEST[:6] + struct.pack("!H", 3) + REQUEST[8:]
    infiniband = struct.pack("!HHBBH", 32, 0x0800, 20, 4, 8) + bytes(48)
    walk = walk_frames([ethernet(rarp, 0x8035), ethernet(infiniband, 0x0806)])
    assert sorted(walk.table("arp")["opcode"].tolist()) == [3, 8]
    assert not walk.table("arp")["fault"].any()
    assert path(walk) == "eth:arp"


def test_missing_addresses_keep_the_opcode(walk_frames):
    cut = ethernet(REQUEST, 0x0806)[:-1]
    walk = walk_frames([cut, cut, cut[:20]], wire=[len(cut), len(cut) + 1, len(cut)])
    assert walk.table("arp")["fault"].tolist() == [Fault.SHORT, Fault.SNAP_LENGTH, Fault.SNAP_LENGTH]
    assert walk.table("arp")["opcode"].tolist() == [1, 1, 0]


def test_cut_everywhere():
    cut_everywhere(ethernet(REQUEST, 0x0806))
