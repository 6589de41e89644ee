"""Applications in datagrams: recognised by content, and no messages of those that nobody asked for."""

from __future__ import annotations

import pytest

from analyzer.dissect.walk import Walk
from analyzer.flow.application.messages import Messages
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.udp import UdpConversations
from tests.frames import batch_of, ethernet, ipv4, udp

QUERY = bytes.fromhex("123401000001000000000000") + b"\4shop\7example\0\0\1\0\1"
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"


@pytest.mark.parametrize("port", (53, 8053))
@pytest.mark.parametrize(("wanted", "count"), [("dns", 3), ("tls", 0)])
def test_only_what_is_wanted(port: int, wanted: str, count: int) -> None:
    asked = ethernet(ipv4(udp(QUERY, 40_000, port), 17, CLIENT, SERVER))
    answered = ethernet(ipv4(udp(QUERY[:2] + b"\x81\x80" + QUERY[4:], port, 40_000), 17, SERVER, CLIENT))
    batch, walk, tcp, conversations = batch_of([asked, answered, asked]), Walk(), TcpAnalysis(), UdpConversations()
    messages = Messages(tcp, conversations, frozenset({wanted}), 1 << 24)
    walk.batch(batch)
    table = walk.table("udp")
    assert table is not None
    found = list(messages.update(batch, None, None, table, conversations.update(batch, table)))
    assert [message.PROTOCOL for message in found] == ["dns"] * count
    assert all(message.origin is not None and message.last is not None for message in found)
    assert messages.labels[1].application(0) == "dns"
