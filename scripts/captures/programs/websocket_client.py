"""A WebSocket client (RFC 6455): texts, bytes, fragments, pings, and a close from either side.

python websocket_client.py ADDRESS PORT deflate|plain|prices
"""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

TEXTS = ("hello", "héllo wörld", "", "the same text again and again " * 20)
BINARY = bytes(range(256)) * 258  #: longer than 65,535 bytes: the 64-bit length
PAUSE = 0.05  #: seconds
PRICES = 20  #: messages that the server sends when asked for prices


async def talk(peer: ClientConnection) -> None:
    """Everything but the close."""
    for text in TEXTS:
        await peer.send(text)
        await peer.recv()
        await asyncio.sleep(PAUSE)
    for data in (b"\0\1\2", BINARY):
        await peer.send(data)
        await peer.recv()
    await (await peer.ping(b"client's ping"))
    await peer.send(["my own ", "fragments"])
    await peer.recv()
    await peer.send("ping me")
    await asyncio.sleep(PAUSE)
    await peer.send("fragments")
    await peer.recv()


async def main() -> None:
    """Two connections: the client closes the first (1000), the server the second (4001)."""
    address, port, how = sys.argv[1:]
    compression = "deflate" if how == "deflate" else None
    if how == "prices":
        async with connect(f"ws://{address}:{port}/prices", compression=None) as peer:
            await peer.send("prices")
            for _ in range(PRICES):
                await peer.recv()
        return
    where = f"ws://{address}:{port}/chat?room=1"
    async with connect(
        where, compression=compression, subprotocols=[Subprotocol("chat.example")] if how == "plain" else None
    ) as peer:
        await talk(peer)
    async with connect(where, compression=compression) as peer:
        await peer.send("close")
        await peer.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
