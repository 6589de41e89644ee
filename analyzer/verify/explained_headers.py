"""Why dpkt and scapy read some headers differently: the one list of it."""

from __future__ import annotations

from typing import Final

from analyzer.fault import Fault

from .difference import Difference
from .explanation import Evidence, Explanation

VERSIONS: Final = {"ip": 4, "ipv6": 6}
MPLS: Final = (b"\x88\x47", b"\x88\x48")  #: EtherTypes
DPKT_FLAGS: Final = 0x1FF  #: TCP flags that dpkt knows
DPKT_TAGS: Final = 2  #: VLAN tags that dpkt reads at a time


def _fragment(difference: Difference, evidence: Evidence) -> bool:
    return difference.ours is None and "." not in difference.field and evidence.stopped_at_fragment()


def _stopped(difference: Difference, evidence: Evidence) -> bool:
    return difference.ours in (None, "None") and any(
        header["fault"] and header["carries"] < 0 for found in evidence.ours.values() for header in found
    )


def _other_version(difference: Difference, evidence: Evidence) -> bool:
    return difference.ours in (None, "None") and any(
        fields["ip.version"] != VERSIONS[protocol] for protocol, fields in evidence.theirs if protocol in VERSIONS
    )


def _no_payload(difference: Difference, evidence: Evidence) -> bool:
    return difference.ours is None and any(header["ipv6.plen"] == 0 for header in evidence.ours["ipv6"])


def _behind_labels(difference: Difference, evidence: Evidence) -> bool:
    return evidence.by == "dpkt" and difference.field == "eth" and any(label in evidence.frame for label in MPLS)


def _many_tags(difference: Difference, evidence: Evidence) -> bool:
    return evidence.by == "dpkt" and difference.field == "vlan.id" and len(evidence.ours["vlan"]) > DPKT_TAGS


def _reserved_bits(difference: Difference, evidence: Evidence) -> bool:
    if difference.field != "tcp.flags" or evidence.by != "dpkt" or not difference.ours or not difference.theirs:
        return False
    return int(difference.ours) & DPKT_FLAGS == int(difference.theirs)


def _cut_for_us(difference: Difference, evidence: Evidence) -> bool:
    protocol = difference.field.partition(".")[0]
    return difference.ours == "None" and any(
        header["fault"] in (Fault.SNAP_LENGTH, Fault.SHORT) for header in evidence.ours[protocol]
    )


HEADERS: Final[tuple[Explanation[Evidence], ...]] = (
    Explanation(
        "first fragment",
        "It reads a transport header in the first fragment of a datagram; we put the datagram together and read it there.",
        "ours",
        _fragment,
    ),
    Explanation(
        "cut header",
        "It reads the fields of a header before the place where that ends; we say nothing of a header that is not whole.",
        "both",
        _cut_for_us,
    ),
    Explanation(
        "stopped at a fault",
        "A header with a wrong version or length: we stop there as tshark does, the library reads on.",
        "ours",
        _stopped,
    ),
    Explanation(
        "other version",
        "It calls a header IPv4 or IPv6 by what is in front of it, whatever version the header itself says.",
        "ours",
        _other_version,
    ),
    Explanation(
        "no payload",
        "An IPv6 payload length of 0 without a jumbo option: nothing follows; the library reads what stands there.",
        "ours",
        _no_payload,
    ),
    Explanation(
        "reserved bits",
        "dpkt leaves the three reserved bits out of the TCP flags.",
        "ours",
        _reserved_bits,
    ),
    Explanation(
        "behind labels",
        "dpkt takes what follows MPLS labels for Ethernet unless it begins with 4 or 6.",
        "ours",
        _behind_labels,
    ),
    Explanation(
        "many tags",
        "dpkt forgets the first tags of a frame with more than two of them.",
        "ours",
        _many_tags,
    ),
)


def explain_header(difference: Difference, evidence: Evidence) -> str:
    """Name of the first explanation that holds; empty: none."""
    return next((rule.name for rule in HEADERS if rule.holds(difference, evidence)), "")
