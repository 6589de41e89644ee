"""A WebSocket server (RFC 6455): echoes, and does what it is told.

python websocket_server.py ADDRESS PORT deflate|plain|prices
"""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve

PRICES = 20  #: messages, each about a segment long, PACE seconds apart
PACE = 0.001
FRAGMENTS = ["a message ", "in three ", "fragments"]


async def answer(peer: ServerConnection) -> None:
    """One client."""
    async for message in peer:
        if message == "ping me":
            await (await peer.ping(b"are you there?"))
        elif message == "fragments":
            await peer.send(iter(FRAGMENTS))
        elif message == "prices":
            for number in range(PRICES):
                await peer.send(f"{number} " * 400)
                await asyncio.sleep(PACE)
        elif message == "close":
            await peer.close(4001, "as you wish")
        else:
            await peer.send(message)


async def main() -> None:
    """Forever."""
    address, port, how = sys.argv[1:]
    compression = "deflate" if how == "deflate" else None
    async with serve(answer, address, int(port), compression=compression) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
