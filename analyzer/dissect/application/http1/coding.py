"""Content codings (RFC 9110 section 8.4): gzip, deflate, br (RFC 7932), zstd (RFC 8878), several in a row.

Nothing is decoded past a limit, in no layer, so that a small body cannot become a large one. Of a body that is cut or damaged
there is what could be decoded before.
"""

from __future__ import annotations

import io
import zlib
from typing import Final, NamedTuple

from .message import tokens

MAX_CODINGS: Final = 8  #: of one body, one around the other
MAX_MEMBERS: Final = 64  #: gzip members one after the other (RFC 1952 section 2.2)
MAX_WINDOW: Final = 1 << 27  #: bytes of memory that a zstd frame may ask for
PIECE: Final = 1 << 16  #: bytes that are decoded at once
GZIP: Final = 31  #: zlib's window bits for a gzip header
ZLIB: Final = 15  #: for a zlib header, as "deflate" means it
RAW: Final = -15  #: for none, as some servers understand "deflate"


class Decoded(NamedTuple):
    """A body without its codings, or what there is of it."""

    data: bytes
    complete: bool  #: False: there is more, behind the limit or behind what is missing or damaged
    failed: str = ""  #: the coding that is unknown, not installed or damaged


def decoded(body: bytes, codings: str, limit: int) -> Decoded:
    """Undo the codings of a Content-Encoding field; `data` has at most `limit` bytes."""
    names = [name for name in tokens(codings) if name != "identity"]
    if len(names) > MAX_CODINGS:
        return Decoded(body[:limit], False, codings)
    result = Decoded(body, True)
    for name in reversed(names):
        decode = _DECODERS.get(name)
        if decode is None:
            return Decoded(result.data[:limit], False, name)
        layer = decode(result.data, limit)
        result = Decoded(layer.data, layer.complete and result.complete, layer.failed and name)
        if layer.failed:
            return result
    return Decoded(result.data[:limit], result.complete and len(result.data) <= limit)


def _gzip(body: bytes, limit: int) -> Decoded:
    out = bytearray()
    for _ in range(MAX_MEMBERS):
        layer, rest = _inflated(body, limit - len(out), GZIP)
        out += layer.data
        if layer.failed and out and rest == body:  # bytes behind the last member: padding
            return Decoded(bytes(out), True)
        if layer.failed or not layer.complete or not rest:
            return Decoded(bytes(out), layer.complete, layer.failed)
        body = rest
    return Decoded(bytes(out), False)


def _deflate(body: bytes, limit: int) -> Decoded:
    """With a zlib header, or without: a server may have left it out, and then the first bytes are not one."""
    headed = len(body) >= 2 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return _inflated(body, limit, ZLIB if headed else RAW)[0]


def _inflated(body: bytes, limit: int, window: int) -> tuple[Decoded, bytes]:
    """What comes of it, and the bytes behind its end; these are `body` where nothing could be decoded."""
    inflater = zlib.decompressobj(window)
    out = bytearray()
    at, waiting = 0, b""
    try:
        while not inflater.eof and (waiting or at < len(body)):
            if not waiting:
                waiting, at = body[at : at + PIECE], at + PIECE
            out += inflater.decompress(waiting, limit + 1 - len(out))
            waiting = inflater.unconsumed_tail
            if len(out) > limit:
                return Decoded(bytes(out[:limit]), False), b""
    except zlib.error:
        return Decoded(bytes(out), False, "damaged"), b"" if out else body
    return Decoded(bytes(out), inflater.eof), inflater.unused_data + body[at:] if inflater.eof else b""


def _brotli(body: bytes, limit: int) -> Decoded:
    try:
        import brotli
    except ImportError:
        return Decoded(body, False, "not installed")
    decompressor = brotli.Decompressor()
    out = bytearray()
    at = 0
    try:
        while not decompressor.is_finished() and len(out) < limit:
            piece = b""
            if decompressor.can_accept_more_data():
                piece, at = body[at : at + PIECE], at + PIECE
            got = decompressor.process(piece, output_buffer_limit=min(limit - len(out), PIECE))
            out += got
            if not piece and not got and at >= len(body):
                break
    except brotli.error:
        return Decoded(bytes(out[:limit]), False, "damaged")
    return Decoded(bytes(out[:limit]), decompressor.is_finished() and len(out) <= limit)


def _zstd(body: bytes, limit: int) -> Decoded:
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    out = bytearray()
    try:
        with decompressor.stream_reader(io.BytesIO(body), read_across_frames=True) as reader:
            while len(out) <= limit and (piece := reader.read(min(PIECE, limit + 1 - len(out)))):
                out += piece
        complete = zstandard.frame_content_size(body) in (-1, len(out))
    except zstandard.ZstdError:
        return Decoded(bytes(out[:limit]), False, "damaged")
    return Decoded(bytes(out[:limit]), complete and len(out) <= limit)


_DECODERS: Final = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
