"""What the byte streams show, whatever is in them.

- *stream_conflict*: two copies of the same bytes differ. An honest sender repeats what it sent; somebody may want a monitor to
  read something else than the receiver does (RFC 9293 section 3.10.7.4 lets a receiver keep either copy).
- *stream_gap*: bytes that the receiver acknowledged and the capture does not have: messages in them are unknown.
- *stream_overflow*: so much waited behind holes that some of them were given up (flow.stream.streams.MAX_HELD_BYTES).
- *streams_evicted*: connections of which the messages were given up for want of memory.
- *quic*: how much of the traffic is QUIC, which is not dissected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from analyzer.finding import Finding, Severity
from analyzer.flow.application.messages import Messages

from .evidence import MAX_FRAMES, SHOWN_STREAMS


def stream_findings(messages: Messages, packets: int) -> Iterator[Finding]:
    """All of them; `packets` is the number of frames."""
    streams, datagrams = messages.streams, messages.datagrams
    if streams.conflicts:
        found = streams.conflicts
        origin, direction, conflict = found[0]
        values: dict[str, int | str] = {
            "first_frame": conflict.first.frame, "second_frame": conflict.second.frame, "offset": conflict.offset,
            "first_bytes": conflict.first_bytes.hex(), "second_bytes": conflict.second_bytes.hex(),
            "sender": origin.addresses[direction],
        }  # fmt: skip
        frames = sorted({place.frame for *_, one in found for place in (one.first, one.second)})[:MAX_FRAMES]
        most = tuple(stream for stream, _ in Counter(one[0].stream for one in found).most_common(SHOWN_STREAMS))
        yield Finding("stream_conflict", Severity.WARNING, streams.conflicting, tuple(frames), "tcp", most, values)
    if streams.gap_bytes:
        behind = tuple(sorted(set(streams.gap_frames)))
        yield Finding("stream_gap", Severity.WARNING, streams.gaps, behind, "tcp", (), {"bytes": streams.gap_bytes})
    if streams.overflows:
        yield Finding("stream_overflow", Severity.WARNING, streams.overflows)
    if streams.given_up:
        yield Finding("streams_evicted", Severity.WARNING, streams.given_up)
    if datagrams.quic_packets:
        amount = {"of": packets, "bytes": datagrams.quic_bytes}
        yield Finding("quic", Severity.NOTE, datagrams.quic_packets, tuple(datagrams.quic_frames), "udp", (), amount)
