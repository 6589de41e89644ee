"""What a file is, by its first bytes; and a clear word about those that are no capture we read."""

from __future__ import annotations

import struct
from collections.abc import Callable

from analyzer.capture import blocks, classic, snoop
from analyzer.capture.block import BYTE_ORDER_MAGIC
from analyzer.capture.damage import CaptureError
from analyzer.capture.facts import FileFacts
from analyzer.capture.rows import Format

LEAST = 24  #: first bytes that say what a file is; a live pcap stream may stop right there until a packet comes
CONVERT = "convert it with: editcap -F pcapng FILE OUT"
MAGIC_ORDERS = tuple(struct.pack(order + "I", BYTE_ORDER_MAGIC) for order in "<>")

OTHERS = {
    b"GMBU": f"is a Microsoft Network Monitor 2 file; {CONVERT}",
    b"RTSS": f"is a Microsoft Network Monitor 1 file; {CONVERT}",
    b"TRSNIFF data    \x1a": f"is a Sniffer (DOS) file; {CONVERT}",
    b"XCP\0": f"is a NetXRay or Sniffer for Windows file; {CONVERT}",
    b"VL\0\0": f"is a NetXRay 1 file; {CONVERT}",
    b"iptrace ": f"is an AIX iptrace file; {CONVERT}",
    b"\xaa\xaa\xaa\xaa": f"is a 5View file; {CONVERT}",
    b"\x54\x52\x00\x64\x00": f"is a HP-UX nettl file; {CONVERT}",
    b"btsnoop\0": f"is a Bluetooth btsnoop file; {CONVERT}",
    b"\x7fver": f"is a WildPackets Omnipeek file; {CONVERT}",
    b"\x13\x13\x03\x65\x92\x0c": "is a Windows event trace",
    b"MDMP": "is a Windows crash dump",
    b"PK\x03\x04": "is a ZIP archive; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "is a 7-Zip archive; unpack it first",
    b"Rar!": "is a RAR archive; unpack it first",
    b"\x1f\x9d": "is compressed with compress; decompress it first",
    b"\x7fELF": "is a program",
    b"MZ": "is a Windows program",
    b"%PDF": "is a PDF document",
    b"\x89PNG": "is a picture",
    b"\xd4\xc3\xb2": "is no capture, though it begins like one",
    b"SQLite format 3\0": "is a database",
}
TEXT = frozenset(range(0x20, 0x7F)) | {0x09, 0x0A, 0x0D}
LEAST_TEXT = 4


def recognise(first: bytes) -> Callable[[bytes, int, FileFacts], Format]:
    """The class that reads a file beginning with these bytes. CaptureError says what else it is, without the file's name."""
    if not first:
        raise CaptureError("is empty")
    if classic.byte_order(first):
        return needs(first, classic.FILE_HEADER, classic.Pcap)
    if first.startswith(blocks.MAGIC):
        if len(first) >= 12 and first[8:12] not in MAGIC_ORDERS:
            raise CaptureError("begins like a pcapng file, but has no byte-order magic")
        return needs(first, blocks.SECTION_HEADER, blocks.PcapNG)
    if first.startswith(snoop.MAGIC):
        return needs(first, snoop.FILE_HEADER, snoop.Snoop)
    for magic, what in OTHERS.items():
        if first.startswith(magic):
            raise CaptureError(what)
    begin = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin[:1] in (b"{", b"["):
        raise CaptureError("is JSON text, not a capture")
    if begin[:1] == b"<":
        raise CaptureError("is HTML or XML text, not a capture")
    if len(begin) >= LEAST_TEXT and TEXT.issuperset(begin):
        raise CaptureError("is text, not a capture")
    raise CaptureError("is no capture file that is known here (pcap, pcapng, snoop)")


def wanted(first: bytes) -> int:
    """How many bytes the file header takes, by its first ones."""
    return blocks.SECTION_HEADER if first.startswith(blocks.MAGIC) else LEAST


def needs(first: bytes, size: int, made: Callable[[bytes, int, FileFacts], Format]) -> Callable[[bytes, int, FileFacts], Format]:
    if len(first) < size:
        raise CaptureError(f"is cut short in its file header: {len(first)} of {size} bytes are there")
    return made
