"""An HTTP/1.1 server for what nginx does not do: chunks with extensions and trailers, bodies that end with the connection,
interim responses, a promised length that is not kept.

    python bodies.py ADDRESS PORT
"""

from __future__ import annotations

import asyncio
import sys

PAUSE = 0.02  #: seconds between the pieces, which so travel in segments of their own
TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
PIECES = {
    b"/chunked": [
        TEXT + b"Transfer-Encoding: chunked\r\nTrailer: Digest\r\n\r\n",
        b"5\r\nhello\r\n1",
        b'0;note="an extension"\r\n0123456789abcdef\r\n',
        b"0\r\nDigest: none\r\n\r\n",
    ],
    b"/close": [TEXT + b"Connection: close\r\n\r\n", b"until ", b"the end\n"],
    b"/early": [
        b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
        TEXT + b"Content-Length: 6\r\n\r\nfinal\n",
    ],
    b"/empty": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    b"/short": [TEXT + b"Content-Length: 1000\r\n\r\nfar less than promised\n"],
}
ENDS = (b"/close", b"/short")  #: the connection ends behind these


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            break
        path = head.split()[1]
        for piece in PIECES[path]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(PAUSE)
        if path in ENDS:
            break
    writer.close()


async def main() -> None:
    """Forever."""
    server = await asyncio.start_server(serve, sys.argv[1], int(sys.argv[2]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
