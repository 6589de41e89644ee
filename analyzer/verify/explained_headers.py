"""Why dpkt and scapy read some headers differently: the one list of it."""

from __future__ import annotations

from typing import Any, Final

from analyzer.fault import Fault
from analyzer.flow.fragments import IS_FRAGMENT

from .difference import Difference
from .explanation import Evidence, Explanation

VERSIONS: Final = {"ip": 4, "ipv6": 6}
MAC_ADDRESSES: Final = 12  #: bytes in front of an EtherType
TAGS: Final = (b"\x81\x00", b"\x88\xa8", b"\x91\x00")  #: EtherTypes of VLAN tags
TAG_BYTES: Final = 4
MPLS: Final = (b"\x88\x47", b"\x88\x48")  #: EtherTypes
LABEL_BYTES: Final = 4
BOTTOM_OF_STACK: Final = 0x01  #: in the third byte of a label (RFC 3032 section 2.1)
DPKT_FLAGS: Final = 0x1FF  #: TCP flags that dpkt knows
DPKT_TAGS: Final = 2  #: VLAN tags that dpkt reads at a time
STOPPING: Final = frozenset((Fault.VERSION, Fault.HEADER_LENGTH, Fault.TOTAL_LENGTH))


def _fragment(difference: Difference, evidence: Evidence) -> bool:
    return difference.ours is None and any(
        protocol in VERSIONS and header["carries"] == IS_FRAGMENT for protocol, header in evidence.in_front()
    )


def _stops(header: dict[str, Any] | None) -> bool:
    return header is not None and header["fault"] in STOPPING and header["carries"] < 0


def _stopped(difference: Difference, evidence: Evidence) -> bool:
    if difference.ours is None:
        return any(_stops(header) for _, header in evidence.in_front())
    return difference.ours == "None" and _stops(evidence.same())


def _other_version(difference: Difference, evidence: Evidence) -> bool:
    return difference.ours in (None, "None") and any(
        fields["ip.version"] != VERSIONS[protocol]
        for protocol, fields in evidence.theirs[: evidence.place + 1]
        if protocol in VERSIONS
    )


def _no_payload(difference: Difference, evidence: Evidence) -> bool:
    return difference.ours is None and any(
        protocol == "ipv6" and header["ipv6.plen"] == 0 for protocol, header in evidence.in_front()
    )


def _behind_labels(difference: Difference, evidence: Evidence) -> bool:
    """The Ethernet header that dpkt finds stands where the label stack behind an outer one ends."""
    if evidence.by != "dpkt" or difference.field != "eth":
        return False
    outer = [_addresses(fields) for protocol, fields in evidence.theirs[: evidence.place] if protocol == "eth"]
    frame = evidence.frame
    at = frame.find(outer[-1]) + MAC_ADDRESSES if outer else len(frame)
    while frame[at : at + 2] in TAGS:
        at += TAG_BYTES
    if frame[at : at + 2] not in MPLS:
        return False
    at += 2
    while at + LABEL_BYTES <= len(frame) and not frame[at + 2] & BOTTOM_OF_STACK:
        at += LABEL_BYTES
    return frame[at + LABEL_BYTES :].startswith(_addresses(evidence.theirs[evidence.place][1]))


def _addresses(fields: dict[str, Any]) -> bytes:
    return bytes.fromhex((fields["eth.dst"] + fields["eth.src"]).replace(":", ""))


def _many_tags(difference: Difference, evidence: Evidence) -> bool:
    tags = [str(header["vlan.id"]) for header in evidence.ours["vlan"]]
    return evidence.by == "dpkt" and difference.field == "vlan.id" and len(tags) > DPKT_TAGS and difference.theirs in tags


def _reserved_bits(difference: Difference, evidence: Evidence) -> bool:
    if difference.field != "tcp.flags" or evidence.by != "dpkt" or not difference.ours or not difference.theirs:
        return False
    return difference.ours != "None" and int(difference.ours) & DPKT_FLAGS == int(difference.theirs)


def _cut_for_us(difference: Difference, evidence: Evidence) -> bool:
    header = evidence.same()
    return difference.ours == "None" and header is not None and header["fault"] in (Fault.SNAP_LENGTH, Fault.SHORT)


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
        "no payload",
        "An IPv6 payload length of 0 without a jumbo option: nothing follows; the library reads what stands there.",
        "ours",
        _no_payload,
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
