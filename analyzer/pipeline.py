"""The stages composed: capture -> dissect -> flow, one batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from analyzer.batch import Batch, Table
from analyzer.capture.reader import Reader
from analyzer.dissect.application.stream import Message
from analyzer.dissect.walk import Walk
from analyzer.flow import routed
from analyzer.flow.fact import Facts
from analyzer.flow.fragments import Reassembler
from analyzer.flow.slots import DEFAULT_BUDGET
from analyzer.flow.tcp.analysis import TcpAnalysis
from analyzer.flow.tcp.preferences import Preferences
from analyzer.flow.udp import UdpConversations

if TYPE_CHECKING:
    from analyzer.flow.application.messages import Messages
    from analyzer.flow.stream.connection import Connection
    from analyzer.flow.tcp.ledger.connections import Ledger, Verdicts

UDP_SHARE = 4  #: one part in so many of the memory for conversations is for UDP
STREAMS_SHARE = 4  #: and one for streams, if they are read
LEDGER_SHARE = 4  #: and one for the packets of connections that are still to be judged; the rest is for TCP


@dataclass(frozen=True, slots=True)
class Applications:
    """What is to be found out about applications; with nothing wanted only what conversations are called."""

    wanted: frozenset[str] = frozenset()  #: protocols (dns, tls, http, websocket, sse) whose messages are to be made
    body_limit: int = 0  #: most bytes of a body that are kept
    opened: Callable[[Connection], None] | None = None  #: is shown each new connection, and may give it a conversation


@dataclass(slots=True)
class Dissection:
    """One batch with all that is known of its frames; valid until the next one is asked for."""

    batch: Batch
    walk: Walk  #: its tables hold every header of the batch
    tcp: Table | None  #: every TCP header
    tcp_facts: Facts | None  #: what the analysis says of each of them, in the same order
    udp: Table | None
    udp_facts: Facts | None
    messages: Iterator[Message]  #: of the applications that are wanted, made while they are taken


EVERY_APPLICATION: Final = Applications(frozenset(("dns", "tls", "http", "websocket", "sse")))


class Pipeline:
    """Reads a capture once. The state of the stages (conversations, counters) can be read at any time, and after the end."""

    def __init__(
        self,
        reader: Reader,
        preferences: Preferences | None = None,
        budget: int = DEFAULT_BUDGET,
        applications: Applications | None = None,
        verdicts: Verdicts | None = None,
    ) -> None:
        self.reader = reader
        self.walk = Walk()
        self.fragments = Reassembler()
        streams = 0 if applications is None else budget // STREAMS_SHARE
        packets = 0 if verdicts is None else budget // LEDGER_SHARE
        self.tcp = TcpAnalysis(preferences, budget - budget // UDP_SHARE - streams - packets)
        self.udp = UdpConversations(budget // UDP_SHARE)
        self.messages: Messages | None = None
        if applications is not None:
            from analyzer.flow.application.messages import Messages

            self.messages = Messages(
                self.tcp, self.udp, applications.wanted, streams, applications.body_limit, applications.opened
            )
        self._show = None if verdicts is None else verdicts.messages
        self.ledger: Ledger | None = None
        if verdicts is not None:
            from analyzer.flow.tcp.ledger.connections import Ledger

            self.ledger = Ledger(self.tcp, packets, verdicts, reader.losses)

    def __iter__(self) -> Iterator[Dissection]:
        for batch in self.reader:
            self.walk.batch(batch)
            self.fragments.update(batch, self.walk)
            routed.substitute(batch, self.walk)
            tcp, udp = self.walk.table("tcp"), self.walk.table("udp")
            tcp_facts = None if tcp is None else self.tcp.update(batch, tcp)
            udp_facts = None if udp is None else self.udp.update(batch, udp)
            if self.ledger is not None and tcp is not None and tcp_facts is not None:
                self.ledger.update(batch, tcp, tcp_facts)
            messages = self._messages(batch, tcp, tcp_facts, udp, udp_facts)
            yield Dissection(batch, self.walk, tcp, tcp_facts, udp, udp_facts, messages)
            for _ in messages:
                pass  # nobody took them, but what conversations are called is learnt from them

    def finish(self) -> Iterator[Message]:
        """After the last batch: the messages that end with the capture. Take all of them; then connections are judged."""
        if self.messages is not None:
            yield from self._shown(self.messages.finish())
        if self.ledger is not None:
            for _ in self.ledger.finish():
                pass

    def close(self) -> None:
        """After the last batch, for who does not want these messages: what is known of conversations is learnt from them."""
        for _ in self.closing():
            pass

    def closing(self) -> Iterator[None]:
        """The same step by step: at each one a connection is judged."""
        if self.messages is not None:
            for _ in self._shown(self.messages.finish()):
                pass
        if self.ledger is not None:
            yield from self.ledger.finish()

    def _messages(
        self, batch: Batch, tcp: Table | None, tcp_facts: Facts | None, udp: Table | None, udp_facts: Facts | None
    ) -> Iterator[Message]:
        if self.messages is None:
            return iter(())
        return self._shown(self.messages.update(batch, tcp, tcp_facts, udp, udp_facts))

    def _shown(self, messages: Iterator[Message]) -> Iterator[Message]:
        """The same messages, shown to whoever has connections judged."""
        return messages if self._show is None else _each(messages, self._show)


def _each(messages: Iterator[Message], show: Callable[[Message], None]) -> Iterator[Message]:
    for message in messages:
        show(message)
        yield message
