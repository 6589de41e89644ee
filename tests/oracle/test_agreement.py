"""Nobody says anything about a capture that is not explained: dpkt, scapy and tshark on everything in pcaps/ and the reference.

The code is that of the command `verify`. EXPLAINED.md tells why some differences are right.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from analyzer.pipeline import Pipeline
from analyzer.verify.explained import REASONS
from analyzer.verify.run import SecondOpinions

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = os.environ.get("ANALYZER_REFERENCE")
NO_CAPTURES = {".md", ".py", ".json", ".keylog", ".txt", ".png"}
EVERYONE = os.environ.get("ANALYZER_REQUIRE_TSHARK") == "1"  #: it is a failure if tshark or a library is missing
#: what is no capture for us; every other file must open
REFUSED = {"netmon.cap", "no_bytes.pcap", "cut_in_file_header.pcap", "cut.pcapng.zst"}
#: what tshark 4.0 cannot open, so that it has no opinion of it
UNREAD_BY_TSHARK = {"bzip2.pcap.bz2", "xz.pcap.xz"}


def captures() -> list[Path]:
    folders = [ROOT / "pcaps", *([Path(REFERENCE, "captures")] if REFERENCE else [])]
    return [p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file() and p.suffix not in NO_CAPTURES]


@pytest.fixture(scope="session")
def opinions() -> Iterator[SecondOpinions]:
    with SecondOpinions() as opinions:
        yield opinions


@pytest.mark.parametrize("who", ["dpkt", "scapy", "tshark"])
def test_everyone_can_be_asked(opinions: SecondOpinions, who: str) -> None:
    if who in opinions.absent:
        reason = f"{who} cannot be asked: {opinions.absent[who]}"
        if EVERYONE:
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set: only the captures of pcaps/ are compared")
def test_reference_captures_are_there() -> None:
    assert any(not path.is_relative_to(ROOT) for path in captures())


@pytest.mark.parametrize("path", captures(), ids=lambda path: "/".join(path.parts[-2:]))
def test_no_difference_is_unexplained(opinions: SecondOpinions, path: Path) -> None:
    if path.name in REFUSED:
        with pytest.raises(CaptureError):
            open_capture(str(path))
        return
    with open_capture(str(path)) as reader:
        result = opinions.verify(str(path), ((dissection, None) for dissection in Pipeline(reader)), words=False)
    unexplained = [one for opinion in result.opinions for one in opinion.differences if not one.explanation]
    lines = [f"frame {one.frame} {one.field}: {one.ours}, {one.by} says {one.theirs}" for one in unexplained[:20]]
    assert not unexplained, "\n".join(lines)
    assert result.unexplained == 0
    silent = {one.by: one.absent for one in result.opinions if one.absent}
    assert silent.keys() == opinions.absent.keys() | ({"tshark"} if path.name in UNREAD_BY_TSHARK else set()), silent


def test_every_explanation_is_told() -> None:
    told = (Path(__file__).parent / "EXPLAINED.md").read_text()
    for name in REASONS:
        assert f"### {name.lower()}\n" in told, f"EXPLAINED.md does not tell of {name!r}"
