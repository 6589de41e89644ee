"""What pcaps/INDEX.md promises of each capture: the frames that our display filter selects, and the exit status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from analyzer.capture.reader import open_capture
from analyzer.cli import commands
from analyzer.pipeline import Pipeline
from analyzer.report.display_filter import DisplayFilter, FilterError
from analyzer.report.fields import views

PCAPS = Path(__file__).resolve().parent.parent / "pcaps"
ROW = re.compile(r"^\| \[[^]]+\]\(([^)]+)\) \| (?:.*?) \| (.*) \|$")
FINDS = re.compile(r"`([^`]+)`: (-|some|[\d -]+)(?:<br>|$)")
STATUS = re.compile(r"exit status (\d)")
REFUSED = 1  #: exit status: no capture

#: field -> why our display filter does not know it
UNKNOWN: dict[str, str] = {
    "eth.fcs": "the frame check sequence is left out of the frame, not shown",
    "wlan.fcs": "the frame check sequence is left out of the frame, not shown",
    "arp.isgratuitous": "ARP is shown field by field; what it means stands among the findings",
    "arp.isprobe": "ARP is shown field by field; what it means stands among the findings",
    "arp.isannouncement": "ARP is shown field by field; what it means stands among the findings",
    "arp.duplicate-address-detected": "ARP is shown field by field; what it means stands among the findings",
    "mpls.label": "a header that we pass over: only its protocol can be asked for",
    "fr.dlci": "a header that we pass over: only its protocol can be asked for",
    "gre.key": "a header that we pass over: only its protocol can be asked for",
    "gre.flags.version": "a header that we pass over: only its protocol can be asked for",
    "vxlan.vni": "a header that we pass over: only its protocol can be asked for",
    "geneve.vni": "a header that we pass over: only its protocol can be asked for",
    "gtp.teid": "a header that we pass over: only its protocol can be asked for",
    "igmp.version": "a header that we pass over: only its protocol can be asked for",
    "sctp.chunk_type": "a header that we pass over: only its protocol can be asked for",
    "wlan.fc.type_subtype": "a header that we pass over: only its protocol can be asked for",
    "ip.opt.type": "an option or extension header of which we show less",
    "ipv6.fraghdr.more": "an option or extension header of which we show less",
    "tcp.options.tfo": "an option or extension header of which we show less",
    "tcp.options.mptcp.subtype": "an option or extension header of which we show less",
    "tcp.options.sack.dsack_le": "an option or extension header of which we show less",
    "tcp.urgent_pointer": "a field of the header that is not in our rows",
    "tcp.checksum": "a field of the header that is not in our rows",
    "ip.fragment.overlap": "overlaps stand among the findings",
    "ip.fragment.overlap.conflict": "overlaps stand among the findings",
    "frame.comment": "what Wireshark adds to a packet, or what nobody dissected",
    "data.len": "what Wireshark adds to a packet, or what nobody dissected",
}
#: their messages have commands of their own (tests/test_pcaps_messages.py); none of their fields is one of packets
APPLICATIONS = ("dns", "mdns", "llmnr", "tls", "dtls", "http", "websocket")
#: (capture, filter) -> why we select other frames
OTHERWISE: dict[tuple[str, str], str] = {}


class Promise(NamedTuple):
    path: str
    finds: dict[str, str]
    status: int


def promises() -> Iterator[Promise]:
    for line in (PCAPS / "INDEX.md").read_text().splitlines():
        if row := ROW.match(line):
            cell = row[2].replace("\\|", "|")
            status = STATUS.search(cell)
            yield Promise(row[1], dict(FINDS.findall(cell)), int(status[1]) if status else 0)


PROMISES = list(promises())


def numbers(text: str) -> list[int]:
    """ "1-3 7" as 1 2 3 7."""
    found: list[int] = []
    for part in text.split() if text != "-" else ():
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def selected(path: str, filters: list[DisplayFilter]) -> list[list[int]]:
    """The frames that each filter selects."""
    found: list[list[int]] = [[] for _ in filters]
    with open_capture(str(PCAPS / path)) as reader:
        for view in views(Pipeline(reader)):
            for frames, one in zip(found, filters, strict=True):
                frames += view.batch.number[one.mask(view)].tolist()
    return found


def known(text: str) -> bool:
    plain = re.sub(r'"[^"]*"', '""', text)
    applications = any(re.search(rf"(?<![\w.]){name}(?![\w-])", plain) for name in APPLICATIONS)
    return not applications and not any(re.search(rf"(?<![\w.]){re.escape(field)}(?![\w.-])", text) for field in UNKNOWN)


def test_every_capture_is_listed() -> None:
    there = {str(path.relative_to(PCAPS)) for path in PCAPS.rglob("*") if path.is_file() and path.suffix not in (".md", ".png")}
    assert {promise.path for promise in PROMISES} == there


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.path)
def test_status(promise: Promise) -> None:
    result = CliRunner().invoke(commands, ["packets", "-n", str(PCAPS / promise.path)])
    assert result.exit_code == promise.status, result.stderr


@pytest.mark.parametrize("promise", [one for one in PROMISES if one.status != REFUSED], ids=lambda promise: promise.path)
def test_frames(promise: Promise) -> None:
    texts = [text for text in promise.finds if known(text)]
    for text, frames in zip(texts, selected(promise.path, [DisplayFilter(text) for text in texts]), strict=True):
        as_promised = bool(frames) if promise.finds[text] == "some" else frames == numbers(promise.finds[text])
        assert as_promised != ((promise.path, text) in OTHERWISE), f"{text}: {frames}, not {promise.finds[text]}"


def test_what_is_not_known_is_named() -> None:
    """A field that we learn, and a capture that is gone, leave these lists."""
    used = " ".join(text for promise in PROMISES for text in promise.finds)
    for field in (*UNKNOWN, *APPLICATIONS):
        assert field in used
        with pytest.raises(FilterError):
            DisplayFilter(field)
    there = {(promise.path, text) for promise in PROMISES for text in promise.finds}
    assert OTHERWISE.keys() <= there
