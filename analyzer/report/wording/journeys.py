"""What the phases of journeys are called, and those who were waited for in them."""

from __future__ import annotations

from typing import Final, NamedTuple


class Phase(NamedTuple):
    """Words for a phase."""

    name: str  #: in legends and tables
    short: str  #: where there is little room
    when: str  #: in a sentence

    @property
    def title(self) -> str:
        return self.name[0].upper() + self.name[1:]


class Who(NamedTuple):
    """Words for somebody, or something, that was waited for."""

    name: str
    short: str  #: where there is little room
    spent: str  #: in a sentence: what the time was


#: phase -> its words
PHASES: Final = {
    "lookup": Phase("name lookup", "lookup", "during the name lookup"),
    "race": Phase("other addresses", "other addresses", "while connection attempts raced"),
    "connect": Phase("connect", "connect", "while connecting"),
    "proxy": Phase("proxy", "proxy", "while the proxy connected"),
    "starttls": Phase("STARTTLS", "STARTTLS", "before TLS began"),
    "tls": Phase("TLS", "TLS", "in the TLS handshake"),
    "client": Phase("client's own time", "client", "between connecting and asking"),
    "request": Phase("request", "request", "while the request was sent"),
    "wait": Phase("waiting", "wait", "before the first byte"),
    "receive": Phase("receiving", "receive", "while the answer came"),
}
#: who was waited for -> the words
WHO: Final = {
    "network": Who("the network", "network", "travel through the network"),
    "server": Who("the server", "server", "time of the server"),
    "client": Who("the client", "client", "time of the client itself"),
    "name_server": Who("the name server", "name server", "time of the name server"),
    "loss_repair": Who("repair of losses", "loss", "repair of losses"),
    "head_of_line": Who("head-of-line blocking", "head of line", "waiting behind missing bytes"),
    "unknown": Who("unknown", "unknown", "not explained by the capture"),
}
