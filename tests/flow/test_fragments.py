"""Fragments of IPv4 and IPv6 datagrams in every order, incomplete, overlapping, and too many."""

import itertools
import struct

import pytest

from analyzer.dissect.walk import Walk
from analyzer.flow import fragments
from analyzer.flow.fragments import Reassembler
from tests.frames import batch_of, ethernet, ipv4, ipv6, tcp, udp, vlan

DATAGRAM = udp(bytes(range(64)), 1111, 2222)


def pieces(size=24, datagram=DATAGRAM, **more):
    """The datagram in fragments of `size` bytes."""
    offsets = range(0, len(datagram), size)
    return [ipv4(datagram[o : o + size], offset=o, more=o + size < len(datagram), **more) for o in offsets]


def fragment6(payload, offset, more, identification=9, following=17):
    return ipv6(struct.pack("!BBHI", following, 0, offset | more, identification) + payload, 44)


def walk_of(frames, reassembler=None, **more):
    walk = Walk()
    batch = batch_of(frames, **more)
    walk.batch(batch)
    (reassembler or Reassembler()).update(batch, walk)
    return walk, batch


def payloads(walk, batch, name="udp"):
    table = walk.table(name)
    if table is None:
        return []
    return [bytes(batch.data[a:b]) for a, b in zip(table["inner"], table["inner_end"], strict=True)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_completes_at_the_last_one(order):
    parts = pieces()
    walk, batch = walk_of([ethernet(parts[i]) for i in order])
    assert walk.table("udp")["row"].tolist() == [2]
    assert walk.table("udp")["srcport"].tolist() == [1111]
    assert payloads(walk, batch) == [DATAGRAM[8:]]


def test_fragments_over_several_batches():
    reassembler = Reassembler()
    for part in pieces()[:-1]:
        assert walk_of([ethernet(part)], reassembler)[0].table("udp") is None
    walk, batch = walk_of([ethernet(pieces()[-1])], reassembler)
    assert payloads(walk, batch) == [DATAGRAM[8:]]
    assert (reassembler.fragments, reassembler.completed, reassembler.incomplete) == (3, 1, 0)


def test_a_missing_piece_is_never_invented():
    reassembler = Reassembler()
    first, _, last = pieces()
    walk, _ = walk_of([ethernet(first), ethernet(last), ethernet(last)], reassembler)
    assert walk.table("udp") is None
    assert reassembler.incomplete == 1
    assert reassembler.missed() == [1, 2, 3]


def test_the_same_identification_serves_again_after_completion():
    frames = [ethernet(part) for part in pieces() + pieces()]
    walk, batch = walk_of(frames)
    assert walk.table("udp")["row"].tolist() == [2, 5]
    assert payloads(walk, batch) == [DATAGRAM[8:]] * 2


def test_the_lower_offset_wins_and_disagreement_is_told():
    reassembler = Reassembler()
    first, second, last = pieces()
    liar = ipv4(b"\xff" * 32, offset=16, more=True)
    walk, batch = walk_of([ethernet(part) for part in (first, liar, second, last)], reassembler)
    whole = DATAGRAM[:24] + b"\xff" * 24 + DATAGRAM[48:]
    assert payloads(walk, batch) == [whole[8:]]
    assert (reassembler.conflicts, reassembler.disagreeing) == ([2, 3], 2)


def test_frames_that_disagree_are_counted_beyond_those_remembered(monkeypatch):
    monkeypatch.setattr(fragments, "MAX_FRAMES", 3)
    reassembler = Reassembler()
    first, second, last = pieces()
    liar = ipv4(b"\xff" * 8, offset=24, more=True)
    walk_of([ethernet(part) for part in (first, second, *[liar] * 5, last)], reassembler)
    assert (reassembler.conflicts, reassembler.disagreeing) == ([3, 4, 5], 5)


def test_two_vlans_are_two_datagrams():
    first, second, last = pieces()
    frames = [ethernet(vlan(part, tag), 0x8100) for part in (first, second, last) for tag in (1, 2)]
    walk, _ = walk_of(frames)
    assert walk.table("udp")["row"].tolist() == [4, 5]


def test_a_cut_first_fragment_still_shows_its_ports():
    whole = ethernet(pieces()[0])
    walk, _ = walk_of([whole[:-4]], wire=[len(whole)])
    assert walk.table("udp")["srcport"].tolist() == [1111]
    assert walk.table("udp")["partial"].tolist() == [1]


def test_without_reassembly_first_fragments_are_dissected():
    walk, _ = walk_of([ethernet(part) for part in pieces()], Reassembler(enabled=False))
    assert walk.table("udp")["row"].tolist() == [0]
    assert walk.table("udp")["partial"].tolist() == [1]


def test_ipv6_fragments_in_reverse_with_options_behind():
    options = struct.pack("!BBBBI", 6, 0, 1, 4, 0)  # destination options, then TCP
    segment = options + tcp(b"x" * 40)
    parts = [fragment6(segment[32:], 32, 0, following=60), fragment6(segment[:32], 0, 1, following=60)]
    walk, batch = walk_of([ethernet(part, 0x86DD) for part in parts])
    assert payloads(walk, batch, "tcp") == [b"x" * 40]
    assert walk.table("tcp")["len"].tolist() == [40]


def test_an_atomic_fragment_is_a_whole_datagram():
    walk, batch = walk_of([ethernet(fragment6(DATAGRAM, 0, 0), 0x86DD)])
    assert payloads(walk, batch) == [DATAGRAM[8:]]


def test_old_pieces_time_out():
    reassembler = Reassembler()
    first, second, last = pieces()
    late = fragments.TIMEOUT_NS + 1
    walk, _ = walk_of([ethernet(part) for part in (first, second, last)], reassembler, times=[0, late, late])
    assert walk.table("udp") is None
    assert (reassembler.abandoned, reassembler.forgotten) == (1, 0)
    assert reassembler.missed() == [1, 2, 3]


def test_held_datagrams_are_capped(monkeypatch):
    monkeypatch.setattr(fragments, "MAX_DATAGRAMS", 3)
    reassembler = Reassembler()
    walk_of([ethernet(ipv4(bytes(8), identification=i, more=True)) for i in range(10)], reassembler)
    assert (reassembler.incomplete, reassembler.abandoned, reassembler.forgotten) == (3, 7, 7)
    assert reassembler.missed() == list(range(1, 11))


def test_those_that_timed_out_are_not_forgotten_for_want_of_room(monkeypatch):
    monkeypatch.setattr(fragments, "MAX_DATAGRAMS", 3)
    reassembler = Reassembler()
    frames = [ethernet(ipv4(bytes(8), identification=i, more=True)) for i in range(10)]
    walk_of(frames, reassembler, times=[i * (fragments.TIMEOUT_NS // 2) for i in range(10)])
    assert (reassembler.incomplete, reassembler.abandoned, reassembler.forgotten) == (3, 7, 0)


def test_frames_of_lost_datagrams_are_capped(monkeypatch):
    monkeypatch.setattr(fragments, "MAX_DATAGRAMS", 5)
    monkeypatch.setattr(fragments, "MAX_FRAMES", 8)
    reassembler = Reassembler()
    walk_of([ethernet(ipv4(bytes(8), identification=i, more=True)) for i in range(30)], reassembler)
    assert reassembler.missed() == list(range(1, 9))


@pytest.mark.parametrize("size", [8, 1480])
def test_held_bytes_are_capped(monkeypatch, size):
    """The smallest pieces count with what Python needs for them."""
    monkeypatch.setattr(fragments, "MAX_HELD_BYTES", 20_000)
    reassembler = Reassembler()
    frames = [ethernet(ipv4(bytes(size), identification=i % 3, offset=size * i, more=True)) for i in range(40)] * 10
    walk_of(frames, reassembler)
    assert 0 < reassembler._held <= 20_000
    assert reassembler._held == sum(datagram.held for datagram in reassembler._pending.values())
    assert reassembler.forgotten


def test_fragments_that_come_two_ways_complete_in_frame_order():
    """VLAN 0 is no VLAN, yet a layer more: pieces of one datagram are dissected in two groups."""
    first, second, last = pieces()
    frames = [ethernet(last), ethernet(vlan(second, 0), 0x8100), ethernet(first), ethernet(last)]
    walk, batch = walk_of(frames)
    assert walk.table("udp")["row"].tolist() == [2]
    assert payloads(walk, batch) == [DATAGRAM[8:]]


def test_completed_datagrams_of_different_protocols():
    """Rows stay in frame order, and what is only named is counted once for each datagram."""
    segment = tcp(b"x" * 40)
    frames = []
    for i in range(3):
        frames += [ethernet(part) for part in pieces(identification=3 * i)]
        frames += [ethernet(part) for part in pieces(datagram=segment, protocol=6, identification=3 * i + 1)]
        frames += [ethernet(part) for part in pieces(size=32, datagram=bytes(64), protocol=199, identification=3 * i + 2)]
    walk, batch = walk_of(frames)
    assert walk.table("udp")["row"].tolist() == [2, 10, 18]
    assert walk.table("tcp")["row"].tolist() == [5, 13, 21]
    assert payloads(walk, batch) == [DATAGRAM[8:]] * 3
    assert payloads(walk, batch, "tcp") == [b"x" * 40] * 3
    named = [path for path in range(len(walk.paths)) if len(walk.paths[path]) == 3 and walk.paths[path][-1] not in ("udp", "tcp")]
    assert [walk.paths.packets[path] for path in named] == [3]


def test_pieces_of_one_datagram_are_capped(monkeypatch):
    monkeypatch.setattr(fragments, "MAX_PIECES", 50)
    reassembler = Reassembler()
    walk_of([ethernet(ipv4(bytes(8), offset=8, more=True))] * 60, reassembler)
    assert reassembler.abandoned == 1


def test_a_tunnel_inside_a_reassembled_datagram_is_walked():
    inner = ipv4(DATAGRAM, source="192.0.2.1", destination="192.0.2.2")
    walk, batch = walk_of([ethernet(part) for part in pieces(datagram=inner, protocol=4)])
    assert payloads(walk, batch) == [DATAGRAM[8:]]
    assert walk.paths[walk.path_of_row()[-1]] == ("eth", "ip", "ip", "udp")
