"""What pictures say: the notes below them, and what is said of a thing that one points at."""

from __future__ import annotations

from typing import Final

from analyzer.flow.tcp.ledger.stall_record import Stall
from analyzer.flow.tcp.ledger.verdict import Need, Trigger, word
from analyzer.report.text import duration, plural, size

from .verdicts import NEEDS, REPAIRS, TRIGGERS

LATE: Final = "The connection began before what is shown."
PLACES: Final = {
    "client": "Captured at the client.",
    "server": "Captured at the server.",
    "middle": "Captured between the two ends.",
    None: "The capture does not tell where on the way it was taken.",
}


def resent(trigger: int, need: int) -> str:
    """sent again, timeout, needless"""
    parts = [TRIGGERS.get(word(Trigger(trigger)) or "unknown", ""), NEEDS.get(word(Need(need)) or "", "")]
    return ", ".join(part for part in ("sent again", *parts) if part)


def stall(found: Stall) -> str:
    """stalled 212 ms: 14 kB waited, repaired by timeout"""
    lasted = "stalled to the end" if found.duration_ns is None else f"stalled {duration(found.duration_ns)}"
    cause = REPAIRS.get(found.cause, "came late" if found.cause == "reordering" else "")
    return f"{lasted}: {size(found.bytes_held)} waited" + (f", {cause}" if cause else "")


def sequence_notes(sender: str, late: bool, wide: int | None, stalls_left_out: int, resent_left_out: int) -> tuple[str, ...]:
    """wide: the least room that the receiver's window left, where that is too much to be drawn."""
    receiver = "server" if sender == "client" else "client"
    notes = [
        f"A stroke is data of the {sender}, when it passed the capture point; the line under the strokes is what the {receiver}"
        " had acknowledged by then."
    ]
    if wide is not None:
        notes.append(f"The {receiver}'s window was never near: it always had room for {size(wide)} or more.")
    if late:
        notes.append(LATE)
    if stalls_left_out:
        notes.append(f"{plural(stalls_left_out, 'stall is', 'stalls are')} not drawn.")
    if resent_left_out:
        notes.append(f"{_sent_again(resent_left_out)} not drawn.")
    return tuple(notes)


def _sent_again(count: int) -> str:
    return f"{plural(count, 'segment that was', 'segments that were')} sent again {'is' if count == 1 else 'are'}"


def timeline_notes(late: bool) -> tuple[str, ...]:
    first = "Every instant of the connection has one reason; a stall lies at the time at which the capture point saw it."
    return (first, LATE) if late else (first,)


def trip_notes(place: str | None, handshake_ns: int | None, delayed: bool, late: bool) -> tuple[str, ...]:
    parts = "A round trip is the sum of its two parts."
    if place in ("client", "server"):
        parts = f"The way to the {place} is no network, and not drawn."
    notes = [f"{PLACES[place]} {parts}"]
    if handshake_ns is not None:
        notes.append(f"The handshake's round trip took {duration(handshake_ns)}.")
    if delayed:
        notes.append("A hollow circle may contain a delayed ACK: the receiver's wait, not the network's.")
    if late:
        notes.append(LATE)
    return tuple(notes)


def rate_notes(interval_ns: int, late: bool) -> tuple[str, ...]:
    first = f"Payload per {duration(interval_ns)}; every byte counts once, when it is seen for the first time."
    return (first, LATE) if late else (first,)


def nothing_to_draw(graph: str, stream: int | None, sender: str | None) -> str:
    """Why there is no picture."""
    where = "The capture has" if stream is None else f"TCP stream {stream} has"
    what = {
        "sequence": f"no data of the {sender}",
        "throughput": "no data",
        "rtt": "no round trip that could be measured",
        "stalls": "only one moment",
        "waterfall": "no request, connection or failed name lookup",
        "handshakes": "no handshake of which a time could be measured",
    }
    return f"{where} {what[graph]}: there is nothing to draw."


def flight_notes(receiver: str, known: bool, late: bool, wide: int | None) -> tuple[str, ...]:
    """wide: the least room that the receiver's window left, where that is too much to be drawn."""
    notes = ["Sent and not yet acknowledged, as seen at the capture point; bytes that SACK reports count as well."]
    if not known:
        notes.append(f"How wide the {receiver}'s window is cannot be told: its scale was not captured.")
    if wide is not None:
        notes.append(f"The {receiver}'s window was always {size(wide)} or more, and limited nothing.")
    if late:
        notes.append(LATE)
    return tuple(notes)


def waterfall_notes(left_out: int, lost: bool) -> tuple[str, ...]:
    notes = ["One line per request (or connection, where it is encrypted; or failed lookup), in the order of their start."]
    if lost:
        notes.append("A cross is where most of a phase was waiting for lost packets to be repeated.")
    if left_out:
        notes.append(f"{plural(left_out, 'line is', 'lines are')} left out: they were quicker, or failed at once.")
    return tuple(notes)


def distribution_notes(left_out: int, forgotten: int, uncertain: int) -> tuple[str, ...]:
    notes = ["A point is one connection, an upright stroke the median of three or more."]
    if uncertain:
        has, is_ = plural(uncertain, "connection has", "connections have"), "it is" if uncertain == 1 else "they are"
        notes.append(f"{has} a first byte that encryption hides: {is_} without a point for it.")
    if left_out:
        notes.append(f"{plural(left_out, 'server is', 'servers are')} left out: those with the fewest connections.")
    if forgotten:
        notes.append(f"{plural(forgotten, 'connection')} of further servers: there were too many to count.")
    return tuple(notes)
