"""What became of an attempt to connect. Of several that are true the first counts:

- mid_capture: neither a SYN nor a SYN/ACK was captured: the connection was open when the capture began.
- refused: the server answered the SYN with RST (RFC 9293 section 3.5.2), and never with SYN/ACK.
- timeout: the handshake of TCP was never completed, nobody said anything, and one of its segments had to be repeated, or the
  capture (or the client's patience, if that ends with RST) goes on for PATIENCE_NS after the latest SYN or SYN/ACK. Where
  the capture ends sooner, nothing can be said: undecided.
- tls_alert: a fatal alert ended the TLS handshake.
- reset: RST before the connection was of any use: before it stood, before TLS stood, or before the server had sent any data of
  its application. A reset later, as clients use it to get rid of a connection that they need no longer, is none.
- tls_incomplete: TLS began, and its handshake did not come to its end: one side closed the connection, or the capture goes on for
  PATIENCE_NS after what was last said. Where the capture ends sooner: undecided.
- established: all others. Whether requests were answered is another question.
"""

from __future__ import annotations

from typing import Final

from analyzer.journey.connection import Opened, Secured

PATIENCE_NS: Final = 1_000_000_000  #: after which a SYN is repeated (RFC 6298 section 2.1): the answer is overdue
MID_CAPTURE: Final = "mid_capture"
REFUSED: Final = "refused"
TIMEOUT: Final = "timeout"
TLS_ALERT: Final = "tls_alert"
RESET: Final = "reset"
TLS_INCOMPLETE: Final = "tls_incomplete"
ESTABLISHED: Final = "established"
UNDECIDED: Final = "undecided"  #: rows have null for it


def outcome(
    opened: Opened,
    secured: Secured | None,
    tls_stands: bool,
    asked: bool,
    answered: bool,
    silent_ns: int,
    quiet_ns: int | None,
) -> str:
    """The word.

    asked, answered: the client, the server sent data of its application, handshakes of TLS aside; in the clear any payload.
    silent_ns: from the latest SYN or SYN/ACK to the first RST, or to the end of the capture.
    quiet_ns: from the latest new payload to the end of the capture; None: a FIN was sent.
    """
    if opened.syn is None and opened.synack is None:
        return MID_CAPTURE
    if opened.refused:
        return REFUSED
    stands = opened.ack is not None or asked or answered or secured is not None
    if not stands and (opened.reset is None or (opened.synack is None and opened.reset_by == "client")):
        repeated = opened.syn_count > 1 or opened.synack_count > 1
        if repeated or silent_ns >= PATIENCE_NS:
            return TIMEOUT
        return UNDECIDED if opened.reset is None else RESET
    if secured is not None and secured.alert is not None:
        return TLS_ALERT
    if opened.reset is not None and not answered:
        return RESET
    if secured is not None and not tls_stands:
        return TLS_INCOMPLETE if quiet_ns is None or quiet_ns >= PATIENCE_NS else UNDECIDED
    return ESTABLISHED
