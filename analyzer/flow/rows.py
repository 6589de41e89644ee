"""Rows of conversations, TCP events and ARP messages while a capture is read, of all or of the selected frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np

from analyzer.batch import Batch, Column, Table
from analyzer.flow import arp
from analyzer.flow.chosen import Chosen
from analyzer.flow.columns import Columns, Row, take
from analyzer.flow.conversations import Conversations
from analyzer.flow.fact import Fact
from analyzer.flow.table import Ends
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.events import events

FLOW_KEYS: Final = (
    "protocol", "stream", "client", "client_port", "server", "server_port", "first_frame", "last_frame", "start_ns",
    "duration_ns", "packets_client", "packets_server", "bytes_client", "bytes_server", "payload_client", "payload_server",
    "initial_rtt_ns", "retransmissions", "duplicate_acks", "out_of_order", "lost_segments", "zero_windows", "state", "syn_frame",
    "synack_frame",
    "ack_frame", "syn_count", "synack_count", "connect_ns", "server_side_rtt_ns", "client_side_rtt_ns",
)  # fmt: skip
EVENT_KEYS: Final = (
    "frame", "time_ns", "stream", "direction", "kind", "seq", "ack", "len", "window_size", "rto_ns", "rto_frame",
    "duplicate_ack_num", "duplicate_ack_frame",
)  # fmt: skip
ARP_KEYS: Final = (
    "frame", "opcode", "sender_mac", "sender_ip", "target_mac", "target_ip", "gratuitous", "probe", "announcement",
)  # fmt: skip
PLACE_KEYS: Final = ("file", "frame_in_file")  #: where several files are merged


def keys(own: Sequence[str], files: Sequence[str]) -> tuple[str, ...]:
    """The keys of rows that name a frame."""
    return (*own, *(PLACE_KEYS if len(files) > 1 else ()))


def gone(conversations: Iterable[Conversations], chosen: Chosen) -> Iterator[Columns]:
    """Conversations that had to leave for the memory budget since the last call."""
    for one in conversations:
        for columns in one.gone():
            yield take(columns, np.flatnonzero(chosen.among(one.protocol, np.asarray(columns["stream"]))))


def live(conversations: Iterable[Conversations], chosen: Chosen) -> Iterator[Columns]:
    """All others, protocol by protocol in the order of their numbers."""
    for one in conversations:
        slots = one.slots.used()
        yield from one.columns(slots[chosen.among(one.protocol, one.slots.numbers(slots))])


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
