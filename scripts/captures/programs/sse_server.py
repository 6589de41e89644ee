"""A server of events (WHATWG HTML, server-sent events): after three of them it closes; Last-Event-ID goes on behind it.

python sse_server.py ADDRESS PORT
"""

from __future__ import annotations

import asyncio
import re
import sys

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n"
PAUSE = 0.2  #: seconds from event to event
AT_ONCE = 3
LAST = 7


def chunk(data: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client: the stream does not end properly, the connection does."""
    head = await reader.readuntil(b"\r\n\r\n")
    last = re.search(rb"(?i)last-event-id: (\d+)", head)
    first = int(last[1]) + 1 if last else 1
    writer.write(HEAD + chunk(b": a comment\nretry: 500\n\n"))
    for number in range(first, min(first + AT_ONCE, LAST + 1)):
        await asyncio.sleep(PAUSE)
        event = f'id: {number}\nevent: price\ndata: {{\ndata:  "number": {number}\ndata: }}\n\n'.encode()
        half = len(event) // 2 if number % 2 else len(event)
        writer.write(chunk(event[:half]))
        await writer.drain()
        if event[half:]:
            await asyncio.sleep(PAUSE / 10)
            writer.write(chunk(event[half:]))
    await writer.drain()
    writer.close()


async def main() -> None:
    """Forever."""
    server = await asyncio.start_server(serve, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
