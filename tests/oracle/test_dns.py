"""dnspython agrees on every DNS message of pcaps/ and the reference captures, or the difference has a reason by rule.

The rules:
- *text*: dnspython escapes bytes in names and texts; its labels are compared as bytes, joined and decoded by ours.
- *generic*: dnspython reads no data of a class that it does not know, such as IN with the bit of multicast DNS.
- *given up*: where dnspython gives up, we say `malformed`; but it follows fewer pointers (we follow as many as a name has
  labels), refuses compression in types where unicast DNS forbids it (RFC 3597 section 4; multicast DNS does not, RFC 6762 section
  18.14), and records without data in responses to updates, which servers send back as they came.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer.capture.reader import CaptureError, open_capture
from analyzer.dissect.application import dns
from analyzer.dissect.application.dns import Content, Conversation
from analyzer.dissect.application.dns.names import ROOT, utf8
from analyzer.dissect.application.stream import Opening
from analyzer.pipeline import Pipeline

theirs = pytest.importorskip("dns.message", reason="dnspython is not installed")
flags_of = pytest.importorskip("dns.flags")
rdatatype = pytest.importorskip("dns.rdatatype")
exceptions = pytest.importorskip("dns.exception")

ROOT_FOLDER = Path(__file__).resolve().parents[2]
REFERENCE = os.environ.get("ANALYZER_REFERENCE")
NO_CAPTURES = {".md", ".py", ".json", ".keylog", ".txt", ".png"}
UPDATE = 5  #: operation
STRICTER = {"PointerChainTooLong", "DecompressionForbidden"}  #: errors of dnspython that are none here
NAMED = {2, 5, 12, 39}  #: types whose data is a name
PLAIN = {1, 28, 43, 44, 48, 51, 52, 257}  #: types whose text has no name: their presentation form must be the same


def captures() -> list[Path]:
    folders = [ROOT_FOLDER / "pcaps", *([Path(REFERENCE, "captures")] if REFERENCE else [])]
    return [p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix not in NO_CAPTURES]


def messages(path: Path) -> Iterator[tuple[bytes, str]]:
    """Messages in datagrams, and those in the segments of TCP that hold whole ones."""
    try:
        with open_capture(str(path)) as reader:
            for dissection in Pipeline(reader):
                for protocol in ("udp", "tcp"):
                    table = dissection.walk.table(protocol)
                    if table is None:
                        continue
                    own = (table["carries"] >= 0) & (table["quoted"] == 0)
                    own &= np.isin(table["srcport"], dns.PORTS) | np.isin(table["dstport"], dns.PORTS)
                    for i in np.flatnonzero(own).tolist():
                        data = dissection.batch.data[int(table["inner"][i]) : int(table["inner_end"][i])].tobytes()
                        ports = (int(table["srcport"][i]), int(table["dstport"][i]))
                        if protocol == "udp" and len(data) >= 12:
                            yield data, dns.datagram_name(ports)
                        elif protocol == "tcp" and dns.recognise(data, ports):
                            conversation = Conversation(Opening((0, 0), 0, ports))
                            for message in conversation.feed(0, data):
                                yield data[message.start + 2 : message.end], message.protocol
    except CaptureError:
        return


def text(name: Any) -> str:
    return utf8(b".".join(label for label in name.labels if label)) or ROOT


def counted(content: Content) -> list[int]:
    return [len(section) for section in (content.questions, content.answers, content.authorities, content.additionals)]


def their_records(section: Any) -> list[tuple[str, int, int, int, Any]]:
    return [
        (text(rrset.name), int(rrset.rdtype), int(rrset.rdclass), int(rrset.ttl), data)
        for rrset in section
        for data in rrset or [None]
    ]


def same_data(kind: int, ours: Any, data: Any) -> bool:
    if data is None:
        return ours is None
    if type(data).__name__ == "GenericRdata":
        return ours is not None
    if kind in NAMED:
        return bool(ours == text(data.target))
    if kind in PLAIN:
        return bool(str(ours).replace(" ", "") == data.to_text().replace(" ", ""))
    if kind == 15:
        return bool(ours == f"{data.preference} {text(data.exchange)}")
    if kind == 16:
        return bool(ours == [utf8(part) for part in data.strings])
    if kind == 6:
        numbers = (data.serial, data.refresh, data.retry, data.expire, data.minimum)
        return bool(ours == " ".join(map(str, (text(data.mname), text(data.rname), *numbers))))
    if kind == 33:
        return bool(ours == f"{data.priority} {data.weight} {data.port} {text(data.target)}")
    if kind == 35:
        return bool(ours.startswith(f"{data.order} {data.preference} ") and ours.endswith(f" {text(data.replacement)}"))
    if kind == 46:
        fields = ours.split()
        return bool(
            fields[1:4] == [str(data.algorithm), str(data.labels), str(data.original_ttl)] and fields[7] == text(data.signer)
        )
    if kind in (47, 50):
        return bool(ours.split()[1 if kind == 47 else 5 :] == data.to_text().split()[1 if kind == 47 else 5 :])
    if kind in (64, 65):
        keys = [int(key) for key in data.params]
        return bool(ours["priority"] == data.priority and ours["target"] == text(data.target) and len(ours) == 2 + len(keys))
    return ours is not None


def test_agreement() -> None:
    compared = 0
    for path in captures():
        for data, protocol in messages(path):
            content = dns.parse(data, protocol == "mdns")
            try:
                other = theirs.from_wire(
                    data,
                    keyring=False,
                    ignore_trailing=True,
                    one_rr_per_rrset=True,
                    continue_on_error=False,
                    raise_on_truncation=False,
                )
            except (exceptions.DNSException, struct.error, ValueError, IndexError) as error:
                stricter = type(error).__name__ in STRICTER or content.opcode == UPDATE
                assert content.malformed or stricter, (path, data.hex(), repr(error))
                continue
            compared += 1
            assert dns.datagram(data, (dns.PORTS[0], dns.PORTS[0]))[0].id == other.id, (path, data.hex())
            _compare(content, other, f"{path.name}: {data.hex()}", 0x7FFF if protocol == "mdns" else 0xFFFF)
    print(f"{compared} messages agree")
    assert compared >= 50


def _compare(content: Content, other: Any, where: str, mask: int) -> None:
    assert content.flags is not None and content.flags & 0xFFF0 == int(other.flags) & 0xFFF0 | other.opcode() << 11, where
    asked = [(q["name"], q["type"], q["class"]) for q in content.questions]
    assert asked == [(text(q.name), int(q.rdtype), int(q.rdclass) & mask) for q in other.question], where
    additionals = [record for record in content.additionals if record["type"] not in (41, 250)]
    for ours, section in (
        (content.answers, other.answer),
        (content.authorities, other.authority),
        (additionals, other.additional),
    ):
        known = their_records(section)
        assert [(r["name"], r["type"]) for r in ours] == [(r[0], r[1]) for r in known], where
        for record, (_, kind, family, ttl, data) in zip(ours, known, strict=True):
            if other.opcode() != UPDATE:
                assert (record["class"], record["ttl"]) == (family & mask, ttl), where
            assert same_data(kind, record["data"], data), (where, record, data)
    assert (content.edns is not None) == (other.edns >= 0), where
    if content.edns is not None:
        said = (content.edns["udp_size"], content.edns["version"], content.edns["do"])
        assert said == (other.payload, other.edns, bool(other.ednsflags & int(flags_of.DO))), where
