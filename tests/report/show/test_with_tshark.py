"""The installed tshark shows a packet, or it is said why not."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

pytest.importorskip("pyshark")

from analyzer.report.show import with_tshark
from analyzer.report.show.layer import FRAME, Layer
from analyzer.report.show.with_tshark import TsharkUnable, read, without_bytes

PCAPS = Path(__file__).parents[3] / "pcaps"
SECRETS = str(PCAPS / "recorded/http_secrets.pcap")
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def layers(path: str, frame: int, show_secrets: bool = False) -> list[Layer]:
    return read(path, frame, Layer(FRAME, "Frame"), b"", show_secrets)


@needs_tshark
def test_layers() -> None:
    found = layers(SECRETS, 4)
    assert [layer.protocol for layer in found] == ["frame", "eth", "ip", "tcp", "http", "bytes"]
    assert any(value.name == "tcp.dstport" and value.value == "80" for value in found[3].values)


@needs_tshark
def test_secrets_are_masked() -> None:
    def everything(show_secrets: bool) -> str:
        return " ".join(f"{value.text} {value.value}" for layer in layers(SECRETS, 4, show_secrets) for value in layer.values)

    assert "session" in everything(True) and "session" not in everything(False)
    assert "Cookie: ***" in everything(False) and "Basic" not in everything(False)


@needs_tshark
def test_a_cut_capture_shows_the_frames_before_the_cut() -> None:
    assert layers(str(PCAPS / "container/cut_in_data.pcap"), 7)[3].protocol == "tcp"


@needs_tshark
@pytest.mark.parametrize("path, frame", (("container/bzip2.pcap.bz2", 1), ("container/cut_in_data.pcap", 9)))
def test_what_tshark_cannot_show(path: str, frame: int) -> None:
    with pytest.raises(TsharkUnable, match=f"frame {frame}"):
        layers(str(PCAPS / path), frame)


def test_no_tshark(monkeypatch: pytest.MonkeyPatch) -> None:
    from pyshark.tshark.tshark import TSharkNotFoundException

    def nowhere(path: str | None = None) -> str:
        raise TSharkNotFoundException("nowhere")

    monkeypatch.setattr("pyshark.tshark.tshark.get_process_path", nowhere)
    monkeypatch.setattr("pyshark.capture.capture.get_process_path", nowhere)
    with pytest.raises(TsharkUnable, match="not installed"):
        layers(SECRETS, 1)


def test_a_tshark_that_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silent = tmp_path / "tshark"
    silent.write_text('#!/bin/sh\nif [ "$1" = -v ]; then echo "TShark (Wireshark) 4.0.17"; exit; fi\nexec sleep 60\n')
    silent.chmod(silent.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("pyshark.tshark.tshark.get_process_path", lambda path=None: str(silent))
    monkeypatch.setattr("pyshark.capture.capture.get_process_path", lambda path=None: str(silent))
    monkeypatch.setattr(with_tshark, "TIMEOUT", 0.5)
    with pytest.raises(TsharkUnable, match="no answer within"):
        layers(SECRETS, 1)


def test_all_bytes_of_the_frame() -> None:
    own = [Layer(FRAME, "Frame"), Layer("a", "A", offset=0, data=b"ab"), Layer("b", "B", offset=2, data=b"c")]
    assert without_bytes([*own, Layer("c", "C", data=b"zzzz", reassembled=True)])[1] == b"abc"
