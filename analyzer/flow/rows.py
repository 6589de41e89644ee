"""Rows of conversations, TCP events and ARP messages while a capture is read, of all or of the selected frames.

FLOW, EVENT and ARP say what their keys mean, in the order in which every format has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

import numpy as np

from analyzer.batch import Batch, Column, Table
from analyzer.flow import arp
from analyzer.flow.chosen import Chosen
from analyzer.flow.columns import Columns, Row, take
from analyzer.flow.conversations import Conversations
from analyzer.flow.fact import Fact
from analyzer.flow.meaning import EPOCH, boolean, frame, integer, text, time
from analyzer.flow.table import Ends
from analyzer.flow.tcp.analysis import STATES, TcpAnalysis
from analyzer.flow.tcp.events import events
from analyzer.flow.tcp.ledger.event_rows import VERDICT

FLOW: Final = {  #: a TCP or UDP conversation; from initial_rtt_ns on of TCP only
    "protocol": text("tcp or udp"),
    "stream": integer("number of the conversation among those of its protocol, from 0, as in tcp.stream and udp.stream"),
    "client": text("address of the sender of the first SYN; else of the end whose port is no server's, or that sent first"),
    "client_port": integer("its port"),
    "server": text("address of the other end"),
    "server_port": integer("its port"),
    "first_frame": frame("the first frame"),
    "last_frame": frame("the last frame"),
    "start_ns": time(f"time of the first frame, {EPOCH}"),
    "duration_ns": time("from the first frame to the latest time of any"),
    "packets_client": integer("frames that the client sent"),
    "packets_server": integer("frames that the server sent"),
    "bytes_client": integer("those frames with all their headers, as long as they were on the wire", "bytes"),
    "bytes_server": integer("the same of the server", "bytes"),
    "payload_client": integer("what TCP or UDP carried in them, repeats included", "bytes"),
    "payload_server": integer("the same of the server", "bytes"),
    "sni": text("server name that the client's first ClientHello asked for (TLS, DTLS); null: none was seen"),
    "alpn": text("protocol that the server chose by ALPN; where that is encrypted (TLS 1.3), those offered, joined by commas"),
    "application": text("protocol that the content shows: tls, http, dns, smtp ...; null: none that is known"),
    "initial_rtt_ns": time("tcp.analysis.initial_rtt: from the SYN to the ACK of the handshake; null: not captured"),
    "retransmissions": integer("segments with tcp.analysis.retransmission, fast and spurious ones included"),
    "duplicate_acks": integer("segments with tcp.analysis.duplicate_ack"),
    "out_of_order": integer("segments with tcp.analysis.out_of_order"),
    "lost_segments": integer("segments with tcp.analysis.lost_segment: data before them was not captured"),
    "zero_windows": integer("segments with tcp.analysis.zero_window"),
    "hol_stalls": integer(
        "head-of-line stalls: times that later bytes had arrived and waited for earlier ones; null, as in the keys below: "
        "unknown, since live there was no time to judge the connection"
    ),
    "hol_stalled_ns": time("how long those lasted in all, without those that never ended"),
    "state": text("; ".join(f"{word}: {meaning}" for word, meaning in STATES.items())),
    "syn_frame": frame("the client's first SYN; null: none"),
    "synack_frame": frame("the server's first SYN/ACK; null: none"),
    "ack_frame": frame("the ACK that completes the handshake; null: none"),
    "syn_count": integer("SYNs of the client, repeats included"),
    "synack_count": integer("SYN/ACKs of the server, repeats included"),
    "connect_ns": time("from the first SYN to the ACK of the handshake; null: one is missing"),
    "server_side_rtt_ns": time("from the first SYN to the first SYN/ACK; null: one is missing"),
    "client_side_rtt_ns": time("from the first SYN/ACK to the ACK; null: one is missing"),
    "resent": integer("segments that were sent again, by all evidence (the verdict retransmission in rows of tcp)"),
    "resent_needlessly": integer("those of them whose first copy arrived: needless, needless_crossing or premature"),
    "timeouts": integer("retransmission timeouts (the trigger rto)"),
}
EVENT: Final = {  #: a TCP event
    "frame": frame("its frame"),
    "time_ns": time(f"time of the frame, {EPOCH}"),
    "stream": integer("number of the conversation, as in tcp.stream"),
    "direction": text("sender of the segment: client or server"),
    "kind": text("last part of the field tcp.analysis.* that is set; null: Wireshark sets none, but there is a verdict"),
    "seq": integer("sequence number, relative to the first of its direction"),
    "ack": integer("acknowledgment number, relative to the other direction"),
    "len": integer("payload", "bytes"),
    "window_size": integer("receive window of the sender", "bytes"),
    "rto_ns": time("of a retransmission: since the segment that is sent again; absent: unknown"),
    "rto_frame": frame("the frame of that segment"),
    "duplicate_ack_num": integer("of a duplicate_ack: which one it is, from 1"),
    "duplicate_ack_frame": frame("the frame of which it is a duplicate; 0: not captured"),
    **VERDICT,
}
ARP: Final = {  #: an ARP message
    "frame": frame("its frame"),
    "opcode": integer("1 request, 2 reply; others as registered at IANA; null: cut off"),
    "sender_mac": text("hardware address of the sender; null: no MAC address, or cut off"),
    "sender_ip": text("IPv4 address of the sender; null: another protocol, or cut off"),
    "target_mac": text("hardware address of the target; null: as sender_mac"),
    "target_ip": text("IPv4 address of the target; null: as sender_ip"),
    "gratuitous": boolean("sender and target have the same protocol address"),
    "probe": boolean("a request without a sender address: is the target's in use? (RFC 5227)"),
    "announcement": boolean("a gratuitous request without a target hardware address (RFC 5227)"),
}
PLACE: Final = {  #: in rows with a frame, where several files are merged
    "file": text("path of the file"),
    "frame_in_file": frame("the frame in that file"),
}
Value = TypeVar("Value")
FLOW_KEYS: Final = tuple(FLOW)
EVENT_KEYS: Final = tuple(EVENT)
ARP_KEYS: Final = tuple(ARP)
PLACE_KEYS: Final = tuple(PLACE)


def keys(own: Sequence[str], files: Sequence[str]) -> tuple[str, ...]:
    """The keys of rows that name a frame."""
    return (*own, *(PLACE_KEYS if len(files) > 1 else ()))


def gone(conversations: Iterable[Conversations], chosen: Chosen) -> Iterator[Columns]:
    """Conversations that had to leave for the memory budget since the last call."""
    for one in conversations:
        for columns in one.gone():
            yield ordered(take(columns, np.flatnonzero(chosen.among(one.protocol, np.asarray(columns["stream"])))))


def live(conversations: Iterable[Conversations], chosen: Chosen) -> Iterator[Columns]:
    """All others, protocol by protocol in the order of their numbers."""
    for one in conversations:
        slots = one.slots.used()
        for columns in one.columns(slots[chosen.among(one.protocol, one.slots.numbers(slots))]):
            yield ordered(columns)


def ordered(flow: dict[str, Value]) -> dict[str, Value]:
    """Rows of conversations, or one of them, with their keys in the order of FLOW."""
    return {key: flow[key] for key in FLOW if key in flow}


def event_columns(batch: Batch, analysis: TcpAnalysis, mask: Column | None, files: Sequence[str]) -> Columns:
    """The TCP events of the batch that `analysis` saw last."""
    first = int(batch.number[0]) if len(batch) else 0
    columns = events(analysis, None if mask is None else mask[analysis.facts[Fact.FRAME] - first])
    if batch.file is not None and batch.number_in_file is not None:
        at = np.asarray(columns["frame"]) - first
        columns["file"] = list(map(files.__getitem__, batch.file[at].tolist()))
        columns["frame_in_file"] = batch.number_in_file[at]
    return columns


def event_ends(analysis: TcpAnalysis) -> dict[int, Ends]:
    """Client and server of each stream with an event in the batch that `analysis` saw last."""
    facts = analysis.facts
    slots = np.unique(facts[Fact.SIDE][(facts[Fact.VERDICT] != 0) & (facts[Fact.SIDE] >= 0)] >> 1)
    ends = map(analysis.slots.ends, slots.tolist())
    known = zip(analysis.slots.numbers(slots).tolist(), ends, analysis.conversations.clients(slots).tolist(), strict=True)
    return {stream: both.turned() if client else both for stream, both, client in known}


def arp_rows(batch: Batch, table: Table | None, mask: Column | None, files: Sequence[str]) -> Iterator[Row]:
    """The ARP messages of a batch."""
    if table is None:
        return
    for at, row in arp.messages(batch, table if mask is None else table.take(mask[table["row"]])):
        yield placed(row, batch, at, files)


def placed(row: Row, batch: Batch, at: int, files: Sequence[str]) -> Row:
    """The row, with its file and its frame number there, where several files are merged."""
    if batch.file is not None and batch.number_in_file is not None:
        row["file"] = files[int(batch.file[at])]
        row["frame_in_file"] = int(batch.number_in_file[at])
    return row
