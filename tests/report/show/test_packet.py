"""The layers of a frame: every byte in one of them, fields of the right header, and what is wrong said where it is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from analyzer.pipeline import Pipeline
from analyzer.report.fields import views
from analyzer.report.show.layer import FRAME, Layer
from analyzer.report.show.packet import layers
from analyzer.report.show.rows import KEYS, rows
from analyzer.report.show.tree import Tree

PCAPS = Path(__file__).parents[3] / "pcaps"
CAPTURES = sorted(path for path in PCAPS.glob("*/*") if "cap" in path.suffixes[0])
MOST = 12  #: frames of each capture


def shown(path: str, frame: int) -> list[Layer]:
    """The layers of a frame of one of our captures."""
    with open_capture(str(PCAPS / path)) as reader:
        pipeline = Pipeline(reader)
        for view in views(pipeline):
            if frame <= int(view.batch.number[-1]):
                return layers(view, frame - int(view.batch.number[0]), pipeline.fragments.reassembled)
    raise AssertionError


def names(found: list[Layer]) -> list[str]:
    return [layer.protocol for layer in found]


def field(found: list[Layer], name: str) -> list[object]:
    return [value.value for layer in found for value in layer.values if value.name == name]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_byte_of_a_frame_is_in_one_layer(path: Path) -> None:
    try:
        reader = open_capture(str(path))
    except CaptureError:
        return
    with reader:
        pipeline = Pipeline(reader)
        for view in views(pipeline):
            for row in range(min(len(view), MOST)):
                found = layers(view, row, pipeline.fragments.reassembled)
                frame = view.batch.data[view.batch.start[row] : view.batch.end[row]].tobytes()
                own = [layer for layer in found if layer.protocol != FRAME and not layer.reassembled]
                covered = sorted((layer.offset, layer.offset + len(layer.data)) for layer in own if layer.data)
                assert [first for first, _ in covered] == [0, *(last for _, last in covered)][: len(covered)]
                assert sum(len(layer.data) for layer in own) == len(frame)
                assert all(frame[layer.offset : layer.offset + len(layer.data)] == layer.data for layer in own)
                json.dumps(rows(found, row + 1))
                for width in (40, 80, 130):
                    out = io.StringIO()
                    Tree(out, width, lambda text, style: text).write(found)
                    assert width < 80 or all(len(line) <= width for line in out.getvalue().splitlines())


def test_fields_are_those_of_their_own_header() -> None:
    found = shown("tunnel/ip_in_ip.pcap", 1)
    assert names(found)[:4] == ["frame", "eth", "ip", "ip"]
    outer, inner = found[2], found[3]
    assert [value.value for value in outer.values if value.name == "ip.proto"] == [4]
    assert [value.value for value in inner.values if value.name == "ip.proto"] == [6]
    assert outer.offset + len(outer.data) == inner.offset


def test_tcp_analysis_of_the_frame() -> None:
    found = shown("tcp/fast_retransmission.pcap", 5)
    assert field(found, "tcp.analysis.acks_frame") == [4]
    assert field(found, "tcp.stream") == [0]


def test_quoted_headers() -> None:
    found = shown("network/icmp.pcap", 7)
    assert names(found) == ["frame", "eth", "ip", "icmp", "ip", "tcp"]
    assert [layer.quoted for layer in found] == [False] * 4 + [True] * 2
    assert found[4].notes and not found[5].notes
    assert found[5].info.startswith("40000 → 7777 [SYN]")


def test_a_reassembled_datagram_stands_behind_its_last_fragment() -> None:
    found = shown("network/fragments.pcap", 3)
    assert names(found) == ["frame", "eth", "ip", "data", "reassembled", "udp", "data"]
    assert field(found, "reassembled.frames") == [[1, 2, 3]]
    assert found[-1].reassembled and found[-1].offset == 8 and len(found[-1].data) == 3000
    assert "frames 1-3" in found[4].notes[0].sentence
    first = shown("network/fragments.pcap", 1)
    assert names(first) == ["frame", "eth", "ip", "data"] and first[2].notes


def test_extension_headers_of_a_reassembled_datagram_are_no_trailer() -> None:
    found = shown("network/fragments_ipv6.pcap", 3)
    assert "eth.trailer" not in names(found)


@pytest.mark.parametrize("frame, fault", ((1, "version"), (2, "header_length"), (3, "total_length")))
def test_faults_say_where_and_what(frame: int, fault: str) -> None:
    found = shown("network/ipv4_broken.pcap", frame)
    assert found[2].fault == fault
    assert "byte 14" in found[2].notes[0].sentence and found[2].notes[0].style == "problem"


def test_what_was_not_captured_is_said() -> None:
    found = shown("network/snap_length_40.pcap", 1)
    assert "26 bytes" in found[0].notes[0].sentence
    assert found[-1].fault == "snap_length" and found[-1].notes[0].style == "warning"


def test_a_frame_shorter_than_its_header_shows_no_bytes_of_the_next() -> None:
    assert [len(layer.data) for layer in shown("link/short_ethernet.pcap", 2)[1:]] == [5]


def test_padding_and_check_sequence() -> None:
    assert "eth.trailer" in names(shown("network/ipv4_padding.pcap", 1))
    found = shown("container/pcapng_fcs.pcapng", 1)
    assert found[-1].protocol == "eth.fcs" and len(found[-1].data) == 4


def test_secrets_are_masked_in_the_bytes() -> None:
    with open_capture(str(PCAPS / "tcp/clean_session.pcap")) as reader:
        pipeline = Pipeline(reader)
        view = next(iter(views(pipeline)))
        for row in range(len(view)):
            found = layers(view, row, (), lambda payload: b"*" * len(payload))
            payload = [layer for layer in found if layer.protocol == "data"]
            assert all(set(layer.data) == {ord("*")} for layer in payload)


def test_rows_have_the_keys_that_are_documented() -> None:
    for row in rows(shown("network/icmp.pcap", 7), 7):
        assert list(row) == list(KEYS)
