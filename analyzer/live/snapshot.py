"""What a screen shows of a capture that is growing: values of one moment, made new for each refresh."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.flow.columns import Row


@dataclass(frozen=True, slots=True)
class Counters:
    """Of everything until now."""

    packets: int = 0  #: that were captured and analyzed
    bytes: int = 0  #: as long as they were on the wire
    dropped_kernel: int = 0  #: for which the kernel's buffer had no room
    dropped_interface: int = 0  #: that the interface itself says it dropped
    dropped_here: int = 0  #: that this program threw away
    backlog: float = 0.0  #: share of the kernel's buffer that waits to be read, 0 to 1
    tcp: int = 0  #: conversations so far
    udp: int = 0
    evicted: int = 0  #: conversations that were given up for want of memory
    judged_early: int = 0  #: how often a connection was judged before its end for want of memory
    not_detailed: int = 0  #: how often there was no time for one: its rows are missing, or as they were before
    resident_bytes: int = 0  #: memory of this process
    written_bytes: int = 0
    written_packets: int = 0


@dataclass(frozen=True, slots=True)
class Talking:
    """A conversation on the screen."""

    protocol: str  #: tcp or udp
    stream: int
    client: str  #: address and port
    server: str
    application: str  #: empty: unknown
    name: str  #: SNI, or what the capture calls the server; empty: unknown
    state: str  #: as in rows of flows; empty: UDP
    packets_per_s: float
    bytes_per_s: float
    bytes: int
    age_ns: int  #: since its first frame
    silent_ns: int  #: since its latest one
    rtt_ns: int | None  #: median of the latest round trips, else the initial one; None: unknown
    retransmissions: int  #: Wireshark's, of both directions
    resent: int  #: ours
    stalls: int  #: head-of-line stalls so far
    stalled_ns: int
    stalled: bool  #: bytes are waiting behind a hole right now


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment."""

    title: str  #: interfaces and filter
    backend: str
    now_ns: int  #: since 1970
    running_ns: int  #: since the capture began
    counters: Counters
    packets_per_s: float  #: of the latest second
    bytes_per_s: float
    dropped_per_s: float
    history: tuple[float, ...] = ()  #: bytes per second of the latest minute or so, the latest last
    conversations: tuple[Talking, ...] = ()  #: those that spoke lately, unsorted; at most MOST_SHOWN, the busiest
    handshakes: tuple[Row, ...] = ()  #: the latest rows of handshakes, the latest first
    journeys: tuple[Row, ...] = ()
    stalls: tuple[Row, ...] = ()
    findings: tuple[Row, ...] = ()  #: as in the summary, worst first
    notices: tuple[str, ...] = ()  #: what happened to interfaces and files, the latest first
    ended: str = ""  #: why the capture is over; empty: it is not
    opened: Row | None = field(default=None)  #: the conversation that was opened: its row of flows, with
    #: "handshake", "journeys", "stalls", "waits" (row of the command waits) and "rtt" (rows of the command rtt) where known
