"""Traffic that wsproto makes, as wsproto itself reads it: both have to see the same messages, pings and closes.

Compressed messages have no ping between their fragments here: wsproto 1.3 forgets at the ping that the message is compressed,
and takes the rest of it for text (extensions.py, frame_inbound_complete; RFC 7692 section 6.1 says what is right).
"""

from __future__ import annotations

import random

import pytest

from analyzer.dissect.application.websocket.frame import Opcode
from tests.dissect.application.websocket.build import CLIENT, SERVER, Fed, opened

wsproto = pytest.importorskip("wsproto", reason="wsproto is not installed")

LIMIT = 1 << 20
CASES = (
    "",
    "permessage-deflate",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    "permessage-deflate; server_max_window_bits=10; client_max_window_bits=9",
    "permessage-deflate; client_no_context_takeover",
)


def connections(extension: str):
    """Client and server of an established connection."""
    from wsproto.connection import Connection, ConnectionType
    from wsproto.extensions import PerMessageDeflate

    ends = []
    for kind in (ConnectionType.CLIENT, ConnectionType.SERVER):
        deflate = PerMessageDeflate()
        if extension and kind is ConnectionType.CLIENT:
            deflate.finalize(extension)
        elif extension:
            deflate.accept(extension)
        ends.append(Connection(kind, [deflate] if extension else []))
    return ends


def script(dice: random.Random, compressed: bool):
    """Events that one side sends."""
    from wsproto.events import BytesMessage, Ping, Pong, TextMessage

    words = ["price", "naïve", "日本", "{", "}", "1.25", " "]
    for _ in range(60):
        kind = dice.randrange(6)
        if kind == 0:
            yield Ping(payload=dice.randbytes(dice.randrange(126)))
        elif kind == 1:
            yield Pong(payload=dice.randbytes(dice.randrange(126)))
        else:
            for last in (False,) * dice.randrange(3) + (True,):
                if kind < 4:
                    yield TextMessage(data="".join(dice.choices(words, k=dice.choice((0, 5, 200)))), message_finished=last)
                else:
                    yield BytesMessage(data=dice.randbytes(dice.choice((0, 125, 126, 3000, 70_000))), message_finished=last)
                if not last and not compressed and dice.random() < 0.3:
                    yield Ping(payload=b"between")


@pytest.mark.parametrize("extension", CASES)
@pytest.mark.parametrize("seed", range(4))
def test_agreement(extension: str, seed: int) -> None:
    from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

    dice = random.Random(seed)
    for direction in (CLIENT, SERVER):
        ends = connections(extension)
        sender, receiver = ends[direction], ends[1 - direction]
        sent = b"".join(sender.send(event) for event in script(dice, bool(extension))) + sender.send(CloseConnection(4001, "bye"))
        receiver.receive_data(sent)
        theirs, text, data = [], "", b""
        for event in receiver.events():
            if isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    theirs.append(("text", text.encode()))
                    text = ""
            elif isinstance(event, BytesMessage):
                data += bytes(event.data)
                if event.message_finished:
                    theirs.append(("binary", data))
                    data = b""
            elif isinstance(event, Ping | Pong):
                theirs.append((type(event).__name__.lower(), bytes(event.payload)))
            else:
                assert isinstance(event, CloseConnection)
                theirs.append(("close", event.code, event.reason))
        agreed = {"sec-websocket-extensions": extension} if extension else {}
        fed = Fed(opened(agreed, LIMIT)).feeds(direction, sent, [dice.randrange(1, 2000) for _ in range(20)])
        ours = []
        for one in fed.frames:
            assert not one.errors
            if one.content is not None:
                ours.append(("text" if one.text else "binary", one.content))
            elif one.opcode in (Opcode.PING, Opcode.PONG):
                ours.append((Opcode(one.opcode).name.lower(), one.payload))
            elif one.opcode == Opcode.CLOSE:
                ours.append(("close", one.close_code, one.close_reason))
        assert ours == theirs
