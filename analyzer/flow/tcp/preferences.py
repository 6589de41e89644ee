"""Wireshark's preferences that change what is said about a segment (WIRESHARK.md 1.15), with its defaults."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preferences:
    """Named as in Wireshark, without `tcp.`."""

    fastrt_supersedes_ooo: bool = True  #: rule 12.3 before 12.4
    bif_seq_based: bool = False  #: bytes in flight from sequence and ack numbers, not from the list of segments
    default_window_scaling: int = -1  #: shift for the shown window where no handshake was captured, -1 none
