"""scripts/timing: the truth from a key log, curl's times, and what is said of differences."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import ssl
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.frames import ethernet, ipv4

ROOT = Path(__file__).resolve().parents[2]
MS = 1_000_000
CLIENT, SERVER = ("10.0.0.1", 40_000), ("10.0.0.2", 443)
SYN, ACK = 0x02, 0x10


def loaded(name: str) -> ModuleType:
    """A script, and the packages beside it that it imports."""
    spec = importlib.util.spec_from_file_location(f"{name}_program", ROOT / f"scripts/{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


lab = loaded("timing_lab")
curl_times, first_byte = lab.curl_times, lab.first_byte
decrypted = sys.modules[first_byte.truth.__module__]
server_times = curl_times.server_times


class Wire:
    """Both ends of TLS in memory; what they say becomes frames of TCP."""

    def __init__(self, folder: Path, version: ssl.TLSVersion, ciphers: str | None) -> None:
        subprocess.run([sys.executable, ROOT / "scripts/captures/programs/authority.py"], cwd=folder, check=True)
        self.log = folder / "keys.log"
        client, server = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        client.minimum_version = client.maximum_version = version
        client.keylog_filename = str(self.log)
        if ciphers:
            client.set_ciphers(ciphers)
        server.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.bios = {side: (ssl.MemoryBIO(), ssl.MemoryBIO()) for side in "cs"}
        self.ends = {
            "c": client.wrap_bio(*self.bios["c"], server_hostname="shop.example"),
            "s": server.wrap_bio(*self.bios["s"], server_side=True),
        }
        self.next = {"c": 1001, "s": 5001}
        self.frames = [(0, frame("c", SYN, 1000)), (MS, frame("s", SYN | ACK, 5000))]

    def shake(self) -> None:
        done: set[str] = set()
        while len(done) < 2:
            for side in "cs":
                with contextlib.suppress(ssl.SSLWantReadError):
                    self.ends[side].do_handshake()
                    done.add(side)
                if side == "s" or len(done) < 2:
                    self.flush(side)

    def flush(self, side: str, size: int = 1448) -> None:
        """In segments of this size."""
        data = self.bios[side][1].read()
        self.bios["s" if side == "c" else "c"][0].write(data)
        for at in range(0, len(data), size):
            self.frames.append((len(self.frames) * MS, frame(side, ACK, self.next[side], data[at : at + size])))
            self.next[side] += len(data[at : at + size])

    def say(self, side: str, data: bytes, size: int = 1448) -> int:
        """The number of its first frame."""
        self.ends[side].write(data)
        self.flush(side, size)
        other = self.ends["s" if side == "c" else "c"]
        with contextlib.suppress(ssl.SSLWantReadError):
            other.read(65536)
        return len(self.frames)


def frame(side: str, flags: int, seq: int, data: bytes = b"") -> bytes:
    source, target = (CLIENT, SERVER) if side == "c" else (SERVER, CLIENT)
    segment = struct.pack("!HHIIBBHHH", source[1], target[1], seq, 1, 5 << 4, flags, 65535, 0, 0) + data
    return ethernet(ipv4(segment, 6, source[0], target[0]))


@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1_3, None),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-AES128-GCM-SHA256"),
        (ssl.TLSVersion.TLSv1_2, "ECDHE-RSA-CHACHA20-POLY1305"),
    ],
    ids=["1.3", "1.2 AES", "1.2 ChaCha20"],
)
def test_truth_of_a_key_log(tmp_path: Path, version: ssl.TLSVersion, ciphers: str | None) -> None:
    """Tickets of TLS 1.3 come before the answer, which has two segments."""
    wire = Wire(tmp_path, version, ciphers)
    wire.shake()
    before = len(wire.frames)
    wire.say("c", b"GET / HTTP/1.1\r\n\r\n")
    request = before + 1
    last = wire.say("s", bytes(2000))
    path = tmp_path / "told.pcap"
    decrypted.pcapfile.write(path, wire.frames)
    times, (talk,) = decrypted.talks(path)
    found = decrypted.truth(talk, decrypted.key_log(wire.log))
    assert found is not None
    assert (found.request, found.first_byte, found.http2) == (request, last - 1, False)
    assert times[last] == (last - 1) * MS
    assert found.version == (0x0304 if version == ssl.TLSVersion.TLSv1_3 else 0x0303)
    assert decrypted.truth(talk, {}) is None


def test_streams_with_repeated_and_swapped_segments() -> None:
    way = decrypted.Way(100)
    way.add(104, b"efgh", 3)
    way.add(100, b"ab", 4)
    way.add(100, b"abcd", 5)
    way.add(108, b"late", 6)
    way.add(200, b"behind a hole", 7)
    way.join()
    assert bytes(way.data) == b"abcdefghlate"
    assert [way.frame(place) for place in (0, 2, 4, 11)] == [4, 5, 3, 6]


def phase(name: str, begin: float, end: float) -> dict[str, Any]:
    return {"phase": name, "start_ns": int(begin * MS), "end_ns": int(end * MS), "duration_ns": int((end - begin) * MS)}


ROW: dict[str, Any] = {
    "start_ns": 0,
    "duration_ns": 200 * MS,
    "phases": [
        *(phase("lookup", 0, 20), phase("client", 20, 28), phase("connect", 28, 68), phase("client", 68, 70)),
        *(phase("tls", 70, 110), phase("request", 110, 111), phase("wait", 111, 151), phase("receive", 151, 200)),
    ],
}
SAID = {
    "time_namelookup": 0.028, "time_connect": 0.068, "time_appconnect": 0.110, "time_pretransfer": 0.110,
    "time_starttransfer": 0.161, "time_total": 0.200,
}  # fmt: skip


def test_the_same_steps_of_both() -> None:
    """The client acted 8 ms after its name was resolved, and could read the first record 10 ms behind its first byte."""
    journey, said = curl_times.of_journey(ROW, 10 * MS), curl_times.of_curl(SAID)
    assert said == {
        "lookup": 28 * MS,
        "connect": 40 * MS,
        "tls": 42 * MS,
        "answer": 51 * MS,
        "transfer": 39 * MS,
        "total": 200 * MS,
    }
    assert journey == said | {"lookup": 20 * MS, "connect": 48 * MS}


def test_what_excuses_a_difference() -> None:
    journey, said = curl_times.of_journey(ROW, 10 * MS), curl_times.of_curl(SAID)
    pair = curl_times.Pair("x.pcap", "TLS 1.3", said, journey, ROW, 10 * MS)
    assert "late" in (pair.excuse("lookup") or "")
    assert pair.excuse("transfer") is None
    hurried = curl_times.Pair("x.pcap", "TLS 1.3", said | {"lookup": 90 * MS}, journey, ROW, 10 * MS)
    assert hurried.excuse("lookup") is None


def test_a_record_is_readable_when_its_last_byte_is_there() -> None:
    """Its first segment shows the first byte, a lost one behind it comes 50 ms later; the record behind it does not count."""
    talk = decrypted.Talk(1, *CLIENT[1:], *SERVER[1:])
    data = b"\x17\x03\x03\x00\x14" + bytes(20) + b"\x17\x03\x03\x00\x04" + bytes(4)
    talk.server.base = 1
    for number, (begin, end) in enumerate(((0, 10), (20, 25), (10, 20), (25, 34)), 4):
        talk.server.add(1 + begin, data[begin:end], number)
    talk.server.join()
    times = {4: 100 * MS, 5: 101 * MS, 6: 150 * MS, 7: 180 * MS}
    assert curl_times.readable(talk, times, {"first_byte_likely_frame": 4}) == 50 * MS
    assert curl_times.readable(talk, times, {"first_byte_likely_frame": 7}) == 0


def test_the_servers_time_against_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One whose bounds hold, one whose do not."""

    def row(stream: int, least: int, said: int, most: int) -> dict[str, Any]:
        return {"stream": stream, "exchange": 1, "server_least_ns": least, "server_ns": said, "server_most_ns": most}

    away = {1: row(1, 9 * MS, 10 * MS, 11 * MS), 2: row(2, 29 * MS, 30 * MS, 31 * MS), 3: row(3, 0, 0, 0)}
    at_server = {1: row(1, 0, 10 * MS, 0), 2: row(2, 0, 5 * MS, 0)}
    monkeypatch.setattr(server_times, "journeys", lambda path: at_server if ".server." in path.name else away)
    wrong = server_times.report(tmp_path, ["run"])
    assert [line.split(" exchange")[0] for line in wrong] == [
        f"server run.{point}.pcap stream 2" for point in ("client", "middle")
    ]


def test_verdicts() -> None:
    known = decrypted.Truth(1, 2, 0x0304, False, 10, 10, 14, 9)

    def verdict(said: int | None, certain: bool) -> str:
        return str(first_byte.Answer("n", "client", 0, said, certain, 10, known, "l", 0).verdict)

    assert verdict(14, True) == "certain, right"
    assert verdict(13, True) == "certain, wrong"
    assert verdict(13, False) == "uncertain, wrong"
    assert verdict(None, False) == "none"


def test_every_case_is_one_of_a_kind() -> None:
    cases = list(first_byte.cases())
    assert len(set(cases)) == len(cases) > 200
    assert json.dumps([vars(case) for case in cases])
