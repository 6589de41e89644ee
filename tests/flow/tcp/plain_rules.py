"""Part 1.4-1.11 of WIRESHARK.md once more: slow, with lists and objects, one rule after the other as the text has them.

Written for whole, undamaged segments between one pair of ends per port pair; it shares nothing with the kernels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.flow.tcp.ladder import EPOCH, Ladder, Segment

SPACE = 1 << 32
LIST_LIMIT = 10_000


def signed(difference: int) -> int:
    difference %= SPACE
    return difference - SPACE if difference >= SPACE // 2 else difference


def later(a: int, b: int) -> bool:
    return signed(b - a) < 0


def earlier(a: int, b: int) -> bool:
    return signed(a - b) < 0


def not_later(a: int, b: int) -> bool:
    return signed(a - b) <= 0


def below(time: int, limit: int) -> bool:
    return time % (1 << 64) < limit % (1 << 64)


@dataclass
class Sent:
    frame: int
    seq: int
    end: int
    time: int


@dataclass
class Side:
    base: int = 0
    base_known: bool = False
    high: int = 0
    high_frame: int = 0
    high_time: int = 0
    contiguous: int = 0
    ack: int = 0
    ack_time: int = 0
    window: int = SPACE - 1
    shift: int = -1
    window_is_raw: bool = False
    duplicates: int = 0
    reference: int = 0
    unacked: list[Sent] = field(default_factory=list)
    last: set[str] = field(default_factory=set)
    flight_known: bool = True
    push: int = 0
    pushed: bool = False
    sacks: list[tuple[int, int]] = field(default_factory=list)
    kinds: frozenset[int] = frozenset()
    cookie_data: bool = False


@dataclass
class Stream:
    number: int
    first: int
    previous: int
    sides: dict[str, Side] = field(default_factory=lambda: {"c": Side(), "s": Side()})
    syn: int = 0
    irtt: int = 0
    complete: int = 0
    kinds: frozenset[int] = frozenset()


class Model:
    """Say what the ladder's expectations say."""

    def __init__(self, ladder: Ladder) -> None:
        self.ladder = ladder
        self.streams: dict[int, Stream] = {}
        self.count = 0

    def run(self) -> list[str]:
        return [self.segment(frame, segment) for frame, segment in enumerate(self.ladder.segments, 1)]

    def segment(self, frame: int, p: Segment) -> str:
        now = EPOCH + p.time
        syn, fin, rst, has_ack = ("S" in p.flags), ("F" in p.flags), ("R" in p.flags), ("A" in p.flags)
        length, window = p.options.get("len", 0), p.options["win"]
        port = p.options.get("sport" if p.sender == "c" else "dport", 40001)
        said: set[str] = set()
        stream = self.streams.get(port)
        new = stream is None
        node = False
        if stream is not None and syn and stream.sides[p.sender].base_known:
            side = stream.sides[p.sender]
            if p.seq == side.base:
                if not has_ack:
                    side.high = side.contiguous
                    node = True
            elif has_ack:
                said.add("reused_ports")
                side.base = p.seq
            else:
                said.add("reused_ports")
                stream = None
        if stream is None:
            stream = self.streams[port] = Stream(self.count, now, now, complete=1 if said else 0)
            self.count += 1
        f, r = stream.sides[p.sender], stream.sides["s" if p.sender == "c" else "c"]
        complete = stream.complete
        f.sacks = []
        at, delta = now - stream.first, now - stream.previous
        stream.previous = now
        if not f.base_known:
            f.base, f.base_known = (p.seq if syn else (p.seq - 1) % SPACE), True
        if has_ack and not r.base_known:
            r.base, r.base_known = (p.ack - 1) % SPACE, True
        more: dict[str, int] = {}
        node |= self.analyse(frame, now, p, f, r, stream, said, more)
        if syn:
            scale = 0
        else:
            scale = self.ladder.preferences.default_window_scaling if f.shift == -1 else f.shift
            window <<= max(scale, 0)
            scale = 1 << scale if scale >= 0 else scale
        relative_ack = (p.ack - r.base) % SPACE if has_ack else p.ack

        if new:
            stream.complete |= (1 | (8 if length else 0)) if syn and not has_ack else 0
        else:
            if syn and has_ack:
                stream.complete |= 2
            if has_ack and not syn:
                stream.complete |= 8 if length else 4
            if fin and has_ack:
                stream.complete |= 16
            if rst:
                stream.complete |= 32
        if syn:
            f.window_is_raw = True
            if not has_ack:
                stream.syn = now
            elif relative_ack > 1:
                said.add("tfo_ack")
            elif r.cookie_data:
                said.add("tfo_ignored")
        elif has_ack:
            if stream.syn and not stream.irtt:
                stream.irtt = now - stream.syn
            f.window_is_raw = False
        self.options(p, f, r, stream, said)
        node |= bool(said - {"tfo_syn", "tfo_ack", "tfo_ignored"})

        words = [
            *sorted(said),
            "stream",
            stream.number,
            "seq",
            (p.seq - f.base) % SPACE,
            "ack",
            relative_ack,
            "at",
            at,
            "delta",
            delta,
        ]
        words += ["window", window]
        if scale:
            words += ["scale", scale]
        words += ["complete", complete]
        if node and stream.irtt:
            words += ["irtt", stream.irtt]
        for name in ("acks", "rtt", "dup", "rto", "rtoframe", "bif", "push"):
            if more.get(name):
                words += [name, more[name]]
        if "duplicate_ack" in said:
            words += ["of", more["of"]]
        words += self.dsack(p, r, relative_ack)
        return " ".join(map(str, words + ["node"] * node))

    def analyse(
        self, frame: int, now: int, p: Segment, f: Side, r: Side, stream: Stream, said: set[str], more: dict[str, int]
    ) -> bool:
        """Rules 0 to 15; whether there is a node although no verdict needs one."""
        syn, fin, has_ack = ("S" in p.flags), ("F" in p.flags), ("A" in p.flags)
        length, window = p.options.get("len", 0), p.options["win"]
        node = False
        if has_ack:
            r.flight_known = True
        if length == 1 and p.seq == f.high and r.window == 0:
            said.add("zero_window_probe")
        else:
            self.window_rules(p, f, r, said, stream.kinds != f.kinds)
            if "duplicate_ack" in said:
                f.duplicates = 1 if f.duplicates == SPACE - 1 else f.duplicates + 1
                more["dup"], more["of"] = f.duplicates, f.reference
        f.kinds = stream.kinds
        if p.ack != f.ack:
            f.reference, f.duplicates = frame, 0
        if has_ack and r.contiguous and later(p.ack, r.contiguous):
            node = True
            if earlier(r.contiguous, r.high):
                r.contiguous = r.high
                said.add("ack_lost_segment")
            else:
                if r.duplicates == 0:
                    said.add("ack_lost_segment")
                r.duplicates = SPACE - 1
        if (length or syn or fin) and "keep_alive" not in said:
            self.retransmission(now, p, f, r, stream, said, more)

        end = (p.seq + length) % SPACE
        if (length or syn or fin) and len(f.unacked) < LIST_LIMIT:
            if syn or fin:
                end = (end + 1) % SPACE
            f.unacked.append(Sent(frame, p.seq, end, now))
        if "zero_window_probe" not in said:
            if later(end, f.high) or f.high == 0:
                f.high, f.high_frame, f.high_time = end, frame, now
            if p.seq == f.contiguous or f.contiguous == 0:
                f.contiguous = f.high
        f.window, f.ack, f.ack_time = window, p.ack, now
        f.last = set(said)

        keep: list[Sent] = []
        for sent in reversed(r.unacked):
            if p.ack == sent.end:
                more["acks"], more["rtt"] = sent.frame, now - sent.time
            elif later(p.ack, sent.seq) and not_later(p.ack, sent.end):
                sent.seq = p.ack
                keep.append(sent)
            elif later(sent.end, p.ack):
                keep.append(sent)
        r.unacked = keep[::-1]

        if length and f.unacked and f.flight_known:
            node = True
            self.in_flight(p, f, r, more)
        return node or "acks" in more

    def window_rules(self, p: Segment, f: Side, r: Side, said: set[str], new_kind: bool) -> None:
        quiet = not set(p.flags) & set("SFR")
        length, window = p.options.get("len", 0), p.options["win"]
        if window == 0 and quiet:
            said.add("zero_window")
        if f.high and later(p.seq, f.high) and "R" not in p.flags:
            said.add("lost_segment")
            f.flight_known = False
        if length <= 1 and p.seq == (f.high - 1) % SPACE and quiet:
            said.add("keep_alive")
        same = length == 0 and quiet and p.seq == f.high and p.ack == f.ack
        if same and window != 0 and window != f.window:
            said.add("window_update")
        if length > 0 and quiet and r.shift != -1:
            shift = 0 if r.window_is_raw or r.shift == -2 else r.shift
            if (p.seq + length) % SPACE == (r.ack + (r.window << shift)) % SPACE:
                said.add("window_full")
        if same and window != 0 and window == f.window and "keep_alive" in r.last:
            said.add("keep_alive_ack")
        elif same and window == 0 and f.window == 0 and "zero_window_probe" in r.last:
            said.add("zero_window_probe_ack")
        elif same and window != 0 and window == f.window and not new_kind:
            said.add("duplicate_ack")

    def retransmission(
        self, now: int, p: Segment, f: Side, r: Side, stream: Stream, said: set[str], more: dict[str, int]
    ) -> None:
        length = p.options.get("len", 0)
        old = f.high != 0 and earlier(p.seq, f.high) and not (length > 1 and p.seq == (f.high - 1) % SPACE)
        if length and r.ack and not_later(p.seq + length, r.ack):
            said.update(("retransmission", "spurious_retransmission"))
            return
        if not old:
            return
        fast = r.duplicates >= 2 and r.ack == p.seq and below(now - r.ack_time, 20_000_000)
        end = (p.seq + length + (1 if set(p.flags) & set("SF") else 0)) % SPACE
        out_of_order = below(now - f.high_time, stream.irtt or 3_000_000) and f.high != end
        fast_first = self.ladder.preferences.fastrt_supersedes_ooo
        if fast and (fast_first or not out_of_order):
            said.update(("retransmission", "fast_retransmission"))
        elif out_of_order:
            said.add("out_of_order")
        else:
            said.add("retransmission")
            since, frame = (f.unacked[0].time, f.unacked[0].frame) if f.unacked else (f.high_time, f.high_frame)
            if now != since:
                more["rto"], more["rtoframe"] = now - since, frame

    def in_flight(self, p: Segment, f: Side, r: Side, more: dict[str, int]) -> None:
        length = p.options.get("len", 0)
        f.push = (0 if f.pushed else f.push) + length
        f.pushed = "P" in p.flags
        if self.ladder.preferences.bif_seq_based:
            flying = f.high - r.ack
        else:
            flying = max((sent.end - f.base) % SPACE for sent in f.unacked) - min(
                (sent.seq - f.base) % SPACE for sent in f.unacked
            )
        flying = (flying - sum((right - left) % SPACE for left, right in r.sacks[:3])) % SPACE
        if 0 < flying < 2_000_000_000:
            flying -= 1 if set(p.flags) & set("SF") else 0
            if flying:
                more["bif"], more["push"] = flying, f.push

    def options(self, p: Segment, f: Side, r: Side, stream: Stream, said: set[str]) -> None:
        syn, has_ack = ("S" in p.flags), ("A" in p.flags)
        if "ws" in p.options:
            f.shift = min(p.options["ws"], 14)
        f.sacks = p.options.get("sack", [])
        if "mptcp" in p.options:
            stream.kinds |= {int(p.options["mptcp"][0], 16)}
        if syn and not has_ack and p.options.get("tfo"):
            said.add("tfo_syn")
            f.cookie_data = f.cookie_data or bool(p.options.get("len"))
        if syn:
            if f.shift == -1:
                f.shift = r.shift = -2
            elif has_ack and r.shift == -2:
                f.shift = -2

    def dsack(self, p: Segment, r: Side, ack: int) -> list[str]:
        base = r.base if r.base_known else 0
        blocks = [((left - base) % SPACE, (right - base) % SPACE) for left, right in p.options.get("sack", [])]
        if not blocks:
            return []
        right = blocks[0][1]
        inside = len(blocks) > 1 and earlier(blocks[1][0], right) and not_later(right, blocks[1][1])
        return ["dsack", f"{blocks[0][0]}-{right}"] if not_later(right, ack) or inside else []
