"""pcaps/container/: what a capture file can be, around one and the same TCP session of nine frames."""

from __future__ import annotations

import bz2
import gzip
import ipaddress
import lzma
import struct
from collections.abc import Callable
from functools import partial

import lz4.frame
import zstandard

from captures import files
from captures.files import START, STEP, Capture, Frame, block, enhanced, interface, option, pcap, section
from captures.talk import CLIENT, CLIENT6, SERVER, SERVER6, ethernet_sample, sample

CAPTURES: list[Capture] = []
NINE = {"tcp.stream == 0": "1-7", "udp.stream == 0": "8 9"}
NANO = START + 123_456_789
BIG, LITTLE = ">", "<"


def add(path: str, shows: str, make: Callable[[], bytes], finds: dict[str, str], status: int = 0, tshark: bool = True) -> None:
    """One file of this folder."""
    CAPTURES.append(Capture(f"container/{path}", shows, make, finds, status=status, tshark=tshark))


def timed() -> list[Frame]:
    """The sample with nanoseconds that microseconds cannot hold."""
    return [Frame(data, NANO + n * STEP) for n, data in enumerate(ethernet_sample())]


def raw(number: int) -> Frame:
    """One frame of the sample as a raw IP packet."""
    return Frame(sample()[number][1], NANO + number * STEP)


def session(order: str = LITTLE, options: bytes = b"") -> bytes:
    """A pcapng section with one Ethernet interface and the sample."""
    return section(order) + interface(1, order, options=options) + b"".join(enhanced(f, 0, order) for f in timed())


def resolution(value: int) -> bytes:
    """if_tsresol: a power of ten, or of two with the high bit."""
    return option(9, bytes([value]))


def interfaces() -> bytes:
    """Five interfaces: link types, resolutions and offsets of their own; frames in turn."""
    out = section() + interface(1, options=option(2, b"eth0"))
    out += interface(101, options=option(2, b"tun0") + resolution(9))
    out += interface(1, options=option(2, b"eth1") + resolution(0x80 | 20))
    out += interface(1, options=resolution(3) + option(14, struct.pack("<q", 1_600_000_000)))
    out += interface(113, options=resolution(12) + option(14, struct.pack("<q", 1_600_000_000)))
    kinds = [(1_000_000, 0), (10**9, 0), (1 << 20, 0), (1000, 1_600_000_000), (10**12, 1_600_000_000)]
    for n, frame in enumerate(timed()):
        number = n % 5
        if number == 1:
            frame = raw(n)
        elif number == 4:
            frame = Frame(struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x0800) + raw(n).data, frame.time)
        out += enhanced(frame, number, LITTLE, *kinds[number])
    return out


def sections() -> bytes:
    """Little-endian, big-endian, little-endian again: interface numbers start anew in each."""
    packets = timed()
    first = section() + interface(101, options=resolution(9)) + enhanced(raw(0), 0, LITTLE, 10**9)
    second = section(BIG) + interface(1, BIG) + interface(101, BIG)
    second += enhanced(packets[1], 0, BIG) + enhanced(raw(2), 1, BIG) + b"".join(enhanced(f, 0, BIG) for f in packets[3:6])
    return first + second + section() + interface(1) + b"".join(enhanced(f) for f in packets[6:])


def known_length(order: str = LITTLE) -> bytes:
    """A section that says its own length, and a second one behind it."""
    body = interface(1, order) + b"".join(enhanced(f, 0, order) for f in timed()[:5])
    return section(order, len(body)) + body + section() + interface(1) + b"".join(enhanced(f) for f in timed()[5:])


def simple_packets() -> bytes:
    """Simple packet blocks: no time; the interface's snap length (60) is what was captured."""
    out = section() + interface(1, snap=60)
    return out + b"".join(files.simple(data[:60], length=len(data)) for data in ethernet_sample())


def every_block() -> bytes:
    """Names, statistics, secrets, custom blocks (copied and not), a block that nobody knows, comments, packet options."""
    host = ipaddress.ip_address
    names = [(host(CLIENT).packed, "client.example"), (host(SERVER).packed, "server.example")]
    names += [(host(CLIENT6).packed, "client6.example"), (host(SERVER6).packed, "server6.example")]
    secrets = b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"11" * 48 + b"\n"
    out = section(options=option(1, b"a comment") + option(4, b"make_pcaps") + option(0, b"")) + interface(1)
    out += files.names(names) + block(10, struct.pack("<II", 0x544C534B, len(secrets)) + secrets)
    out += block(0x0BAD, struct.pack("<I", 32473) + b"copy me!") + block(0x40000BAD, struct.pack("<I", 32473) + b"not me")
    out += block(0x00C0FFEE, b"unknown to everybody")
    flags, drops, comment = option(2, struct.pack("<I", 1)), option(4, struct.pack("<Q", 3)), option(1, b"look here")
    for n, frame in enumerate(timed()):
        out += enhanced(frame, options=flags + drops + comment + option(0, b"") if n == 3 else b"")
    return out + files.statistics(0, 12, 3)


def obsolete_packets() -> bytes:
    """The packet block that the enhanced one replaced."""
    return section() + interface(1) + b"".join(files.obsolete(f, drops=n) for n, f in enumerate(timed()))


def fcs() -> bytes:
    """if_fcslen says that four bytes behind each frame are its check sequence."""
    out = section() + interface(1, options=option(13, bytes([4])))
    return out + b"".join(enhanced(Frame(f.data + b"\xde\xad\xbe\xef", f.time)) for f in timed())


def far_times() -> bytes:
    """Stamps of 1970, 2106 and after 2262, where nanoseconds leave 63 bits."""
    out = section() + interface(1, options=resolution(0)) + interface(1)
    for n, seconds in enumerate((0, 2**32, 2**33, 2**40)):
        frame = timed()[n]
        body = struct.pack("<IIIII", 0, seconds >> 32, seconds & 0xFFFFFFFF, len(frame.data), len(frame.data)) + frame.data
        out += block(6, body)
    return out


def nanoseconds(order: str) -> bytes:
    """The nanosecond variant."""
    return pcap(timed(), order=order, magic=files.PCAP_NANOSECONDS)


def modified(order: str) -> bytes:
    """Kuznetzov's variant: eight more bytes a record."""
    return pcap(timed(), order=order, magic=files.PCAP_MODIFIED)


def netmon() -> bytes:
    """Microsoft Network Monitor 2.0: header, frames, and a table of where each begins."""
    table, body = b"", b""
    for n, frame in enumerate(timed()):
        table += struct.pack("<I", 128 + len(body))
        body += struct.pack("<QII", n * 1000, len(frame.data), len(frame.data)) + frame.data
    clock = struct.pack("<8H", 2020, 9, 0, 13, 12, 26, 40, 123)
    return (struct.pack("<4sBBH16sII", b"GMBU", 0, 2, 1, clock, 128 + len(body), len(table))).ljust(128, b"\0") + body + table


def overwritten(data: bytes, at: int, value: bytes) -> bytes:
    """`data` with other bytes at one place."""
    return data[:at] + value + data[at + len(value) :]


def record_start(number: int) -> int:
    """Where the pcap record of frame `number` begins."""
    return 24 + sum(16 + len(f.data) for f in timed()[: number - 1])


def block_start(data: bytes, number: int) -> int:
    """Where the block with this index begins in a little-endian pcapng file."""
    at = 0
    for _ in range(number):
        at += int.from_bytes(data[at + 4 : at + 8], "little")
    return at


def micro() -> bytes:
    """The plain file: little-endian, microseconds."""
    return pcap(timed())


def zstd(data: bytes) -> bytes:
    """A zstd frame with its content size."""
    return zstandard.ZstdCompressor(level=3).compress(data)


TIME = "frame.time_epoch == 1600000000.123456"
add("microseconds_little.pcap", "pcap, little-endian, microseconds", micro, NINE | {TIME: "1"})
add("microseconds_big.pcap", "pcap, big-endian, microseconds", lambda: pcap(timed(), order=BIG), NINE | {TIME: "1"})
for byte_order, name in ((LITTLE, "little"), (BIG, "big")):
    add(
        f"nanoseconds_{name}.pcap",
        f"pcap, {name}-endian, nanoseconds",
        partial(nanoseconds, byte_order),
        NINE | {TIME + "789": "1"},
    )
    add(
        f"modified_{name}.pcap",
        f"the modified (Kuznetzov) pcap, {name}-endian",
        partial(modified, byte_order),
        NINE | {TIME: "1"},
    )
add("empty.pcap", "a pcap header and no frame", lambda: pcap([]), {"frame": ""})
add("snap_length_wrong.pcap", "records longer than the header's snap length of 40", lambda: pcap(timed(), snap=40), NINE)
add("pcapng_little.pcapng", "pcapng, little-endian", session, NINE | {TIME: "1"})
add("pcapng_big.pcapng", "pcapng, big-endian", lambda: session(BIG), NINE | {TIME: "1"})
add(
    "pcapng_interfaces.pcapng",
    "five interfaces: link types, resolutions (10^-6, 10^-9, 2^-20, 10^-3 and 10^-12 with offset)",
    interfaces,
    NINE | {"frame.interface_id == 1": "2 7", "frame.time_epoch == 1600000000.126": "4"},
)
add("pcapng_sections.pcapng", "three sections of both byte orders, interface numbers start anew", sections, NINE)
add("pcapng_section_length.pcapng", "a section that names its length, and another", known_length, NINE)
add("pcapng_simple_packets.pcapng", "simple packet blocks behind a snap length of 60: no times", simple_packets, NINE)
add(
    "pcapng_every_block.pcapng",
    "names, statistics, TLS secrets, custom and unknown blocks, comments and packet options; "
    "Wireshark counts the two custom blocks as frames 1 and 2",
    every_block,
    {"tcp.stream == 0": "3-9", "udp.stream == 0": "10 11", 'frame.comment == "look here"': "6"},
)
add("pcapng_obsolete_packets.pcapng", "obsolete packet blocks", obsolete_packets, NINE)
add("pcapng_fcs.pcapng", "if_fcslen 4", fcs, NINE | {"eth.fcs": "1-9"})
add("pcapng_far_times.pcapng", "stamps of 1970, 2106, 2242 and the year 36812", far_times, {"frame": "1-4"})
add("pcapng_empty.pcapng", "a section header and nothing else", lambda: section(), {"frame": ""})
add("snoop.snoop", "snoop", lambda: files.snoop(timed()), NINE | {TIME: "1"})
add("netmon.cap", "Microsoft Network Monitor 2.0, which only a message names", netmon, NINE, 1)
add("gzip.pcap.gz", "gzip", lambda: gzip.compress(micro(), mtime=0), NINE)
add(
    "gzip_members.pcap.gz",
    "two gzip members one after the other",
    lambda: gzip.compress(micro()[:300], mtime=0) + gzip.compress(micro()[300:], mtime=0),
    NINE,
)
add("gzip_named_wrongly.pcap", "gzip whose name does not say it", lambda: gzip.compress(session(), mtime=0), NINE)
add("zstd.pcapng.zst", "zstd around pcapng", lambda: zstd(session()), NINE)
add("lz4.pcap.lz4", "lz4 frame", lambda: lz4.frame.compress(micro(), content_checksum=True), NINE)
add("bzip2.pcap.bz2", "bzip2", lambda: bz2.compress(micro()), NINE, tshark=False)
add("xz.pcap.xz", "xz", lambda: lzma.compress(micro()), NINE, tshark=False)
SEVEN = {"tcp.stream == 0": "1-7", "udp": ""}
FOUR = {"tcp.stream == 0": "1-4", "udp": ""}
add("cut_in_data.pcap", "cut in the middle of frame 8", lambda: micro()[: record_start(8) + 30], SEVEN, 3)
add(
    "cut_in_record_header.pcap",
    "cut inside the record header of frame 8",
    lambda: micro()[: record_start(8) + 9],
    SEVEN,
    3,
)
add("cut_in_file_header.pcap", "ten bytes of a pcap header, which is no capture", lambda: micro()[:10], {}, 1, tshark=False)
add(
    "cut_in_block.pcapng",
    "pcapng cut inside the block of frame 8",
    lambda: session()[: block_start(session(), 9) + 40],
    SEVEN,
    3,
)
add(
    "cut.pcap.gz",
    "gzip cut in the middle: what it still gives is analyzed",
    lambda: gzip.compress(micro(), mtime=0)[:300],
    {},
    3,
    tshark=False,
)
add("cut.pcapng.zst", "zstd cut in its only block: nothing can be read of it", lambda: zstd(session())[:200], {}, 1, tshark=False)
add(
    "damaged_length.pcap",
    "the captured length of frame 5 is 0xfffffff0",
    lambda: overwritten(micro(), record_start(5) + 8, b"\xf0\xff\xff\xff"),
    FOUR,
    3,
)
add(
    "damaged_block_length.pcapng",
    "the block of frame 5 says that it is 13 bytes long",
    lambda: overwritten(session(), block_start(session(), 6) + 4, struct.pack("<I", 13)),
    FOUR,
    3,
)
add(
    "damaged_trailer.pcapng",
    "the second length of frame 5's block differs from the first",
    lambda: overwritten(session(), block_start(session(), 7) - 4, struct.pack("<I", 4000)),
    FOUR,
    3,
)
add(
    "damaged_interface.pcapng",
    "frame 5 names an interface that was never described",
    lambda: overwritten(session(), block_start(session(), 6) + 8, struct.pack("<I", 9)),
    FOUR,
    3,
)
add("no_capture.txt", "a text", lambda: b"This is no capture.\n" * 20, {}, 1, tshark=False)
add("no_bytes.pcap", "an empty file", lambda: b"", {}, 1, tshark=False)
