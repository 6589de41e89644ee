"""Which backend is chosen, and what is said where nothing can be captured."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.capture.live import permissions, source
from analyzer.capture.live.permissions import Backend
from analyzer.capture.live.source import LiveError, LiveSource, named, open_live


def test_names() -> None:
    assert [named(("a",)), named(("a", "b")), named(("a", "b", "c"))] == ["a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("interfaces", "options", "message"),
    [
        ([], {}, "no interface is named"),
        (["lo"], {"count": 0}, "have to be 1 or more"),
        (["lo"], {"snap_length": 0}, "have to be 1 or more"),
        (["lo"], {"buffer_bytes": 2 << 30}, "the buffer can have 2047M at most"),
        (["lo"], {"backend": "pcap"}, "there is no backend 'pcap'; there are: af_packet, dumpcap, tcpdump, scapy"),
    ],
)
def test_what_cannot_be(interfaces: list[str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(LiveError, match=message):
        open_live(interfaces, **options)


def test_the_first_that_works_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def opener(backend: str) -> Any:
        opened.append(backend)
        return lambda names, *_: LiveSource(backend, names)

    monkeypatch.setattr(permissions, "backends", lambda: [Backend("af_packet", "not here"), Backend("tcpdump")])
    monkeypatch.setattr(source, "_opener", opener)
    with open_live(["lo", "lo", "eth0"]) as live:
        assert (opened, live.backend, live.interfaces, live.name) == (["tcpdump"], "tcpdump", ("lo", "eth0"), "lo and eth0")


def test_none_works(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        Backend("af_packet", "only Linux has it"),
        Backend("dumpcap", "is not permitted", "sudo setcap"),
        Backend("tcpdump", "is not permitted"),
    ]
    monkeypatch.setattr(permissions, "backends", lambda: found)
    with pytest.raises(LiveError) as error:
        open_live(["lo"])
    first, second = str(error.value).split("\n")
    assert first == "no backend can capture here: af_packet: only Linux has it; dumpcap and tcpdump: is not permitted"
    assert "sudo setcap" in second
