"""The engine: groups, depth, unknown protocols, arenas that grow."""

import numpy as np

from analyzer.batch import BATCH_ROWS
from analyzer.dissect.walk import MAX_DEPTH, Walk
from analyzer.fault import Fault
from tests.frames import batch_of, ethernet, ipv4, ipv6, tcp, udp, vlan


def walked(*arguments, **more):
    walk = Walk()
    walk.batch(batch_of(*arguments, **more))
    return walk


def paths(walk):
    return [":".join(walk.paths[path]) for path in walk.path_of_row()]


def test_layers_of_mixed_frames_come_in_frame_order():
    frames = [ethernet(ipv4(tcp(), 6)), ethernet(ipv6(tcp(), 6), 0x86DD), ethernet(ipv4(udp())), ethernet(ipv4(tcp(), 6))]
    walk = walked(frames)
    assert walk.table("tcp")["row"].tolist() == [0, 1, 3]
    assert walk.table("tcp")["version"].tolist() == [4, 6, 4]
    assert walk.table("udp")["row"].tolist() == [2]
    assert paths(walk) == ["eth:ip:tcp", "eth:ipv6:tcp", "eth:ip:udp", "eth:ip:tcp"]


def test_a_protocol_that_stands_twice_has_two_entries():
    inner = vlan(ipv4(udp()), 7)
    walk = walked([ethernet(vlan(inner, 100, 0x8100), 0x9100), ethernet(inner, 0x8100)])
    assert walk.table("vlan")["row"].tolist() == [0, 0, 1]
    assert walk.table("vlan")["id"].tolist() == [100, 7, 7]
    assert walk.table("vlan")["depth"].tolist() == [1, 2, 1]


def test_more_occurrences_than_rows_of_a_batch():
    walk = walked([ethernet(vlan(vlan(ipv4(udp()), 7), 100, 0x8100), 0x9100)] * BATCH_ROWS)
    assert len(walk.table("vlan")) == 2 * BATCH_ROWS
    assert (walk.table("vlan")["id"].reshape(-1, 2) == [100, 7]).all()
    assert len(walk.table("udp")) == BATCH_ROWS


def test_unknown_is_counted_by_name_and_is_no_fault():
    walk = walked([ethernet(b"?", 0x1234), ethernet(ipv4(b"?", 253)), b"?"], linktype=[1, 1, 300])
    assert [name.count("1234") + name.count("253") + name.count("300") for name in paths(walk)] == [1, 1, 1]
    assert not walk.faults


def test_depth_is_capped():
    packet = udp()
    for _ in range(MAX_DEPTH + 5):
        packet = ipv4(packet, 4 if packet[0] == 0x45 else 17)
    walk = walked([ethernet(packet)])
    assert len(walk.table("ip")) == MAX_DEPTH
    assert walk.table("udp") is None
    assert walk.too_deep == 1


def test_the_frame_check_sequence_is_no_payload():
    frame = ethernet(ipv4(tcp(b"abc"), 6, total=0)) + b"\1\2\3\4"
    assert walked([frame], fcs_length=4).table("tcp")["len"].tolist() == [3]
    assert walked([frame]).table("tcp")["len"].tolist() == [7]


def test_faults_name_the_layer_and_whose_length_lied():
    whole = ethernet(ipv4(tcp(), 6))
    walk = walked([whole[:20], whole[:40], ethernet(b"\x45")], wire=[len(whole), len(whole), 15])
    assert walk.faults == {("ip", Fault.SNAP_LENGTH): 1, ("ip", Fault.SHORT): 1, ("tcp", Fault.SNAP_LENGTH): 1}


def test_results_of_one_batch_do_not_reach_the_next():
    walk = Walk()
    walk.batch(batch_of([ethernet(ipv4(tcp(), 6))] * 3))
    walk.batch(batch_of([ethernet(ipv4(udp()))]))
    assert walk.table("tcp") is None
    assert paths(walk) == ["eth:ip:udp"]
    assert walk.paths.packets[walk.paths.index(("eth", "ip", "tcp"))] == 3


def test_an_empty_batch_is_walked():
    walk = walked([])
    assert walk.table("eth") is None
    assert np.array_equal(walk.path_of_row(), [])


def test_paths_are_capped(monkeypatch):
    monkeypatch.setattr("analyzer.dissect.paths.MAX_PATHS", 3)
    walk = walked([ethernet(ipv4(udp())), ethernet(ipv6(udp(), 17), 0x86DD), ethernet(bytes(20), 0x1234)])
    assert list(walk.paths) == [(), ("eth",), ("eth", "ip"), ("...",), ("...", "ipv6"), ("...", "udp")]
    assert walk.paths.packets == [0, 4, 1, 0, 1, 2]  # the last frame counts for eth a second time: what it carries has no path
    assert walk.paths.not_told_apart
    assert len(walk.table("udp")) == 2
