"""Sentences about single packets and about the bytes of a conversation: what `show` and `follow` say besides the data."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.fault import Fault
from analyzer.report.text import numbers, plural

from .network import FAULTS


def frame_beyond(frame: int, frames: int, damaged: bool) -> str:
    """The capture has no such frame."""
    has = f"has {plural(frames, 'frame')}" if frames else "has none at all"
    return f"there is no frame {frame:,}: the capture {has}{', and is damaged behind them' if frames and damaged else ''}"


def not_captured(missing: int) -> str:
    return f"{plural(missing, 'byte')} of it {'was' if missing == 1 else 'were'} not captured (snap length)."


def malformed(protocol: str, fault: Fault, offset: int) -> str:
    """What is wrong with a header, and where it begins."""
    if fault is Fault.SNAP_LENGTH:
        return f"The capture kept only a part of this {protocol} header (byte {offset:,} of the packet)."
    return f"This {protocol} header, at byte {offset:,}, is malformed: {FAULTS.get(fault, 'it cannot be right')}."


def strange_time() -> str:
    return "Its time stamp lies outside the years 1678-2262 and cannot be shown."


def too_deep() -> str:
    return "There are more layers than are dissected."


def quoted() -> str:
    return "Quoted by the ICMP error above: this was sent earlier, in another packet."


def partial() -> str:
    return "Only the first fragment of this datagram is known."


def reassembled(size: int, frames: Sequence[int]) -> str:
    """Where the bytes of a datagram come from."""
    ordered = sorted(frames)
    return f"{plural(size, 'byte')} put together from {plural(len(ordered), 'fragment')} in frames {numbers(ordered, 40)}."


def fragment() -> str:
    return "A fragment: its datagram is shown at the frame that completes it."


def incomplete() -> str:
    return "Its end never came, or parts of it are missing."


def gap(size: int, sender: str, after: int, before: int) -> str:
    """Bytes of a conversation that the capture does not have, and between which frames they belong."""
    where = f"between frames {after:,} and {before:,}" if after and before else f"before frame {before:,}" if before else ""
    where = where or (f"after frame {after:,}" if after else "")
    return f"[{plural(size, 'byte')} of the {sender} missing: not captured {where}".rstrip() + "]"


def conflict(sender: str, offset: int, first: int, second: int) -> str:
    """A later copy of some bytes says something else."""
    text = f"frame {second:,} repeats bytes of the {sender}, but from byte {offset:,} on not those of frame {first:,}"
    return f"[{text}: the first ones count]"


def nothing_sent() -> str:
    return "No data was sent."


def no_stream(protocol: str, stream: int, streams: int) -> str:
    """The capture has no such conversation."""
    if not streams:
        return f"there is no {protocol.upper()} stream {stream:,}: the capture has no {protocol.upper()} conversation"
    return f"there is no {protocol.upper()} stream {stream:,}: the capture has {plural(streams, 'of them', 'of them')}, from 0 on"
