"""scripts/lab_score.py: what is right, wrong, undecidable and not scored, on hand-made runs."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from scripts.lab import pcapfile
from scripts.lab.scoring import frames, reference, stalls, tables, verdicts
from tests.frames import ethernet, ipv4, tcp

ROOT = Path(__file__).resolve().parents[2]
MS = 1_000_000


def row(kind: str = "original", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "direction": "client", "stream": 0, "from": 1, "to": 101, **more}


def again(trigger: str = "rto", need: str = "needed", **more: Any) -> dict[str, Any]:
    return row("retransmission", trigger=trigger, need=need, **more)


def run(truth: dict[int, dict[str, Any]], **more: Any) -> dict[str, Any]:
    point = {"file": "x.client.pcap", "frames": {str(number): one for number, one in truth.items()}}
    return {"sack": True, "timestamps": True, "stalls": [], "application_waits": True, "points": {"client": point}, **more}


def said(kind: str = "retransmission", trigger: str | None = None, need: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "trigger": trigger, "need": need}


def test_frames() -> None:
    truth = {
        1: row(),
        2: row(),
        3: again(),
        4: again("tlp", "needless"),
        5: again("rto", "premature"),
        6: row("reordered"),
        7: again(),
    }
    ours = {
        2: said(),
        3: said("retransmission", "rto", "needed"),
        4: said("retransmission", "unknown", "needless_crossing"),
        5: said("retransmission", "rto", "needless"),
        6: said("reordered"),
    }
    roles, wrong = frames.score(run(truth), "client", ours)
    sender = roles["sender"]
    assert frames.f1(sender.kind)[:3] == (3, 1, 1)
    assert frames.f1(sender.kind)[3] == 0.75
    assert frames.trigger_right(sender.trigger) == (2, 2, 3)
    assert frames.lost_right(sender.need) == (3, 3)
    assert frames.told_apart(sender.need) == (1, 2)
    assert [(one.frame, one.axis) for one in wrong] == [(2, "kind"), (4, "trigger"), (5, "need"), (7, "kind")]
    assert not roles["receiver"].kind


def test_undecidable_by_rule() -> None:
    hidden = again(undecidable_kind=True)
    roles, wrong = frames.score(run({1: hidden, 2: hidden}), "client", {2: said("retransmission", "rto", "needed")})
    assert roles["sender"].undecidable_kind == Counter({"original": 1, "retransmission": 1})
    assert not roles["sender"].kind
    assert not wrong
    blind = run({1: again()}, sack=False, timestamps=False)
    roles, wrong = frames.score(blind, "client", {1: said("retransmission", "rto", "unknown")})
    assert roles["sender"].undecidable_need == Counter({("needed", "unknown"): 1})
    assert not wrong
    roles, wrong = frames.score(run({1: again()}), "client", {1: said("retransmission", "unknown", "unknown")})
    assert [one.axis for one in wrong] == ["trigger", "need"], "elsewhere unknown is wrong"


def test_not_scored() -> None:
    truth = {1: again("ambiguous", "mixed"), 2: again("answer"), 3: row("mixed")}
    ours = {number: said("retransmission", "rto", "needed") for number in (1, 2, 3)}
    roles, wrong = frames.score(run(truth), "client", ours)
    assert roles["sender"].unscored.total() == 4
    assert not roles["sender"].trigger
    assert not wrong


def test_a_verdict_on_a_pure_ack_is_wrong() -> None:
    roles, wrong = frames.score(run({1: row()}), "client", {2: said() | {"direction": "client"}})
    assert roles["sender"].acks == Counter({("pure ack", "retransmission"): 1})
    assert [(one.frame, one.truth) for one in wrong] == [(2, "pure ack")]


def test_verdicts_of_rows() -> None:
    rows: list[dict[str, Any]] = [
        {"frame": 1, "verdict": None, "kind": "window_update"},
        {"frame": 2, "verdict": "gap_open"},
        {"frame": 3, "verdict": "retransmission", "trigger": "tlp", "need": "needed", "direction": "client"},
        {"frame": 3, "verdict": None, "kind": "zero_window"},
        {"frame": 4, "verdict": "duplicate_ack"},
    ]
    assert verdicts.of_frames(rows) == {3: {"kind": "retransmission", "trigger": "tlp", "need": "needed", "direction": "client"}}


def hold(start: float, duration: float, low: int, high: int, **more: Any) -> dict[str, Any]:
    times = {"start_ns": int(start * MS), "end_ns": int((start + duration) * MS), "duration_ns": int(duration * MS)}
    return {"direction": "client", "stream": 0, "missing_from": low, "missing_to": high, **times, **more}


def test_stalls() -> None:
    first = hold(100, 30, 1000, 2000, held_to=9000, application_ns=int(130.1 * MS))
    second = hold(300, 5, 20_000, 21_000, held_to=25_000, application_ns=None)
    ours = [hold(150, 10, 1000, 2000), hold(165, 16, 5000, 6000), hold(500, 3, 50_000, 51_000)]
    found = stalls.score(run({}, stalls=[first, second]), "client", ours)["sender", True]
    assert (found.true, found.found, len(found.missed), len(found.false)) == (2, 1, 1, 1)
    assert found.by_arrival == [1 * MS], "from the start of the first to the end of the last"
    assert found.by_application == [int(0.9 * MS)]
    assert stalls.spread(found.by_application).endswith("100.0% < 1 ms")


def test_whole_program(tmp_path: Path) -> None:
    """On a capture that another program judges: its only verdict is right."""
    data = [ethernet(ipv4(tcp(b"x" * 10, 0x18, seq), 6)) for seq in (1, 11, 11)]
    pcapfile.write(tmp_path / "x.client.pcap", [(at * MS, frame) for at, frame in enumerate(data)])
    truth = run({1: row(), 2: row(), 3: again()}, name="x", actions=[], application_delay_ns={"client": [1000]})
    (tmp_path / "x.json").write_text(json.dumps(truth))
    judge = tmp_path / "judge.py"
    verdict = {"frame": 3, "verdict": "retransmission", "trigger": "rto", "need": "needed", "direction": "client"}
    judge.write_text(f"import sys\nif sys.argv[1] == 'tcp':\n    print({json.dumps(json.dumps(verdict))})\n")
    command = [sys.executable, str(ROOT / "scripts/lab_score.py"), str(tmp_path), "--wrong"]
    done = subprocess.run([*command, "--analyzer", shlex.join([sys.executable, str(judge)])], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "sender    retransmission F1 1.0000 (found 1, missed 0, false 0)" in done.stdout
    assert done.stdout.rstrip().endswith("== wrong")


def test_reference_format(tmp_path: Path) -> None:
    """Frames without an entry are originals; counters are compared with our triggers at the sender."""
    options = b"\x02\x04\x05\xb4\x04\x02\x01\x01"
    syn = ethernet(ipv4(tcp(b"", 0x02, 0, 0, options), 6))
    data = [ethernet(ipv4(tcp(b"x" * 10, 0x18, seq), 6)) for seq in (1, 11, 1)]
    for letter in "AB":
        pcapfile.write(tmp_path / f"s.{letter}.pcap", [(at * MS, frame) for at, frame in enumerate([syn, *data])])
    entry = {"truth": "retransmission", "trigger": "tlp", "earlier_copy_delivered": True, "this_copy_arrived_first": False}
    points = {letter: {"file": f"s.{letter}.pcap", "frames": {"4": entry}} for letter in "AB"}
    scenario = {"name": "s", "kernel_counters_client": {"TCPLossProbes": 1}, "kernel_counters_server": {}, "points": points}
    (tmp_path / "truth.json").write_text(json.dumps([scenario]))
    (loaded,) = reference.load(tmp_path)
    assert (loaded["sack"], loaded["timestamps"]) == (True, False)
    kinds = {number: one["kind"] for number, one in loaded["points"]["client"]["frames"].items()}
    assert kinds == {"1": "original", "2": "original", "3": "original", "4": "retransmission"}
    assert loaded["points"]["client"]["frames"]["4"]["need"] == "needless"
    ours: dict[str, dict[int, dict[str, Any]]] = {"client": {4: said("retransmission", "tlp", "needless")}, "server": {}}
    assert reference.counters(loaded, ours) == (10, [])
    ours["client"][4]["trigger"] = "rto"
    right, wrong = reference.counters(loaded, ours)
    assert (right, len(wrong)) == (8, 2)


def test_tables() -> None:
    roles = {role: frames.Role() for role in frames.ROLES}
    roles["sender"].kind["retransmission", "original"] += 3
    text = "\n".join(tables.frames(roles, {}))
    assert "missed 3" in text
    assert list(tables.matrix(Counter({("a", "b"): 2}), "kind")) == ["kind       b", "a          2"]
