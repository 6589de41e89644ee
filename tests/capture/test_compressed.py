"""Compressed captures: every kind, in parts, cut, damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO

import lz4.frame
import pytest
import zstandard

from analyzer.capture import compressed
from analyzer.capture.reader import CaptureError, open_capture
from tests.capture.build import pcap_header, record, rows_of

KINDS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
    "lz4": lambda data: bytes(lz4.frame.compress(data, content_checksum=True)),
}
NOISE = random.Random(1).randbytes(200)
CONTENT = pcap_header() + b"".join(record(i, 0, NOISE[i % 50 :]) for i in range(300))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_whole(kind: str) -> None:
    assert rows_of(KINDS[kind](CONTENT)) == rows_of(CONTENT)
    reader = open_capture(BytesIO(KINDS[kind](CONTENT)))
    assert (reader.files[0].format, reader.files[0].compression) == ("pcap", kind)


@pytest.mark.parametrize("padding", [0, 100])
def test_concatenated(kind: str, padding: int) -> None:
    compress = KINDS[kind]
    content = compress(CONTENT[:1000]) + compress(CONTENT[1000:]) + bytes(padding)
    assert rows_of(content) == rows_of(CONTENT)


def test_something_else_behind(kind: str) -> None:
    rows, damage = rows_of(KINDS[kind](CONTENT) + b"something else")
    assert len(rows) == 300
    assert [found.reason for found in damage] == [f"what follows the end of the {kind} data is not {kind}"]


def test_cut_anywhere(kind: str) -> None:
    whole, _ = rows_of(CONTENT)
    data = KINDS[kind](CONTENT)
    for size in [*range(6, 40), *range(40, len(data) - 40, len(data) // 40), *range(len(data) - 40, len(data))]:
        try:
            rows, damage = rows_of(data[:size])
        except CaptureError:
            assert kind != "gzip" or size < 100  # the others give nothing before a whole block is there
            continue
        assert rows == whole[: len(rows)]
        assert len(damage) == 1


def test_damaged_anywhere(kind: str) -> None:
    data = KINDS[kind](CONTENT)
    rng = random.Random(3)
    for _ in range(60):
        broken = bytearray(data)
        broken[rng.randrange(8, len(data))] ^= 1 << rng.randrange(8)
        try:
            rows_of(bytes(broken))
        except CaptureError:
            continue


def test_nothing_before_the_damage_of_a_gzip_file_is_lost() -> None:
    compressor = zlib.compressobj(level=0, wbits=31)
    data = compressor.compress(CONTENT) + compressor.flush()
    broken = data[:-8] + b"\0" * 8
    rows, damage = rows_of(broken)
    assert len(rows) == 300
    assert damage[0].reason.startswith("the gzip data are damaged: ")


def test_a_bomb_takes_little_memory(kind: str) -> None:
    bomb = KINDS[kind](pcap_header() + record(1, 1, bytes(200_000)) * 600)
    tracemalloc.start()
    frames = sum(len(batch) for batch in open_capture(BytesIO(bomb)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert frames == 600
    assert peak < 100 << 20


def test_what_is_in_it_is_no_capture(kind: str) -> None:
    with pytest.raises(CaptureError, match=f"is compressed with {kind}, and what is in it is text"):
        open_capture(BytesIO(KINDS[kind](b"some text, just text\n" * 9)))


@pytest.mark.parametrize(("name", "package"), [("zstd", "zstandard"), ("lz4", "lz4")])
def test_a_missing_package_is_named(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str) -> None:
        raise ImportError(module)

    monkeypatch.setattr(compressed.importlib, "import_module", missing)
    with pytest.raises(CaptureError, match=f"needs the Python package {package}"):
        open_capture(BytesIO(KINDS[name](CONTENT)))


def test_cut_before_anything_is_said(kind: str) -> None:
    said = f"is compressed with {kind}, but nothing can be read of it: the {kind} data are cut short"
    with pytest.raises(CaptureError, match=said):
        open_capture(BytesIO(KINDS[kind](CONTENT)[:6]))
