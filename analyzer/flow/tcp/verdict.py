"""The verdict bits. Each name in lower case is the last part of a Wireshark field tcp.analysis.*: this enum is the only list."""

from enum import IntFlag


class Verdict(IntFlag):
    """What is said about a segment. REPEATED_SYN and NODE are not said but needed (WIRESHARK.md 1.1, 1.4.3)."""

    RETRANSMISSION = 1 << 0
    FAST_RETRANSMISSION = 1 << 1
    SPURIOUS_RETRANSMISSION = 1 << 2
    OUT_OF_ORDER = 1 << 3
    DUPLICATE_ACK = 1 << 4
    LOST_SEGMENT = 1 << 5
    ACK_LOST_SEGMENT = 1 << 6
    KEEP_ALIVE = 1 << 7
    KEEP_ALIVE_ACK = 1 << 8
    ZERO_WINDOW = 1 << 9
    ZERO_WINDOW_PROBE = 1 << 10
    ZERO_WINDOW_PROBE_ACK = 1 << 11
    WINDOW_UPDATE = 1 << 12
    WINDOW_FULL = 1 << 13
    REUSED_PORTS = 1 << 14
    TFO_SYN = 1 << 15
    TFO_ACK = 1 << 16
    TFO_IGNORED = 1 << 17
    REPEATED_SYN = 1 << 18  #: a SYN whose number was known already
    NODE = 1 << 19  #: the segment has a tcp.analysis tree, so it shows the initial RTT


FLAGS = 15  #: this many of the lowest bits make tcp.analysis.flags appear
FLAG_MASK = (1 << FLAGS) - 1
COUNTED = 18  #: this many have a name that is shown
NAMES = tuple(Verdict(1 << bit).name.lower() for bit in range(COUNTED))  # type: ignore[union-attr]


def names(verdict: int) -> list[str]:
    """Names of tcp.analysis.flags, sorted; the tfo_ ones are fields of their own."""
    return sorted(NAMES[bit] for bit in range(FLAGS) if verdict >> bit & 1)
