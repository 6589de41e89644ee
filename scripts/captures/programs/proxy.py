"""A small HTTP proxy: CONNECT (RFC 9110, section 9.3.6) to its own host under any name; port 25 it refuses with 403.

python proxy.py ADDRESS PORT
"""

from __future__ import annotations

import asyncio
import sys

FORBIDDEN = 25


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the end."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One client."""
    head = await reader.readuntil(b"\r\n\r\n")
    port = head.split()[1].decode().rpartition(":")[2]
    if int(port) == FORBIDDEN:
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nnot there\n")
        writer.close()
        return
    there_reader, there_writer = await asyncio.open_connection(sys.argv[1], int(port))
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(copy(reader, there_writer), copy(there_reader, writer))


async def main() -> None:
    """Forever."""
    server = await asyncio.start_server(serve, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
