"""The table of TCP events: one line each, with what Wireshark says and our verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TextIO

from analyzer.flow.columns import ABSENT, Columns, listed
from analyzer.flow.table import Ends
from analyzer.report.tables import EVENT_STYLES, LineTable, Paint, Resolve, endpoint
from analyzer.report.text import duration, numbers
from analyzer.report.wording.verdicts import verdict

WIDE: Final = 100  #: columns from which on nothing is abbreviated
WIDER: Final = 124  #: from which on a line has the numbers of the segment
HOSTS: Final = 150  #: and from which on it names both hosts
REST: Final = 124  #: columns that the rest of such a line needs
WIDEST_HOST: Final = 40
NARROW_COLUMNS: Final = (("frame", -6), ("time", -10), ("stream", -6), ("from", 6), ("Wireshark's", 14))
WIDE_COLUMNS: Final = (("frame", -7), ("time", -12), ("stream", -6))
VERDICT: Final = 34  #: columns of our verdict
PROOF: Final = 3  #: frames of the evidence that are named
SHORT: Final = {  #: Wireshark's kinds where there is little room
    "fast_retransmission": "fast retrans.",
    "spurious_retransmission": "spurious retr.",
    "zero_window_probe": "window probe",
    "zero_window_probe_ack": "probe ACK",
    "keep_alive_ack": "keep-alive ACK",
    "ack_lost_segment": "ACK lost seg.",
}
#: our verdicts in the colours of the findings; the others are normal
STYLES: Final = {
    "retransmission": "problem", "late_original": "warning", "reordered": "warning", "gap_open": "warning",
    "network_duplicate": "warning", "capture_duplicate": "note", "window_probe": "warning",
}  # fmt: skip
RESENT: Final = {"retransmission", "fast_retransmission", "spurious_retransmission"}
ABOUT_ACKS: Final = {"duplicate_ack", "zero_window", "window_update", "ack_lost_segment"}  #: not about a sequence number
COLUMNS: Final = ("frame", "time_ns", "stream", "direction", "kind")
OURS: Final = ("verdict", "trigger", "need", "hole_cause", "confidence", "evidence")
DETAILS: Final = ("kind", "seq", "ack", "len", "duplicate_ack_num", "duplicate_ack_frame", "rto_ns", "rto_frame")


class EventTable(LineTable):
    """Written while rows come."""

    def __init__(self, out: TextIO, resolve: Resolve, width: int, paint: Paint) -> None:
        self._resolve = resolve
        self._wide, self._numbers = width >= WIDE, width >= WIDER
        self._host = min((width - REST) // 2, WIDEST_HOST) if width >= HOSTS else 0
        way = ("from > to", 2 * self._host + 3) if self._host else ("from", 6)
        columns = (*WIDE_COLUMNS, way, ("Wireshark's", 23)) if self._wide else NARROW_COLUMNS
        self._room = width - sum(abs(cells) + 2 for _, cells in columns)
        last: Sequence[tuple[str, int]] = (("verdict", VERDICT), ("proof and numbers", 0)) if self._numbers else (("verdict", 0),)
        super().__init__(out, (*columns, *last), paint)

    def events(self, columns: Columns, ends: Mapping[int, Ends], first_ns: int) -> None:
        """Write events; `ends` are client and server of their streams, `first_ns` is the time of the first frame."""
        values = [listed(columns[key]) for key in COLUMNS]
        ways = {(stream, end): self._way(ends.get(stream), end) for stream, end in set(zip(values[2], values[3], strict=True))}
        ours = (dict(zip(OURS, row, strict=True)) for row in zip(*(listed(columns[key]) for key in OURS), strict=True))
        rows = zip(*values, ours, _details(columns), strict=True)
        self.write(
            (
                (
                    frame,
                    f"{(time - first_ns) / 1e9:.6f}",
                    stream,
                    ways[stream, direction],
                    self._kind(kind),
                    *self._said(kind, own, details),
                ),
                _style(kind, own),
            )
            for frame, time, stream, direction, kind, own, details in rows
        )

    def _kind(self, kind: str | None) -> str:
        if kind is None:
            return "-"
        return kind.replace("_", " ") if self._wide or kind not in SHORT else SHORT[kind]

    def _said(self, kind: str | None, own: Mapping[str, Any], details: str) -> tuple[str, ...]:
        """Our verdict, the frames that prove it, and the numbers of the segment, as far as there is room."""
        said = verdict(own, brief=not self._wide)
        if not self._wide and (kind in RESENT or len(said) > self._room):
            said = said.removeprefix("resent, ")
        frames: Sequence[int] = own["evidence"] or ()
        proofs = [f" [{numbers(frames, PROOF)}]", f" [{frames[0]}, ...]"] if len(frames) > 1 else [f" [{one}]" for one in frames]
        if not self._numbers:
            rest = [*proofs, ""] if said else [details, ""]
            return (next((said + more for more in rest if len(said + more) <= self._room), said),)
        left = self._room - max(VERDICT, len(said)) - 2
        known = [*(f"{proof}  {details}".strip() for proof in proofs), *map(str.strip, proofs)] if proofs else [details]
        return said, next((text for text in known if len(text) <= left), "")

    def _way(self, ends: Ends | None, direction: str) -> str:
        if not self._host or ends is None:
            return direction
        one = 0 if direction == "client" else 1
        return " > ".join(endpoint(ends.addresses[i], ends.ports[i], self._resolve, self._host) for i in (one, 1 - one))


def _style(kind: str | None, own: Mapping[str, Any]) -> str:
    """The colour of a line: of what it cost, where that is known."""
    if own["verdict"] == "retransmission" and own["need"] not in ("needed", "unknown", None):
        return "warning"
    return STYLES.get(own["verdict"], "") if own["verdict"] else EVENT_STYLES.get(kind or "", "")


def _details(columns: Columns) -> Iterator[str]:
    """Numbers of the segment; rows that are no event of Wireshark's lack some."""
    absent = [ABSENT] * len(columns["frame"])
    values = (listed(columns.get(key, absent)) for key in DETAILS)
    for kind, seq, ack, length, number, original, rto, sent in zip(*values, strict=True):
        text = f"ack {ack}" if kind in ABOUT_ACKS else f"seq {seq}, len {length}" if length > 0 else f"seq {seq}"
        if number is not ABSENT:
            text += f", #{number} after frame {original}"
        if rto is not ABSENT:
            text += f", {duration(rto)} after frame {sent}"
        yield text
