"""The scripted scenarios: one phenomenon each, as a small policy over the packets of one flight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .frame import ACK, FIN, SYN
from .plan import Plan, delays
from .policy import DROP, MILLISECOND, PASS, Passing, Policy

MakePolicy = Callable[[], Policy]


def clean() -> Policy:
    """Nothing happens."""
    return lambda packet: PASS


def _numbered(packet: Passing) -> bool:
    return packet.armed and packet.sender == "client" and packet.number > 0


def drop(*numbers: int, copies: int = 1, and_probe_of: int = 0) -> MakePolicy:
    """Lose these segments of the flight, and their repetitions up to so many copies; of one also its second copy."""

    def decide(packet: Passing) -> list[int]:
        lost = max(copies, 2 if packet.number == and_probe_of else 1)
        return DROP if _numbered(packet) and packet.number in numbers and packet.copy <= lost else PASS

    return lambda: decide


def late(number: int, by: float) -> MakePolicy:
    """Hold one segment back, so that others overtake it; in ms."""

    def decide(packet: Passing) -> list[int]:
        return [int(by * MILLISECOND)] if _numbered(packet) and (packet.number, packet.copy) == (number, 1) else PASS

    return lambda: decide


def double(number: int, lag: float) -> MakePolicy:
    """The network delivers one segment twice; in ms."""

    def decide(packet: Passing) -> list[int]:
        return [0, int(lag * MILLISECOND)] if _numbered(packet) and (packet.number, packet.copy) == (number, 1) else PASS

    return lambda: decide


def spike(by: float = 500, window: float = 20) -> MakePolicy:
    """The path stands still: whatever data is sent in the first `window` ms comes `by` ms later."""

    def make() -> Policy:
        first: list[int] = []

        def decide(packet: Passing) -> list[int]:
            if not _numbered(packet):
                return PASS
            first.append(packet.time)
            return [int(by * MILLISECOND)] if packet.time - first[0] < window * MILLISECOND else PASS

        return decide

    return make


def no_acks(seconds: float) -> MakePolicy:
    """Every pure ACK of the server is lost for so long."""

    def make() -> Policy:
        first: list[int] = []

        def decide(packet: Passing) -> list[int]:
            if not packet.armed or packet.sender == "client" or packet.segment.length:
                return PASS
            first.append(packet.time)
            return DROP if packet.time - first[0] < seconds * 1000 * MILLISECOND else PASS

        return decide

    return make


def drop_first(sender: str, flags: int, mask: int = SYN | ACK | FIN, pure: bool = False) -> MakePolicy:
    """Lose the first packet with just these flags."""

    def make() -> Policy:
        lost: list[Passing] = []

        def decide(packet: Passing) -> list[int]:
            same = packet.sender == sender and packet.segment.flags & mask == flags
            if not same or lost or (pure and packet.segment.length):
                return PASS
            lost.append(packet)
            return DROP

        return decide

    return make


def _burst(name: str, note: str, segments: int = 10, **changes: object) -> Plan:
    arguments: dict[str, object] = {
        "segments": segments,
        **{key: changes.pop(key) for key in ("after", "warm", "tail", "wait") if key in changes},
    }
    return replace(Plan(name, "burst", arguments=arguments, note=note), **changes)  # type: ignore[arg-type]


LAN, WAN = delays(MILLISECOND // 2), delays(100 * MILLISECOND)

SCENARIOS: list[tuple[Plan, MakePolicy]] = [
    (_burst("clean", "no impairment", 20), clean),
    (_burst("drop5", "the 5th of 10 segments lost: fast retransmit"), drop(5)),
    (_burst("drop_last", "the last segment lost: repaired by the tail loss probe", after=0.6), drop(10)),
    (_burst("drop_last_and_probe", "the last segment and its probe lost: timeout", after=1.2), drop(10, copies=2)),
    (_burst("drop_4to10", "segments 4 to 10 lost: probe, then recovery", after=1.0), drop(*range(4, 11))),
    (
        _burst("drop_all", "a whole flight and its probe lost: timeout, then slow start", after=1.5),
        drop(*range(1, 11), and_probe_of=10),
    ),
    (_burst("delay_spike", "a flight 500 ms late, nothing lost: needless probe and timeout", after=1.0), spike()),
    (_burst("reorder_2ms", "the 5th segment 2 ms late"), late(5, 2)),
    (_burst("reorder_15ms", "the 5th segment 15 ms late: needless fast retransmit, D-SACK"), late(5, 15)),
    (_burst("reorder_30ms", "the 5th segment 30 ms late: its repetition comes first"), late(5, 30)),
    (_burst("network_duplicate", "the network doubles the 5th segment, 1 ms later"), double(5, 1)),
    (_burst("acks_lost", "no pure ACK for 700 ms: needless probe and timeout", after=1.5), no_acks(0.7)),
    (_burst("syn_lost", "the first SYN lost", 3), drop_first("client", SYN)),
    (_burst("synack_lost", "the first SYN/ACK lost", 3), drop_first("server", SYN | ACK)),
    (_burst("third_ack_lost", "the third ACK lost, then 1.5 s of silence", 3, wait=1.5), drop_first("client", ACK, pure=True)),
    (
        Plan(
            "zero_window", "slow_reader", arguments={"size": 60_000, "sleep": 2.2, "receive_buffer": 8192}, note="no read for 2 s"
        ),
        clean,
    ),
    (Plan("keep_alive", "idle", arguments={"sleep": 3.3, "keep_alive": True}, note="keep-alives each second"), clean),
    (
        Plan("one_byte_lost", "small_writes", arguments={"rounds": 3, "size": 1, "pause": 0.15}, note="a lost write of one byte"),
        drop(2),
    ),
    (_burst("two_losses", "two losses in one flight", 20), drop(4, 8)),
    (_burst("three_adjacent", "three adjacent losses", 20), drop(4, 5, 6)),
    (
        Plan("single_lost", "small_writes", arguments={"rounds": 1, "size": 300, "answer": 200}, note="a lost request: probe"),
        drop(1),
    ),
    (_burst("repair_lost", "a segment and its fast retransmission lost", 20, after=0.8), drop(5, copies=2)),
    (_burst("drop5_no_sack", "without SACK: duplicate ACKs", 20, sack=False), drop(5)),
    (_burst("two_losses_no_sack", "without SACK, two losses", 20, sack=False), drop(4, 8)),
    (_burst("delay_spike_no_sack", "without SACK, a flight 500 ms late", after=1.0, sack=False), spike()),
    (_burst("drop5_no_timestamps", "without timestamps", timestamps=False), drop(5)),
    (_burst("reorder_15ms_no_timestamps", "without timestamps, the 5th segment 15 ms late", timestamps=False), late(5, 15)),
    (_burst("fin_lost", "the FIN lost", 3), drop_first("client", FIN | ACK)),
    (_burst("lan_reorder", "RTT 1 ms, the 5th segment 1 ms late", delays=LAN), late(5, 1)),
    (_burst("lan_drop5", "RTT 1 ms, the 5th segment lost", delays=LAN), drop(5)),
    (_burst("wan_drop5", "RTT 200 ms, the 5th segment lost", delays=WAN), drop(5)),
    (_burst("wan_drop_last", "RTT 200 ms, the last segment lost", after=1.5, delays=WAN), drop(10)),
    (
        Plan(
            "window_full",
            "slow_reader",
            arguments={"size": 200_000, "sleep": 0.3, "between": 0.05, "receive_buffer": 16384},
            note="the receiver's window limits the sender",
        ),
        clean,
    ),
    (
        Plan(
            "nagle",
            "small_writes",
            arguments={"rounds": 8, "size": 60, "writes": 2, "nagle": True, "warm": 2},
            note="two small writes for each answer: Nagle waits for the delayed ACK",
        ),
        clean,
    ),
    (
        Plan("slow_server", "chatty", arguments={"talk": [(200, 3000)] * 5, "think": 0.3}, note="the server thinks for 300 ms"),
        clean,
    ),
    (
        Plan("idle_client", "chatty", arguments={"talk": [(200, 3000)] * 5, "pause": 0.4}, note="the client waits for 400 ms"),
        clean,
    ),
]
