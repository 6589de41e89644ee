"""Kind, trigger and need of every frame against the truth.

Roles: `sender` and `receiver` (the capture at that host, of the data that it sends or gets), `wire_in` and `wire_out`.
Undecidable by rule, and counted apart: the kind of a retransmission that is the first sighting of its bytes, with nothing
missing below it, where neither IP ID nor timestamps can betray the loss; the need where neither SACK nor timestamps were
negotiated. Anywhere else `unknown` is wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

ROLES = ("sender", "wire_in", "wire_out", "receiver")
FAST = {"fast_retransmit", "fast_recovery"}
NOT_SCORED = {"ambiguous", "answer", "None"}  #: triggers that the kernel does not tell, or that no timer had
LOST = {"needed"}
ARRIVED = {"needless", "needless_crossing", "premature"}


@dataclass
class Role:
    """The counts of one role."""

    kind: Counter[tuple[str, str]] = field(default_factory=Counter)  #: (truth, ours)
    acks: Counter[tuple[str, str]] = field(
        default_factory=Counter
    )  #: of doubled pure ACKs, and of acknowledgments called segments
    trigger: Counter[tuple[str, str]] = field(default_factory=Counter)
    need: Counter[tuple[str, str]] = field(default_factory=Counter)
    undecidable_kind: Counter[str] = field(default_factory=Counter)  #: what we said
    undecidable_need: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: first sightings without a hole that count as decidable: by what, what we said
    invisible: Counter[tuple[str, str]] = field(default_factory=Counter)
    unscored: Counter[str] = field(default_factory=Counter)

    def add(self, other: Role) -> None:
        """Take in other counts."""
        for name in ("kind", "acks", "trigger", "need", "undecidable_kind", "undecidable_need", "invisible", "unscored"):
            getattr(self, name).update(getattr(other, name))


@dataclass(frozen=True)
class Wrong:
    """One frame that was judged wrongly."""

    file: str
    role: str
    frame: int
    axis: str
    truth: str
    ours: str


def role_of(point: str, direction: str) -> str:
    """Sender or receiver for the captures at the hosts."""
    if point not in ("client", "server"):
        return point
    return "sender" if point == direction else "receiver"


def score(run: dict[str, Any], point: str, ours: dict[int, dict[str, Any]]) -> tuple[dict[str, Role], list[Wrong]]:
    """One capture."""
    roles = {role: Role() for role in ROLES}
    wrong: list[Wrong] = []
    capture = run["points"][point]
    truths = {int(number): truth for number, truth in capture["frames"].items()}
    for number, truth in truths.items():
        role = role_of(point, truth["direction"])
        said = ours.get(number, {"kind": "original", "trigger": None, "need": None})
        for axis, right, answer in _frame(run, truth, said, roles[role]):
            wrong.append(Wrong(capture["file"], role, number, axis, right, answer))
    for number, said in ours.items():
        if number not in truths and said["kind"] != "old_ack":
            direction = said.get("direction") or ("client" if point == "server" else "server")
            roles[role_of(point, direction)].acks["pure ack", str(said["kind"])] += 1
            wrong.append(Wrong(capture["file"], role_of(point, direction), number, "kind", "pure ack", str(said["kind"])))
    return roles, wrong


def _frame(run: dict[str, Any], truth: dict[str, Any], said: dict[str, Any], role: Role) -> list[tuple[str, str, str]]:
    kind, answer = truth["kind"], str(said["kind"])
    if kind == "mixed":
        role.unscored["superframe of several kinds"] += 1
        return []
    if kind == "network_duplicate" and truth["from"] == truth["to"]:
        role.acks[kind, answer] += 1
        return []
    if kind != "retransmission":
        role.kind[kind, answer] += 1
        return [] if _same_kind(kind, answer) else [("kind", kind, answer)]
    if truth.get("undecidable_kind"):
        role.undecidable_kind[answer] += 1
        return []
    if truth.get("invisible"):
        role.invisible[str(truth["invisible"]), answer] += 1
    role.kind[kind, answer] += 1
    if answer != "retransmission":
        return [("kind", kind, answer)]
    wrong = []
    trigger, our_trigger = str(truth.get("trigger")), str(said["trigger"])
    if trigger in NOT_SCORED:
        role.unscored[f"trigger {trigger}"] += 1
    else:
        role.trigger[trigger, our_trigger] += 1
        if trigger != our_trigger:
            wrong.append(("trigger", trigger, our_trigger))
    need, our_need = str(truth.get("need")), str(said["need"])
    if need in ("mixed", "None"):
        role.unscored["need mixed"] += 1
    elif not (run["sack"] or run["timestamps"]):
        role.undecidable_need[need, our_need] += 1
    else:
        role.need[need, our_need] += 1
        if need != our_need and not (need == "needless" and our_need == "needless_crossing"):
            wrong.append(("need", need, our_need))
    return wrong


def _same_kind(truth: str, ours: str) -> bool:
    return truth == ours or (truth == "old_ack" and ours == "original")


def f1(kind: Counter[tuple[str, str]], wanted: str = "retransmission") -> tuple[int, int, int, float]:
    """Found, missed, false alarms, F1 of one kind against all others."""
    found = kind[wanted, wanted]
    missed = sum(n for (truth, ours), n in kind.items() if truth == wanted != ours)
    false = sum(n for (truth, ours), n in kind.items() if ours == wanted != truth)
    return found, missed, false, 2 * found / (2 * found + missed + false) if found + missed + false else 1.0


def trigger_right(trigger: Counter[tuple[str, str]]) -> tuple[int, int, int]:
    """Exactly right, right when the two fast ones are one, all."""
    exact = sum(n for (truth, ours), n in trigger.items() if truth == ours)
    grouped = sum(n for (truth, ours), n in trigger.items() if truth == ours or {truth, ours} <= FAST)
    return exact, grouped, sum(trigger.values())


def lost_right(need: Counter[tuple[str, str]]) -> tuple[int, int]:
    """Whether the original was lost: right, all."""
    right = sum(
        n for (truth, ours), n in need.items() if (truth in LOST and ours in LOST) or (truth in ARRIVED and ours in ARRIVED)
    )
    return right, sum(need.values())


def told_apart(need: Counter[tuple[str, str]]) -> tuple[int, int]:
    """Of the copies whose original arrived: `premature` told from `needless`."""
    pairs = {("premature", "premature"), ("needless", "needless"), ("needless", "needless_crossing")}
    return sum(need[pair] for pair in pairs), sum(n for (truth, _), n in need.items() if truth in ARRIVED)
