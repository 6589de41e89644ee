"""pcaps/tcp/, second part: the endings, the copies and the oddities."""

from __future__ import annotations

from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.l2 import Dot1Q, Ether

from captures.files import START, Frame
from captures.talk import CLIENT, MS, SERVER, SYN_OPTIONS, Talk, ethernet
from captures.tcp import SECOND, sack, told

STAMP_OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1000, 0)), ("NOP", None), ("WScale", 7)]


def stamp(value: int, echo: int) -> list[tuple[str, object]]:
    """The time stamp option of RFC 7323."""
    return [("NOP", None), ("NOP", None), ("Timestamp", (value, echo))]


@told("half_closed", "the client closes first and the server goes on sending for a second", {"tcp.flags.fin == 1": "5 10"})
def half_closed(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA")
    t.send("c", flags="FA")
    t.send("s", 1000, after=SECOND)
    t.send("c")
    t.send("s", 1000)
    t.send("c")
    t.send("s", flags="FA")
    t.send("c")


@told(
    "fin_lost",
    "the FIN is lost and sent again",
    {"tcp.analysis.retransmission": "7"},
    verdicts={"retransmission tlp needed lost_downstream": "7"},
)
def fin_lost(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA")
    t.send("s", after=10 * MS)
    t.send("c", flags="FA", lost=True)
    t.send("c", flags="FA", seq=101, after=250 * MS)
    t.send("s", flags="FA", after=10 * MS)
    t.send("c")


@told(
    "tail_loss_probe",
    "beside the sender: the last segment is lost, a probe repeats it after two round trips",
    {
        "tcp.analysis.retransmission": "8",
    },
    verdicts={"retransmission tlp needed lost_downstream": "8", "wait tail_loss": "some"},
)
def tail_loss_probe(t: Talk) -> None:
    t.open()
    t.send("c", 1000)
    t.send("c", 1000)
    t.send("s", after=10 * MS)
    t.send("c", 500, "PA", lost=True)
    t.send("c", 500, "PA", seq=2001, after=22 * MS)
    t.send("s", after=10 * MS)


@told(
    "sack_recovery",
    "beside the sender: two holes repaired from the SACK scoreboard, the second without three duplicate ACKs of its own",
    {
        "tcp.analysis.duplicate_ack": "11-13",
        "tcp.analysis.fast_retransmission": "14",
        "tcp.analysis.retransmission": "14 15",
    },
    verdicts={
        "retransmission fast_retransmit needed lost_downstream": "14",
        "retransmission fast_recovery needed lost_downstream": "15",
        "stall fast_recovery": "15",
    },
)
def sack_recovery(t: Talk) -> None:
    t.send("c", flags="S", options=SYN_OPTIONS)
    t.send("s", flags="SA", options=SYN_OPTIONS, after=MS // 10)
    t.send("c", after=40 * MS)
    for n in range(6):
        t.send("s", 1000, lost=n in (1, 3), after=MS // 10)
    t.send("c", after=40 * MS)
    for edges in ((2001, 3001), (4001, 5001, 2001, 3001), (4001, 6001, 2001, 3001)):
        t.send("c", after=MS, options=sack(t, *edges))
    t.send("s", 1000, seq=1001, after=MS)
    t.send("s", 1000, seq=3001, after=MS)
    t.send("c", after=40 * MS)


@told(
    "dsack",
    "a needless repeat answered with a D-SACK block (RFC 2883)",
    {"tcp.options.sack.dsack_le": "7"},
    verdicts={"retransmission tlp needless": "6", "duplicate_data_received": "7"},
)
def dsack(t: Talk) -> None:
    t.open()
    t.send("s", 1000)
    t.send("c")
    t.send("s", 1000, seq=1, after=200 * MS)
    t.send("c", options=sack(t, 1, 1001))


@told(
    "late_original",
    "the original arrives after its retransmission: time stamps and IP ids tell which is which",
    {
        "tcp.analysis.lost_segment": "5",
        "tcp.analysis.retransmission": "7 9",
        "tcp.analysis.spurious_retransmission": "9",
    },
    verdicts={"gap_open reordering": "5", "retransmission unknown premature": "7", "late_original": "9", "stall unknown": "7"},
)
def late_original(t: Talk) -> None:
    t.open(STAMP_OPTIONS)
    t.send("s", 1000, options=stamp(1010, 1000))
    t.now += MS
    late = t.packet("s", 1000, lost=True, options=stamp(1011, 1000))
    t.send("s", 1000, options=stamp(1012, 1000))
    t.send("c", options=stamp(1013, 1012))
    t.send("s", 1000, seq=1001, after=100 * MS, options=stamp(1113, 1013))
    t.send("c", options=stamp(1114, 1113))
    t.now += 5 * MS
    t.frames.append(Frame(bytes(ethernet(late, "s")), t.now))
    t.send("c", options=stamp(1120, 1113))


@told(
    "duplicated_by_network",
    "one data segment comes twice, the same IP id and time stamp, 300 us apart",
    {
        "tcp.analysis.spurious_retransmission": "6",
    },
    verdicts={"network_duplicate": "6"},
)
def duplicated(t: Talk) -> None:
    t.open(STAMP_OPTIONS)
    t.send("s", 1000, options=stamp(1010, 1000))
    copy = t.frames[-1]
    t.send("c", after=MS // 10, options=stamp(1011, 1010))
    t.now += MS // 5
    t.frames.append(Frame(copy.data, t.now))
    t.send("c", options=stamp(1012, 1010))


@told(
    "captured_twice",
    "every frame of a clean session seen untagged and, 20 us later, in VLAN 7: no loss at all",
    {
        "tcp.analysis.retransmission": "2 4 8 12 14 16",
        "vlan.id == 7": "2 4 6 8 10 12 14 16 18",
        "tcp.stream == 0": "1-18",
    },
    verdicts={"capture_duplicate": "2 4 6 8 10 12 14 16 18"},
)
def captured_twice(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA")
    t.send("s", after=10 * MS)
    t.send("s", 1000, "PA")
    t.close()
    twice = []
    for frame in t.frames:
        head = Ether(frame.data)
        tagged = Ether(src=head.src, dst=head.dst) / Dot1Q(vlan=7) / head.payload
        twice += [frame, Frame(bytes(tagged), (frame.time or 0) + MS // 50)]
    t.frames = twice[:18]


@told("simultaneous_open", "both sides send a SYN (RFC 9293 3.5)", {"tcp.flags.syn == 1": "1-4", "tcp.stream == 0": "1-6"})
def simultaneous(t: Talk) -> None:
    t.send("c", flags="S")
    t.send("s", flags="S")
    t.send("c", flags="SA", seq=0)
    t.send("s", flags="SA", seq=0)
    t.send("c", 10, "PA")
    t.send("s")


@told(
    "challenge_ack",
    "a half-open server answers a new SYN with a challenge ACK, the client resets (RFC 5961)",
    {
        "tcp.flags.reset == 1": "7",
        "tcp.analysis.reused_ports": "5",
    },
)
def challenge(t: Talk) -> None:
    t.open()
    t.send("c", 10, "PA")
    again = Talk(isn=(800_000, t.isn["s"]), start=t.now + SECOND)
    again.send("c", flags="S", options=SYN_OPTIONS)
    again.next["s"] = again.expected["s"] = t.next["s"]
    again.send("s", seq=1, ack=11 + t.isn["c"] - again.isn["c"])
    again.send("c", flags="R", seq=11 + t.isn["c"] - again.isn["c"])
    t.frames += again.frames


@told(
    "explicit_congestion",
    "ECN: negotiated, a marked segment, ECE and CWR (RFC 3168)",
    {
        "ip.dsfield.ecn == 3": "4",
        "tcp.flags.ece == 1": "1 2 5",
        "tcp.flags.cwr == 1": "1 6",
    },
)
def ecn(t: Talk) -> None:
    t.send("c", flags="SEC", options=SYN_OPTIONS)
    t.send("s", flags="SAE", options=SYN_OPTIONS)
    t.send("c")
    marked = t.packet("s", 1000)
    marked.tos = 3
    t.now += MS
    t.frames.append(Frame(bytes(ethernet(marked, "s")), t.now))
    t.send("c", flags="AE")
    t.send("s", 1000, "AC")


@told("urgent", "urgent data", {"tcp.flags.urg == 1": "4", "tcp.urgent_pointer == 3": "4"})
def urgent(t: Talk) -> None:
    t.open()
    packet = t.packet("c", 10, "PAU")
    packet[TCP].urgptr = 3
    t.now += MS
    t.frames.append(Frame(bytes(ethernet(packet)), t.now))
    t.send("s")


@told(
    "same_endpoint",
    "both ends of the connection are the same address and port",
    {"tcp.stream == 0": "1-4"},
    server=CLIENT,
    ports=(7777, 7777),
)
def same_endpoint(t: Talk) -> None:
    t.open()
    t.send("c", 10, "PA")


@told(
    "header_length",
    "data offsets below five words and beyond the segment",
    {
        "tcp.hdr_len == 8": "4",
        "tcp.hdr_len == 60": "5",
    },
)
def header_length(t: Talk) -> None:
    t.open()
    for offset in (2, 15):
        packet = t.packet("c", 10, "PA")
        packet[TCP].dataofs = offset
        t.now += MS
        t.frames.append(Frame(bytes(ethernet(packet)), t.now))
    t.send("s")


@told(
    "options_cut",
    "the capture keeps 60 bytes: TCP options are cut, the segments still count",
    {
        "frame.cap_len == 60": "1 2 4",
        "tcp.seq == 0": "1 2",
    },
)
def options_cut(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA")
    t.frames = [Frame(f.data[:60], f.time, len(f.data)) for f in t.frames]


@told(
    "bad_checksum",
    "a wrong TCP checksum, as checksum offload leaves it: counts like any other",
    {
        "tcp.checksum == 0xbad1": "4",
        "tcp.analysis.retransmission": "",
    },
)
def bad_checksum(t: Talk) -> None:
    t.open()
    packet = t.packet("c", 10, "PA")
    packet[TCP].chksum = 0xBAD1
    t.now += MS
    t.frames.append(Frame(bytes(ethernet(packet)), t.now))
    t.send("s")


@told(
    "clock_steps_back",
    "the capture's clock jumps back a second in the middle",
    {
        "frame.time_delta < 0": "5",
        "tcp.analysis.retransmission": "6",
    },
)
def clock_steps_back(t: Talk) -> None:
    t.open()
    t.send("c", 100, "PA", lost=True)
    t.now -= SECOND
    t.send("c", 100, "PA")
    t.send("c", 100, "PA", seq=1, after=200 * MS)
    t.send("s")


@told(
    "window_probe_linux",
    "Linux probes a closed window with an old sequence number and no data: Wireshark says keep-alive",
    {
        "tcp.analysis.zero_window": "5 7",
        "tcp.analysis.keep_alive": "6",
        "tcp.analysis.window_update": "8",
    },
    verdicts={"window_probe": "6", "wait zero_window": "some"},
)
def window_probe_linux(t: Talk) -> None:
    t.open([("MSS", 1460)])
    t.send("s", 502)
    t.send("c", window=0)
    t.send("s", seq=502, after=200 * MS)
    t.send("c", window=0)
    t.send("c", window=502)


@told(
    "icmp_quotes_stream",
    "a port unreachable and a fragmentation-needed message that quote a connection's headers",
    {
        "icmp.type == 3": "5 7",
        "tcp.stream == 0": "1-7",
    },
)
def icmp_quotes(t: Talk) -> None:
    t.open()
    t.send("c", 1460)
    router = IP(src="10.0.0.254", dst=CLIENT, id=1, ttl=255)
    for code, mtu in ((4, 1400), (3, 0)):
        quoted = bytes(Ether(t.frames[3].data).payload)[:48]
        t.now += MS
        t.frames.append(Frame(bytes(ethernet(router / ICMP(type=3, code=code, nexthopmtu=mtu) / quoted, "s")), t.now))
        if code == 4:
            t.send("c", 1360, seq=1)


@told(
    "many_copies_of_two_ports",
    "the same port pair between three hosts: three streams",
    {
        "tcp.stream == 0": "1-3",
        "tcp.stream == 1": "4-6",
        "tcp.stream == 2": "7-9",
    },
)
def three_hosts(t: Talk) -> None:
    t.open()
    for n, (client, server) in enumerate(((CLIENT, "10.0.0.3"), ("10.0.0.3", SERVER)), 1):
        t.frames += Talk(client, server, start=START + n * SECOND).open().frames
