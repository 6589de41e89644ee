"""pcaps/tcp/: one phenomenon of TCP a file, as Wireshark judges it. Frame numbers in `finds` are Wireshark's verdicts."""

from __future__ import annotations

from collections.abc import Callable

from captures.files import Capture, Frame
from captures.talk import CLIENT6, MS, SERVER6, SYN_OPTIONS, Talk, ethernet

CAPTURES: list[Capture] = []  #: filled by `told`, here and in tcp_odd.py
SECOND = 1000 * MS
Story = Callable[[Talk], None]


def told(
    path: str, shows: str, finds: dict[str, str], verdicts: dict[str, str] | None = None, **how: object
) -> Callable[[Story], Story]:
    """Register a story: a function that makes a fresh connection talk."""

    def register(story: Story) -> Story:
        def make() -> list[Frame]:
            talk = Talk(**how)  # type: ignore[arg-type]
            story(talk)
            return talk.frames

        CAPTURES.append(Capture(f"tcp/{path}.pcap", shows, make, finds, verdicts=verdicts or {}))
        return story

    return register


def sack(talk: Talk, *edges: int) -> list[tuple[str, object]]:
    """SACK blocks by the client for ranges that the server sent."""
    return [("NOP", None), ("NOP", None), ("SAck", tuple((talk.isn["s"] + edge) % 2**32 for edge in edges))]


@told("clean_session", "handshake, request, answer, orderly end; nothing is wrong", {"tcp.stream == 0": "1-11"})
def clean(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA")
    t.send("s", after=10 * MS)
    t.send("s", 1460)
    t.send("s", 1000, "PA")
    t.send("c")
    t.close()


@told("ipv6_session", "the clean session over IPv6", {"tcp.stream == 0 && ipv6": "1-9"}, client=CLIENT6, server=SERVER6)
def ipv6(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA")
    t.send("s", 1200, "PA", after=10 * MS)
    t.send("c")
    t.close()


@told(
    "syn_lost",
    "the SYN is answered only the third time: the user waited 3.01 s, tcp.analysis.initial_rtt says 10 ms",
    {"tcp.analysis.retransmission": "2 3"},
    verdicts={"retransmission syn_timer needed lost_downstream": "2 3", "wait syn_repeat": "some"},
)
def syn_lost(t: Talk) -> None:
    t.send("c", flags="S", options=SYN_OPTIONS, lost=True)
    t.send("c", flags="S", options=SYN_OPTIONS, seq=0, after=SECOND, lost=True)
    t.send("c", flags="S", options=SYN_OPTIONS, seq=0, after=2 * SECOND)
    t.send("s", flags="SA", options=SYN_OPTIONS, after=10 * MS)
    t.send("c")
    t.send("c", 10, "PA")
    t.send("s", after=10 * MS)


@told("synack_lost", "the SYN-ACK is sent twice", {"tcp.analysis.retransmission": "3"})
def synack_lost(t: Talk) -> None:
    t.send("c", flags="S", options=SYN_OPTIONS)
    t.send("s", flags="SA", options=SYN_OPTIONS, lost=True)
    t.send("s", flags="SA", options=SYN_OPTIONS, seq=0, after=SECOND)
    t.send("c")
    t.send("c", 10, "PA")
    t.send("s", after=10 * MS)


@told("syn_unanswered", "three SYNs, no answer at all", {"tcp.analysis.retransmission": "2 3", "tcp.flags.ack == 1": ""})
def syn_unanswered(t: Talk) -> None:
    for after in (0, SECOND, 2 * SECOND):
        t.send("c", flags="S", options=SYN_OPTIONS, seq=0, after=after, lost=True)


@told("refused", "a connection that the server refuses with RST", {"tcp.flags.reset == 1": "2"})
def refused(t: Talk) -> None:
    t.send("c", flags="S", options=SYN_OPTIONS)
    t.send("s", flags="RA", window=0)


@told("aborted", "RST in the middle of an answer", {"tcp.flags.reset == 1": "6"})
def aborted(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA")
    t.send("s", 1460, after=10 * MS)
    t.send("c", flags="RA", window=0)


@told(
    "retransmission_timeout",
    "a segment is lost, nothing follows it, the timer sends it again after 300 ms",
    {"tcp.analysis.retransmission": "5", "tcp.analysis.rto == 0.3": "5", "tcp.analysis.rto_frame == 4": "5"},
)
def timeout(t: Talk) -> None:
    t.open()
    t.send("c", 500, "PA", lost=True)
    t.send("c", 500, "PA", seq=1, after=300 * MS)
    t.send("s", after=10 * MS)
    t.close()


@told(
    "timer_backoff",
    "the same segment four times, each wait twice the one before",
    {"tcp.analysis.retransmission": "5-7", "tcp.analysis.rto == 1.4": "7"},
    verdicts={
        "retransmission tlp needed lost_downstream": "5",
        "retransmission rto needed lost_downstream": "6 7",
        "wait tail_loss": "some",
    },
)
def backoff(t: Talk) -> None:
    t.open()
    t.send("c", 500, "PA", lost=True)
    for n in range(3):
        t.send("c", 500, "PA", seq=1, after=200 * MS << n, lost=n < 2)
    t.send("s", after=10 * MS)


@told(
    "fast_retransmission",
    "beside the receiver: the second of six segments is missing, three duplicate ACKs with SACK, sent again",
    {
        "tcp.analysis.lost_segment": "6",
        "tcp.analysis.duplicate_ack": "7 9 11 13",
        "tcp.analysis.duplicate_ack_num == 4": "13",
        "tcp.analysis.fast_retransmission": "14",
    },
    verdicts={
        "gap_open lost_upstream": "6",
        "retransmission fast_retransmit needed lost_upstream": "14",
        "stall fast_retransmit": "14",
    },
)
def fast(t: Talk) -> None:
    t.open(rtt=30 * MS)
    t.send("s", 1000, after=30 * MS)
    t.send("c")
    t.send("s", 1000, lost=True, hidden=True, after=MS // 10)
    for _ in range(4):
        t.send("s", 1000, after=MS // 10)
        t.send("c", after=MS // 10, options=sack(t, 2001, t.next["s"]))
    t.send("s", 1000, seq=1001, after=10 * MS)
    t.send("c", after=MS // 10)
    t.close()


@told(
    "spurious_retransmission",
    "beside the sender: the answer's ACK was already seen when the segment is sent again",
    {"tcp.analysis.spurious_retransmission": "6", "tcp.analysis.duplicate_ack": "7"},
)
def spurious(t: Talk) -> None:
    t.open()
    t.send("s", 1000)
    t.send("c", after=MS)
    t.send("s", 1000, seq=1, after=200 * MS)
    t.send("c", options=sack(t, 1, 1001))
    t.close()


@told(
    "out_of_order",
    "two segments overtake each other within 1 ms, the ACK comes once",
    {"tcp.analysis.lost_segment": "5", "tcp.analysis.out_of_order": "7"},
    verdicts={"gap_open reordering": "5", "reordered": "7", "stall reordering": "7"},
)
def out_of_order(t: Talk) -> None:
    t.open()
    t.send("s", 1000)
    overtaken = t.packet("s", 1000, lost=True)
    t.send("s", 1000)
    t.send("c", after=MS // 10)
    t.receive("s", 1001, 2001)
    t.now += MS // 2
    t.frames.append(Frame(bytes(ethernet(overtaken, "s")), t.now))
    t.send("c")
    t.close()


@told(
    "duplicate_acks",
    "ten duplicate ACKs, numbered, for one hole that is never filled",
    {
        "tcp.analysis.lost_segment": "5",
        "tcp.analysis.duplicate_ack": "7-16",
        "tcp.analysis.duplicate_ack_num == 10": "16",
        "tcp.analysis.duplicate_ack_frame == 6": "7-16",
    },
)
def duplicate_acks(t: Talk) -> None:
    t.open()
    t.send("s", 1000)
    t.send("s", 1000, seq=2001)
    for _ in range(11):
        t.send("c", after=MS // 10)


@told(
    "capture_loss",
    "the capture missed two segments that the receiver has: lost segment, then an ACK of data never seen",
    {"tcp.analysis.lost_segment": "5 8", "tcp.analysis.ack_lost_segment": "6 7 9", "tcp.analysis.retransmission": ""},
    verdicts={"gap_open capture_loss": "5 8"},
)
def capture_loss(t: Talk) -> None:
    t.open()
    t.send("s", 1000)
    t.send("s", 1000, hidden=True)
    t.send("s", 1000)
    t.send("c")
    t.send("s", 1000, hidden=True)
    t.send("c")
    t.send("s", 1000)
    t.send("c")


@told(
    "keep_alive",
    "an idle connection is kept alive twice, and answered",
    {
        "tcp.analysis.keep_alive": "6 8",
        "tcp.analysis.keep_alive_ack": "7 9",
    },
    verdicts={"keep_alive": "6 8"},
)
def keep_alive(t: Talk) -> None:
    t.open()
    t.send("c", 10, "PA")
    t.send("s")
    for _ in range(2):
        t.send("c", 1, seq=10, after=75 * SECOND)
        t.send("s", after=10 * MS)


@told(
    "zero_window",
    "the receiver stops reading: window full, zero window, two probes and their answers, then the window opens",
    {
        "tcp.analysis.window_full": "5",
        "tcp.analysis.zero_window": "6 8 10",
        "tcp.analysis.zero_window_probe": "7 9",
        "tcp.analysis.zero_window_probe_ack": "8 10",
        "tcp.analysis.window_update": "4 11",
    },
)
def zero_window(t: Talk) -> None:
    t.open([("MSS", 1460)])
    t.send("c", window=2000)
    t.send("s", 2000, after=10 * MS)
    for wait in (200, 400):
        t.send("c", window=0)
        t.send("s", 1, seq=2001, after=wait * MS, lost=True)
        t.next["s"] = 2001
    t.send("c", window=0)
    t.send("c", window=2000, after=50 * MS)
    t.send("s", 1000)
    t.send("c", window=2000)


@told("window_full", "data exactly to the end of the scaled window, twice", {"tcp.analysis.window_full": "6 9"})
def window_full(t: Talk) -> None:
    t.open()
    t.send("c", window=20)
    t.send("s", 1460, after=10 * MS)
    t.send("s", 1100)
    t.send("c", window=10)
    t.send("c", window=20)
    t.send("s", 2560)


@told("window_update", "the window grows and shrinks without new data", {"tcp.analysis.window_update": "6 7"})
def window_update(t: Talk) -> None:
    t.open()
    t.send("s", 1000)
    t.send("c", window=100)
    t.send("c", window=502, after=20 * MS)
    t.send("c", window=400, after=20 * MS)


@told(
    "port_reuse",
    "the same two ports a second time after the end: a stream of its own",
    {
        "tcp.analysis.reused_ports": "8",
        "tcp.stream == 0": "1-7",
        "tcp.stream == 1": "8-14",
    },
)
def port_reuse(t: Talk) -> None:
    t.open()
    t.send("c", 10, "PA")
    t.close()
    second = Talk(isn=(900_000, 7_000_000), start=t.now + SECOND)
    second.open()
    second.send("c", 10, "PA")
    second.close()
    t.frames += second.frames


@told(
    "port_reuse_early",
    "the client starts again on the same ports while the first connection was never closed",
    {
        "tcp.analysis.reused_ports": "5",
        "tcp.stream == 1": "5-8",
    },
)
def port_reuse_early(t: Talk) -> None:
    t.open()
    t.send("c", 10, "PA")
    second = Talk(isn=(900_000, 7_000_000), start=t.now + SECOND)
    second.open()
    second.send("c", 10, "PA")
    t.frames += second.frames


@told(
    "mid_stream",
    "the capture starts in the middle: no handshake, no scale factor",
    {
        "tcp.stream == 0": "1-4",
        "tcp.seq == 1": "1 2 4",
        "tcp.flags.syn == 1": "",
    },
)
def mid_stream(t: Talk) -> None:
    t.next, t.expected = {"c": 5000, "s": 90000}, {"c": 5000, "s": 90000}
    t.send("s", 1000)
    t.send("c")
    t.send("s", 1000)
    t.send("c")


@told(
    "sequence_wrap",
    "sequence numbers pass 2^32 inside the data of both sides: nothing is wrong",
    {
        "tcp.analysis.lost_segment || tcp.analysis.retransmission || tcp.analysis.out_of_order": "",
        "tcp.seq_raw < 2000 && ip.src == 10.0.0.2": "7 8",
    },
    isn=(2**32 - 50, 2**32 - 1500),
)
def wrap(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA")
    for _ in range(4):
        t.send("s", 1000)
    t.close()


@told(
    "sequence_wrap_loss",
    "a retransmission of bytes from before the wrap, after it",
    {
        "tcp.analysis.retransmission": "7",
    },
    isn=(1000, 2**32 - 1500),
)
def wrap_loss(t: Talk) -> None:
    t.open()
    t.send("s", 1000, lost=True)
    t.send("s", 1000)
    t.send("c")
    t.send("s", 1000, seq=1, after=300 * MS)
    t.send("c")
