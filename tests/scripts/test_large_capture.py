"""scripts/large_capture.py: the captures are what they say, and the same each time."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dpkt
import pytest
from cryptography import x509

ROOT = Path(__file__).resolve().parents[2]
PACKETS = 6000
KINDS = ("bulk", "short", "small", "dns", "tls")
QUESTION_TYPES = {1, 28, 65}
RESPONSE, RCODE, NAME_ERROR, CNAME = 0x8000, 0xF, 3, b"\0\5"
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, KEY_EXCHANGE, DONE = 1, 2, 11, 12, 14
HANDSHAKE = 22


def made(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.pcap"
    if not path.exists():
        subprocess.run([sys.executable, str(ROOT / "scripts/large_capture.py"), kind, str(PACKETS), str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("large")


def packets(path: Path) -> Iterator[dpkt.ip.IP]:
    with path.open("rb") as capture:
        for _, data in dpkt.pcap.Reader(capture):
            yield dpkt.ethernet.Ethernet(data).data


@pytest.mark.parametrize("kind", KINDS)
def test_frames(kind: str, folder: Path) -> None:
    """As many as were asked for, in the order of their times, with right IP checksums and lengths."""
    with made(kind, folder).open("rb") as capture:
        frames = list(dpkt.pcap.Reader(capture))
    assert len(frames) == PACKETS
    times = [time for time, _ in frames]
    assert times == sorted(times)
    for _, data in frames[:200]:
        header = data[14:34]
        assert dpkt.in_cksum(header) == 0
        assert int.from_bytes(header[2:4], "big") == len(data) - 14


@pytest.mark.parametrize("kind", ["dns", "tls"])
def test_the_same_each_time(kind: str, folder: Path, tmp_path: Path) -> None:
    assert made(kind, folder).read_bytes() == made(kind, tmp_path).read_bytes()


def test_dns(folder: Path) -> None:
    """Nearly every query is answered, by the server that was asked, with its id and its question."""
    asked: dict[tuple[bytes, int, int], bytes] = {}
    answers = codes = aliases = 0
    for packet in packets(made("dns", folder)):
        datagram = packet.data
        number, flags, _, records, authorities, _ = struct.unpack(">6H", datagram.data[:12])
        end = datagram.data.index(b"\0", 12) + 5
        question = datagram.data[12:end]
        assert int.from_bytes(question[-4:-2], "big") in QUESTION_TYPES
        if flags & RESPONSE:
            assert asked[packet.src, datagram.dport, number] == question
            answers += 1
            codes += flags & RCODE == NAME_ERROR
            aliases += records > 0 and datagram.data[end + 2 : end + 4] == CNAME
            assert records or authorities
        else:
            asked[packet.dst, datagram.sport, number] = question
    assert answers > 0.45 * PACKETS
    assert 0 < codes < answers / 5
    assert aliases > answers / 5


def handshakes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The handshake messages in front of the first record that is not one."""
    while data[:1] == bytes([HANDSHAKE]):
        length = int.from_bytes(data[3:5], "big")
        body, data = data[5 : 5 + length], data[5 + length :]
        yield body[0], body[4:]
        assert int.from_bytes(body[1:4], "big") == len(body) - 4


def test_tls(folder: Path) -> None:
    """Both directions of each whole connection: a hello of its own, and what the version of TLS has."""
    streams: dict[tuple[int, bool], dict[int, bytes]] = {}
    ended = set()
    for packet in packets(made("tls", folder)):
        segment = packet.data
        back = segment.sport == 443
        if segment.flags & dpkt.tcp.TH_FIN and back:
            ended.add(segment.dport)
        if segment.data:
            streams.setdefault((segment.dport if back else segment.sport, back), {})[segment.seq] = segment.data
    joined = {key: b"".join(parts[seq] for seq in sorted(parts)) for key, parts in streams.items()}
    sizes: set[int] = set()
    randoms: set[bytes] = set()
    kinds: Counter[tuple[int, ...]] = Counter()
    for (port, back), data in joined.items():
        if back or port not in ended:
            continue
        (kind, hello), *_ = handshakes(data)
        assert kind == CLIENT_HELLO
        sizes.add(len(hello) + 9)
        randoms.add(hello[2:34])
        answer = list(handshakes(joined[port, True]))
        kinds[tuple(kind for kind, _ in answer)[:4]] += 1
        for kind, body in answer:
            if kind == CERTIFICATE:
                check_chain(body)
    assert set(kinds) == {(SERVER_HELLO,), (SERVER_HELLO, CERTIFICATE, KEY_EXCHANGE, DONE)}
    assert len(randoms) == sum(kinds.values()) > PACKETS / 40
    assert min(sizes) == 517
    assert max(sizes) > 1700


def check_chain(body: bytes) -> None:
    """Two real certificates, the first issued by the second."""
    place, chain = 3, []
    while place < len(body):
        length = int.from_bytes(body[place : place + 3], "big")
        chain.append(x509.load_der_x509_certificate(body[place + 3 : place + 3 + length]))
        place += 3 + length
    leaf, authority = chain
    leaf.verify_directly_issued_by(authority)
