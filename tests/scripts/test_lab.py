"""scripts/lab.py: policies come from their seed, the truth is right, and the laboratory refuses where it cannot work."""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from scripts.lab.counters import Reading
from scripts.lab.frame import FIN, MTU, PSH, SYN, Segment, checksum, parse, split
from scripts.lab.history import Emission, Point, Ranges, at_host, emissions, judge, kinds_at, on_wire
from scripts.lab.holds import holds
from scripts.lab.plan import random_plan
from scripts.lab.policy import DROP, MILLISECOND, PASS, Impairment, Numbering, Passing
from scripts.lab.scenarios import SCENARIOS, clean, double, drop, late
from scripts.lab.space import Refused, check
from scripts.lab.triggers import assign, totals
from scripts.lab.wire import Crossing
from tests.frames import ethernet, ipv4, ipv6, tcp

ROOT = Path(__file__).resolve().parents[2]
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"
ACK = 0x10
NEAR, FAR = 5 * MILLISECOND, 5 * MILLISECOND
TIMESTAMPS = b"\x01\x01\x08\x0a" + struct.pack("!II", 7, 9)


def program() -> ModuleType:
    """scripts/lab.py itself; `scripts.lab` is the package beside it."""
    spec = importlib.util.spec_from_file_location("lab_program", ROOT / "scripts/lab.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def segment(seq: int = 1, payload: int = 100, flags: int = ACK) -> Segment:
    found = parse(ethernet(ipv4(tcp(bytes(payload), flags, seq, 1), 6)))
    assert found is not None
    return found


def packets(count: int, sender: str = "client") -> list[Passing]:
    numbering = Numbering()
    return [numbering.passing(at * MILLISECOND, sender, segment(1 + 100 * at), True) for at in range(count)]


# policies


def test_random_plan_comes_from_its_seed() -> None:
    assert random_plan(5) == random_plan(5)
    plans = [random_plan(seed) for seed in range(200)]
    assert len({json.dumps(plan.row()) for plan in plans}) == 200
    assert {plan.ipv6 for plan in plans} == {plan.sack for plan in plans} == {plan.timestamps for plan in plans} == {False, True}
    assert {plan.congestion for plan in plans} == {"cubic", "bbr", "reno"}
    for plan in plans:
        assert 0.9 * MILLISECOND < sum(sum(pair) for pair in plan.delays.values()) < 201 * MILLISECOND
        assert all(0.001 <= one.loss <= 0.051 for one in plan.impairments.values())


def test_random_policy_comes_from_its_seed() -> None:
    hard = Impairment(0.2, 0.2, 0.05, 0.5, 0.1, (1, 1000), 0.1, (1, 1000), 500)
    plan = replace(random_plan(3), impairments={"client": hard, "server": hard})
    there, back = packets(300), packets(300, "server")
    one, two = plan.policy(), plan.policy()
    alone = [one(packet) for packet in there]
    mixed = [(two(packet), two(other))[0] for packet, other in zip(there, back, strict=True)]
    assert alone == mixed, "what one direction suffers does not depend on the other"
    assert {len(copies) for copies in alone} == {0, 1, 2}
    other = replace(plan, seed=4).policy()
    assert alone != [other(packet) for packet in there]


def test_jitter_keeps_the_order() -> None:
    policy = replace(random_plan(3), impairments={"client": Impairment(jitter=5 * MILLISECOND)}).policy()
    leaves = [packet.time + policy(packet)[0] for packet in packets(200)]
    assert leaves == sorted(leaves)
    assert len({policy(packet)[0] for packet in packets(20)}) > 1


def test_scripted_policies() -> None:
    ten = packets(10)
    again = replace(ten[4], copy=2)
    assert [packet.number for packet in ten if drop(5)()(packet) == DROP] == [5]
    assert drop(5)()(again) == PASS
    assert drop(5, copies=2)()(again) == DROP
    assert drop(5)()(replace(ten[4], armed=False)) == PASS
    assert late(5, 2)()(ten[4]) == [2 * MILLISECOND]
    assert double(5, 1)()(ten[4]) == [0, MILLISECOND]
    assert all(clean()(packet) == PASS for packet in ten)
    names = [plan.name for plan, _ in SCENARIOS]
    assert len(names) == len(set(names)) >= 30


def test_numbering_keeps_the_number_of_a_repetition() -> None:
    numbering = Numbering()
    seen = [numbering.passing(0, "client", segment(seq), True) for seq in (1, 101, 201, 101, 151, 301)]
    assert [(one.number, one.copy) for one in seen] == [(1, 1), (2, 1), (3, 1), (2, 2), (0, 2), (4, 1)]


# frames


@pytest.mark.parametrize("six", [False, True])
def test_superframe(six: bool) -> None:
    body = bytes(range(256)) * 16
    header = tcp(body, ACK | PSH | FIN, 1000, 5, TIMESTAMPS)
    frame = ethernet(ipv6(header, 6), 0x86DD) if six else ethernet(ipv4(header, 6, identification=65535))
    pieces = split(frame)
    parsed = [parse(piece) for piece in pieces]
    assert all(len(piece) <= 14 + MTU for piece in pieces)
    assert b"".join(piece[-one.payload :] for piece, one in zip(pieces, parsed, strict=True) if one) == body
    assert [one.flags for one in parsed if one] == [ACK] * (len(pieces) - 1) + [ACK | PSH | FIN]
    at = 1000
    for number, (piece, one) in enumerate(zip(pieces, parsed, strict=True)):
        assert one is not None
        assert one.seq == at
        at += one.payload
        start = 54 if six else 34
        addresses = piece[22:54] if six else piece[26:34]
        assert checksum(addresses + struct.pack("!HH", 6, len(piece) - start) + piece[start:]) == 0
        if not six:
            assert one.ip_id == (65535 + number) % 65536
            assert checksum(piece[14:34]) == 0


# truth


class Story:
    """A hand-made history: who sends what when, and what the wire does with it."""

    def __init__(self) -> None:
        self.crossings: list[Crossing] = []
        self.raw: list[tuple[str, bytes]] = []

    def send(self, sender: str, ms: float, frame: bytes, *extra: float) -> None:
        """In ms; `extra` is the delay of each copy that goes on, none if it is lost."""
        time = int(ms * MILLISECOND)
        leaves = [time + NEAR + int(one * MILLISECOND) for one in extra]
        sent = [one + FAR for one in leaves]
        self.crossings.append(Crossing(sender, len(self.raw), time, frame, time + NEAR, leaves, sent))
        self.raw.append((sender, frame))

    def data(self, ms: float, seq: int, length: int, *extra: float, flags: int = ACK) -> None:
        identification = len(self.raw) + 1
        header = tcp(bytes(length), flags, seq, 1)
        self.send("client", ms, ethernet(ipv4(header, 6, CLIENT, SERVER, identification)), *extra)

    def ack(self, ms: float, ack: int, window: int = 500) -> None:
        header = struct.pack("!HHIIBBHHH", 80, 4000, 1, ack, 0x50, ACK, window, 0, 0)
        self.send("server", ms, ethernet(ipv4(header, 6, SERVER, CLIENT, len(self.raw) + 1)), 0)

    def capture(self, side: str) -> list[tuple[int, bytes]]:
        out = [(one.time, one.frame) for one in self.crossings if one.sender == side]
        into = [(moment, one.frame) for one in self.crossings if one.sender != side for moment in one.sent]
        return sorted(out + into)

    def told(self) -> tuple[list[Emission], dict[str, Point]]:
        sent = emissions(self.crossings)
        points = {side: at_host(self.capture(side), side, sent, self.raw) for side in ("client", "server")}
        points |= {"wire_in": on_wire(sent, False)[0], "wire_out": on_wire(sent, True)[0]}
        judge(sent)
        return sent, points


def shown(point: Point) -> list[str]:
    """The kinds of a capture's frames, in its order, without what is an original."""
    kinds = kinds_at(point)
    ordered = [kinds[one.emission.number, one.copy] for number in sorted(point.frames) for one in point.frames[number]]
    return [kind for kind in ordered if kind != "original"]


def test_lost_and_repaired() -> None:
    story = Story()
    story.data(0, 1000, 0, 0, flags=SYN)
    story.data(20, 1001, 100, 0)
    story.data(21, 1101, 100)  # lost
    story.data(22, 1201, 100, 0)
    story.data(50, 1101, 100, 0)
    story.data(60, 1101, 100, 0)  # needless
    sent, points = story.told()
    assert [(one.kind, one.need) for one in sent[4:]] == [("retransmission", "needed"), ("retransmission", "needless")]
    assert sent[4].arrival == 60 * MILLISECOND
    assert sent[5].brought == [0]
    for point in points.values():
        assert shown(point) == ["retransmission"] * 2
        assert not point.missing and not point.unmatched
    assert len(points["wire_in"].frames) == 6
    assert len(points["wire_out"].frames) == len(points["server"].frames) == 5


def test_late_original_and_premature_repetition() -> None:
    story = Story()
    story.data(0, 1000, 0, 0, flags=SYN)
    story.data(20, 1001, 100, 500)
    story.data(21, 1101, 100, 0)
    story.data(40, 1001, 100, 0)
    sent, points = story.told()
    assert sent[3].need == "premature"
    assert shown(points["client"]) == shown(points["wire_in"]) == ["retransmission"]
    assert shown(points["wire_out"]) == shown(points["server"]) == ["retransmission", "late_original"]


def test_reordered_and_doubled() -> None:
    story = Story()
    story.data(0, 1000, 0, 0, flags=SYN)
    story.data(20, 1001, 100, 3)
    story.data(21, 1101, 100, 0, 1)
    _, points = story.told()
    assert shown(points["wire_in"]) == []
    assert shown(points["server"]) == ["network_duplicate", "reordered"]


def test_probes() -> None:
    story = Story()
    story.data(0, 1000, 0, 0, flags=SYN)
    story.data(20, 1001, 100, 0)
    story.ack(30, 1101)
    story.data(500, 1100, 0, 0)
    story.ack(510, 1101, window=0)
    story.data(900, 1100, 0, 0)
    sent, _ = story.told()
    assert [one.kind for one in sent if one.crossing.sender == "client"][2:] == ["keep_alive", "window_probe"]


def test_refused_for_its_old_timestamp() -> None:
    """The original comes after its repetition and later data: the host throws it away, and a hole behind it stays open."""
    story = Story()

    def data(ms: float, seq: int, stamp: int, *extra: float, flags: int = ACK) -> None:
        options = b"\x01\x01\x08\x0a" + struct.pack("!II", stamp, 0)
        frame = ethernet(ipv4(tcp(bytes(0 if flags & SYN else 100), flags, seq, 1, options), 6, CLIENT, SERVER))
        story.send("client", ms, frame, *extra)

    data(0, 1000, 1, 0, flags=SYN)
    data(20, 1001, 20)  # lost
    data(21, 1101, 21, 40)  # late
    data(22, 1201, 22, 0)
    data(40, 1001, 40, 0)  # fills the first hole: the newest timestamp is now 40
    data(70, 1101, 70, 0)
    story.ack(11, 1001)
    sent, _ = story.told()
    late_one, needed = (one for one in sent if one.start == 101)
    assert late_one.refused == {0: 71 * MILLISECOND}
    assert (late_one.arrival, needed.need) == (None, "needed")
    (stall,), _ = holds([one for one in sent if one.crossing.sender == "client"], [])
    assert (stall.start, stall.end) == (32 * MILLISECOND, 80 * MILLISECOND)


def test_refused_when_superfluous() -> None:
    """Its repetition had come before: the repetition was premature, whatever became of the original."""
    story = Story()
    for ms, seq, stamp, extra in ((0, 1000, 1, 0), (20, 1001, 20, 90), (21, 1101, 21, 0), (60, 1001, 60, 0), (70, 1201, 70, 0)):
        options = b"\x01\x01\x08\x0a" + struct.pack("!II", stamp, 0)
        flags, size = (SYN, 0) if ms == 0 else (ACK, 100)
        story.send("client", ms, ethernet(ipv4(tcp(bytes(size), flags, seq, 1, options), 6, CLIENT, SERVER)), extra)
        if ms in (0, 60):
            story.ack(ms + 11, 1001 if ms == 0 else 1201)
    sent, _ = story.told()
    original, repetition = (one for one in sent if one.start == 1 and one.segment.payload)
    assert original.refused
    assert repetition.need == "premature"


def test_probe_with_new_data() -> None:
    story = Story()
    story.data(0, 1000, 0, 0, flags=SYN)
    story.data(20, 1001, 100, 0)
    story.data(90, 1101, 100, 0)
    sent, _ = story.told()
    assign(sent, [Reading(int(89.8 * MILLISECOND), int(90.1 * MILLISECOND), {"TCPLossProbes": 1})])
    assert [one.probe for one in sent] == [False, False, True]
    assert totals(sent)["TCPLossProbes"] == 1


def test_ranges() -> None:
    ranges = Ranges()
    assert [ranges.add(*one) for one in ((0, 10), (20, 30), (5, 25), (0, 30), (40, 40))] == [10, 10, 10, 0, 0]
    assert ranges.ranges == [(0, 30)]


def test_triggers_from_counters() -> None:
    story = Story()
    story.data(0, 1000, 0, 0, flags=SYN)
    for number in range(6):
        story.data(20 + number, 1001 + 100 * number, 100, 0)
    for ms, number in ((60, 0), (61, 1), (90, 5), (300, 2), (340, 3), (350, 4)):
        story.data(ms, 1001 + 100 * number, 100, 0)
    sent, _ = story.told()

    def reading(ms: float, **steps: int) -> Reading:
        return Reading(int((ms - 0.3) * MILLISECOND), int((ms + 0.1) * MILLISECOND), steps)

    readings = [
        reading(60, TCPSackRecovery=1, TCPFastRetrans=1),
        reading(61, TCPFastRetrans=1),
        reading(90, TCPLossProbes=1),
        reading(300, TCPTimeouts=1),
        reading(340, TCPSlowStartRetrans=1),
        reading(350, TCPSlowStartRetrans=1, TCPFastRetrans=1),
    ]
    assign(sent, readings)
    found = [one.trigger for one in sent if one.kind == "retransmission"]
    assert found == ["fast_retransmit", "fast_recovery", "tlp", "rto", "rto_recovery", "ambiguous"]
    assert totals(sent)["TCPFastRetrans"] == 2


def test_stall() -> None:
    story = Story()
    story.data(0, 1000, 0, 0, flags=SYN)
    story.data(20, 1001, 100, 0)
    story.data(21, 1101, 100)
    story.data(22, 1201, 100, 0)
    story.data(23, 1301, 50, 0)
    story.data(50, 1101, 100, 0)
    sent, _ = story.told()
    reads = [(30 * MILLISECOND + 40_000, 100), (60 * MILLISECOND + 70_000, 350)]
    (stall,), delays = holds(sent, reads)
    assert (stall.start, stall.end) == (32 * MILLISECOND, 60 * MILLISECOND)
    assert (stall.missing_from, stall.missing_to, stall.held_to, stall.held) == (100, 200, 350, 150)
    assert stall.application == 60 * MILLISECOND + 70_000
    assert delays == [40_000]


# the program


def test_refuses_without_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Refused, match="root"):
        check()
    monkeypatch.setattr(sys, "argv", ["lab.py", str(tmp_path / "out")])
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert program().main() == 2
    assert "run it as root" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_real_run(tmp_path: Path) -> None:
    """A lost segment, really lost: the kernel's counters, the captures and the truth agree."""
    try:
        check()
    except Refused as reason:
        pytest.skip(str(reason))
    command = [sys.executable, str(ROOT / "scripts/lab.py"), str(tmp_path), "--scenario", "drop5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    run = json.loads((tmp_path / "drop5.json").read_text())
    assert {path.suffix for path in tmp_path.iterdir()} == {".pcap", ".json"}
    again = [one for one in run["points"]["client"]["frames"].values() if one["kind"] == "retransmission"]
    assert [(one["trigger"], one["need"], one["first"]) for one in again] == [("fast_retransmit", "needed", True)]
    assert all(kernel == ours for kernel, ours in run["counters_explained"]["client"].values())
    assert not any(point["missing"] or point["unmatched"] for point in run["points"].values())
    assert len(run["stalls"]) == 1
    assert run["stalls"][0]["end_ns"] < run["stalls"][0]["application_ns"]
