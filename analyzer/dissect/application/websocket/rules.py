"""What RFC 6455 and RFC 7692 forbid in a frame, and what real frames have besides."""

from __future__ import annotations

from typing import Final

from .frame import CLOSE_CODE, KNOWN, MAX_CONTROL, MAX_LENGTH, RSV1, Frame, Header, Opcode, close_code_allowed

NO_MESSAGE: Final = -1  #: in place of an opcode: no message has begun and goes on
UNKNOWN: Final = -2  #: it is not known whether one has

#: what is forbidden, and where
ERRORS: Final = {
    "not_masked": "a client has to mask (5.1)",
    "masked": "a server must not mask (5.1)",
    "reserved_bits": "a bit is set that no extension gave a meaning (5.2)",
    "reserved_opcode": "nobody defined the opcode (5.2)",
    "length_not_minimal": "the length takes more bytes than it needs (5.2)",
    "length_impossible": "the length has 64 bits (5.2); nothing behind it can be read",
    "control_fragmented": "a control frame is not final (5.5)",
    "control_too_long": "a control frame has more than 125 bytes (5.5)",
    "continuation_unexpected": "no message goes on (5.4)",
    "continuation_missing": "a message begins while another goes on (5.4)",
    "close_length": "a Close frame of one byte has no room for its code (5.5.1)",
    "close_code": "the code is not allowed in a frame (7.4)",
    "close_reason": "the reason is not UTF-8 (5.5.1)",
    "after_close": "nothing may follow a Close frame (5.5.1)",
    "given_up": "so many frames were doubtful that the rest of the direction is not read",
}
RESYNC_LONGEST: Final = 0xFFFF  #: payload of a frame that is believed behind missing bytes


def errors(header: Header, from_client: bool, reserved: int, message: int, closed: bool) -> list[str]:
    """Of a header. `reserved`: RSV bits without a meaning; `message`: opcode of the message that goes on."""
    found = []
    if header.masked != from_client:
        found.append("not_masked" if from_client else "masked")
    first = header.opcode in (Opcode.TEXT, Opcode.BINARY)
    if header.rsv & reserved or (header.rsv & RSV1 and reserved and not first):
        found.append("reserved_bits")
    if header.opcode not in KNOWN:
        found.append("reserved_opcode")
    if not header.minimal:
        found.append("length_not_minimal")
    if header.length > MAX_LENGTH:
        found.append("length_impossible")
    if header.control:
        if not header.fin:
            found.append("control_fragmented")
        if header.length > MAX_CONTROL:
            found.append("control_too_long")
    elif header.opcode == Opcode.CONTINUATION and message == NO_MESSAGE:
        found.append("continuation_unexpected")
    elif header.opcode != Opcode.CONTINUATION and message >= 0:
        found.append("continuation_missing")
    if closed:
        found.append("after_close")
    return found


def read_close(frame: Frame, payload: bytes) -> list[str]:
    """Put the code and the reason of a Close frame there; what is wrong with them."""
    if not payload:
        return []
    if len(payload) < CLOSE_CODE:
        return ["close_length"]
    frame.close_code = code = int.from_bytes(payload[:CLOSE_CODE], "big")
    found = [] if close_code_allowed(code) else ["close_code"]
    try:
        frame.close_reason = payload[CLOSE_CODE:].decode()
    except UnicodeDecodeError:
        frame.close_reason = payload[CLOSE_CODE:].decode(errors="replace")
        found.append("close_reason")
    return found


def plausible(frame: Frame, header: Header) -> bool:
    """Whether bytes that nobody announced as a frame are one: bytes of a file, repeated ones above all, are not."""
    return not (
        frame.errors
        or header.length > RESYNC_LONGEST
        or header.rsv & ~RSV1
        or (header.masked and header.key == header.key[:1] * len(header.key))
        or (header.length == 0 and not header.fin)
    )
