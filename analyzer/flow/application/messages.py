"""The messages of all applications: those in TCP streams, and those in UDP datagrams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from operator import itemgetter

from analyzer.batch import Batch, Table
from analyzer.dissect.application.stream import Message
from analyzer.flow.fact import Facts
from analyzer.flow.stream.connection import Connection
from analyzer.flow.stream.streams import Streams
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.udp import UdpConversations

from .datagrams import Datagrams
from .labels import Labels


class Messages:
    """Call `update` after each batch went through the analyses, and `finish` at the end.

    wanted: Message.PROTOCOL of the messages that are to be made; what conversations are called is found out in any case.
    body_limit: most bytes of a body that are kept. opened: is shown each new connection, and may give it a conversation.
    """

    def __init__(
        self,
        tcp: TcpAnalysis,
        udp: UdpConversations,
        wanted: frozenset[str],
        budget: int,
        body_limit: int = 0,
        opened: Callable[[Connection], None] | None = None,
    ) -> None:
        self.labels = (Labels(tcp.slots), Labels(udp.slots))
        self.streams = Streams(tcp, wanted, budget, self.labels[0], body_limit, opened)
        self.datagrams = Datagrams(udp, wanted, self.labels[1])
        for conversations, labels in zip((tcp.conversations, udp.conversations), self.labels, strict=True):
            conversations.more.append(labels.columns)

    def update(
        self, batch: Batch, tcp: Table | None, tcp_facts: Facts | None, udp: Table | None, udp_facts: Facts | None
    ) -> Iterator[Message]:
        """The messages that a batch completes, by the frame that did, or that showed that no more will come. Take all of them."""
        in_streams = None if tcp is None or tcp_facts is None else self.streams.update(batch, tcp, tcp_facts)
        in_datagrams = None if udp is None or udp_facts is None else self.datagrams.update(batch, udp, udp_facts)
        if in_streams is None or in_datagrams is None:
            return in_streams or in_datagrams or iter(())
        return (message for _, message in merge(_found(in_datagrams), _found(in_streams), key=itemgetter(0)))

    def finish(self) -> Iterator[Message]:
        """The capture is over: the messages that end with it, complete or not. Take all of them."""
        yield from self.datagrams.finish()
        yield from self.streams.finish()


def _found(messages: Iterable[Message]) -> Iterator[tuple[int, Message]]:
    """Each message with the frame at which it was known, at the earliest: their order stays, though a hole may delay some."""
    latest = 0
    for message in messages:
        if message.last is not None and message.last.frame > latest:
            latest = message.last.frame
        yield latest, message
