"""What the applications said to each other, as findings: their messages become rows, which each detector looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Protocol

from analyzer.dissect.application.stream import Message
from analyzer.finding import Finding, Severity
from analyzer.flow.application import dns, http, sse, tls, websocket
from analyzer.flow.application.rows import Row, Rows

from .certificates import CertificateFindings
from .dns import DnsFindings
from .http import HttpFindings
from .sse import SseFindings
from .tls import TlsFindings
from .websocket import WebsocketFindings


class Detector(Protocol):
    """Looks at the rows of a protocol."""

    def update(self, row: Row) -> None: ...

    def findings(self) -> Iterator[Finding]: ...

    def forgotten(self) -> Mapping[str, int]: ...


PROTOCOLS: Final[dict[str, tuple[Callable[[], Rows], tuple[Callable[[], Detector], ...]]]] = {
    "dns": (dns.Rows, (DnsFindings,)),
    "tls": (tls.Rows, (TlsFindings, CertificateFindings)),
    "http": (http.Rows, (HttpFindings,)),
    "websocket": (websocket.Rows, (WebsocketFindings,)),
    "sse": (sse.Rows, (SseFindings,)),
}


class ApplicationFindings:
    """Hand it all messages. most: what DNS and HTTP remember of each kind; None: much."""

    def __init__(self, most: int | None = None) -> None:
        self._rows = {protocol: rows() for protocol, (rows, _) in PROTOCOLS.items()}
        self._detectors = {protocol: [make() for make in detectors] for protocol, (_, detectors) in PROTOCOLS.items()}
        if most is not None:
            self._rows |= {"dns": dns.Rows(most=most), "http": http.Rows(most=most)}
            self._detectors |= {"dns": [DnsFindings(most)], "http": [HttpFindings(most)]}

    def update(self, messages: Iterable[Message], chosen: Callable[[int], bool] | None = None) -> None:
        """Look at further messages."""
        for message in messages:
            protocol = message.PROTOCOL
            if protocol not in self._rows:  # tls_record, which some commands want besides
                continue
            for row in self._rows[protocol].rows(message):
                if chosen is None or chosen(row["last_frame"]):
                    for detector in self._detectors[protocol]:
                        detector.update(row)

    def findings(self) -> Iterator[Finding]:
        """Of all protocols."""
        for detectors in self._detectors.values():
            for detector in detectors:
                yield from detector.findings()
                for what, times in detector.forgotten().items():
                    if times:
                        yield Finding("forgotten", Severity.NOTE, times, values={"what": what})
