"""Content codings: undone, limited, and tolerant of what is cut or damaged."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard

from analyzer.dissect.application.http1 import coding
from analyzer.dissect.application.http1.coding import decoded

TEXT = b"".join(b"line %d of a text that can be compressed\n" % i for i in range(2000))
LIMIT = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


ENCODERS = {
    "gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "Deflate": raw_deflate, "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress, "identity": bytes, "": bytes,
}  # fmt: skip


@pytest.mark.parametrize("name", ENCODERS)
def test_decoded(name: str) -> None:
    body = ENCODERS[name](TEXT)
    assert decoded(body, name, LIMIT) == (TEXT, True, "")
    assert decoded(body, name, len(TEXT)) == (TEXT, True, "")
    assert decoded(body, name, len(TEXT) - 1)[:2] == (TEXT[:-1], False)
    assert decoded(body, name, 0)[:2] == (b"", False)


@pytest.mark.parametrize("name", ["gzip", "deflate", "Deflate", "br", "zstd"])
def test_cut(name: str) -> None:
    body = ENCODERS[name](TEXT)
    for length in {0, 1, 2, 5, len(body) // 2, len(body) - 1}:
        data, complete, _ = decoded(body[:length], name, LIMIT)
        assert TEXT.startswith(data) and not complete, length
    if name != "zstd":  # its blocks are larger
        assert len(decoded(body[: len(body) // 2], name, LIMIT).data) > 100


def test_several_in_a_row() -> None:
    body = brotli.compress(gzip.compress(TEXT))
    assert decoded(body, "gzip, br", LIMIT) == (TEXT, True, "")
    assert decoded(body, "br, gzip", LIMIT).failed == "gzip"
    assert decoded(TEXT, ", ".join(["gzip"] * 100), LIMIT).failed


def test_members_and_padding() -> None:
    two = gzip.compress(b"one ") + gzip.compress(b"two")
    assert decoded(two, "gzip", LIMIT) == (b"one two", True, "")
    assert decoded(two + b"\x00\x00\x00", "gzip", LIMIT) == (b"one two", True, "")
    many = gzip.compress(b"") * 100_000
    assert not decoded(many, "gzip", LIMIT).complete


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_damaged(name: str) -> None:
    body = bytearray(ENCODERS[name](TEXT))
    body[len(body) // 2] ^= 0xFF
    data, complete, _ = decoded(bytes(body), name, LIMIT)
    assert not complete or name in ("br", "zstd")  # these have no checksum
    assert len(data) <= LIMIT
    assert decoded(b"nonsense", name, LIMIT).failed == name


def test_unknown() -> None:
    assert decoded(b"abc", "compress", LIMIT) == (b"abc", False, "compress")


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_bombs(name: str) -> None:
    bomb = ENCODERS[name](bytes(50_000_000))
    twice = ENCODERS[name](bomb)
    tracemalloc.start()
    try:
        assert decoded(bomb, name, 100_000) == (bytes(100_000), False, "")
        assert len(decoded(twice, f"{name}, {name}", 100_000).data) <= 100_000
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_zstd_window_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=24, compression_level=1)
    body = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = body.compress(bytes(1 << 25)) + body.flush()
    monkeypatch.setattr(coding, "MAX_WINDOW", 1 << 20)
    assert decoded(data, "zstd", LIMIT).failed == "zstd"
