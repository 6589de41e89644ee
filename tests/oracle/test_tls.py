"""Every hello of pcaps/ and of the reference captures: scapy reads in it what we read, and tshark finds it in the same frame.

scapy reads the bytes that we cut out of the streams; tshark reads the captures by itself. What tshark leaves out, and why:

- a message whose record never comes whole in the capture: the message itself did (4in6tunnel, frame 4).
- a segment that came after a later one, which tshark takes for a retransmission and does not read (tls__hrr, frame 11).
- the same in pcaps/stream, where segments are lost, repeated, overlap and come in any order: that we find all of their hellos,
  is tested elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from analyzer.dissect.application.tls import conversation, dtls, ja3
from analyzer.dissect.application.tls.message import ClientHello, ServerHello, TlsMessage
from analyzer.pipeline import Applications, Pipeline

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = os.environ.get("ANALYZER_REFERENCE")
EVERYONE = os.environ.get("ANALYZER_REQUIRE_TSHARK") == "1"
NO_CAPTURES = {".md", ".py", ".json", ".keylog", ".txt", ".png"}
COMPRESSED = {".gz", ".zst", ".lz4", ".bz2", ".xz"}
VERSIONS = (b"\3\0", b"\3\1", b"\3\2", b"\3\3", b"\xfe\xff", b"\xfe\xfd")
HELLOS = {"1": "client_hello", "2": "server_hello"}
STREAMS = ROOT / "pcaps/stream"
#: (capture, frame, message) that tshark does not have
OURS_ALONE = {
    ("4in6tunnel.pcap", 4, "server_hello"), ("tls__hrr.pcap", 11, "server_hello"),
    ("tls_split_hello.pcap", 22, "client_hello"),  # its second segment comes first
}  # fmt: skip

Body = tuple[TlsMessage, bytes]


def captures() -> list[Path]:
    found = []
    for folder in [ROOT / "pcaps", *([Path(REFERENCE, "captures")] if REFERENCE else [])]:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in NO_CAPTURES:
                data = b"\x16\3\1" if path.suffix in COMPRESSED else path.read_bytes()
                if any(b"\x16" + version in data for version in VERSIONS):
                    found.append(path)
    return found


@cache
def hellos(path: Path) -> list[Body]:
    """The complete hellos in TCP, with the bytes of their bodies."""
    found: list[Body] = []
    original = conversation.fill

    def fill(message: TlsMessage, body: bytes) -> None:
        original(message, body)
        if isinstance(message, ClientHello | ServerHello):
            found.append((message, body))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversation, "fill", fill)
        patch.setattr(dtls, "fill", fill)
        try:
            with open_capture(str(path)) as reader:
                pipeline = Pipeline(reader, applications=Applications(frozenset({"tls"})))
                for _ in pipeline:
                    pass
                pipeline.close()
        except CaptureError:
            return []
    return [(one, body) for one, body in found if one.complete and one.last is not None]


def in_streams() -> Iterator[tuple[Path, TlsMessage, bytes]]:
    for path in captures():
        yield from ((path, one, body) for one, body in hellos(path) if not one.datagram)


@pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set: only the hellos of pcaps/ are compared")
def test_reference_captures_have_hellos() -> None:
    assert sum(1 for _ in in_streams()) > 300


def test_scapy_agrees() -> None:
    pytest.importorskip("scapy")
    from scapy.layers.tls.handshake import TLSClientHello, TLSServerHello
    from scapy.layers.tls.session import tlsSession

    session = tlsSession()
    session.frozen = True  # else scapy tries to use the keys, and stumbles over groups that it does not know
    differences = []
    for path, one, body in in_streams():
        client = isinstance(one, ClientHello)
        data = bytes((1 if client else 2,)) + len(body).to_bytes(3, "big") + body
        theirs, ours = from_scapy((TLSClientHello if client else TLSServerHello)(data, tls_session=session), client), read(one)
        differences += [
            f"{path.name} frame {one.last.frame} {name}: {ours[name]}, scapy {theirs[name]}"
            for name in theirs
            if ours[name] != theirs[name]
        ]
    assert not differences, "\n".join(differences)


def read(one: TlsMessage) -> dict[str, Any]:
    if isinstance(one, ClientHello):
        return {
            "version": one.version, "random": one.random, "session_id": one.session_id, "ciphers": list(one.cipher_suites or ()),
            "extensions": list(one.extensions), "sni": one.sni, "alpn": list(one.alpn or ()), "groups": list(one.groups or ()),
            "versions": list(one.supported_versions or ()), "key_shares": list(one.key_shares or ()),
            "algorithms": list(one.signature_algorithms or ()), "points": list(one.point_formats),
        }  # fmt: skip
    assert isinstance(one, ServerHello)
    return {
        "version": one.legacy_version, "session_id": one.session_id, "cipher": one.cipher_suite,
        "extensions": list(one.extensions), "selected": one.version, "alpn": one.alpn,
    }  # fmt: skip


def from_scapy(packet: Any, client: bool) -> dict[str, Any]:
    extensions = {one.type: one for one in reversed(packet.ext or [])}
    values: dict[str, Any] = {
        "version": packet.version, "session_id": bytes(packet.sid or b""), "extensions": [one.type for one in packet.ext or []],
    }  # fmt: skip

    def of(kind: int, name: str) -> list[Any]:
        return list(getattr(extensions.get(kind), name, None) or [])

    names = [one.protocol.decode("ascii", "replace") for one in of(16, "protocols")]
    if not client:
        selected = getattr(extensions.get(43), "version", packet.version)
        return {**values, "cipher": packet.cipher, "selected": selected, "alpn": names[0] if names else None}
    values["random"] = packet.gmt_unix_time.to_bytes(4, "big") + packet.random_bytes
    values |= {"ciphers": list(packet.ciphers), "alpn": names, "groups": of(10, "groups"), "versions": of(43, "versions")}
    values["sni"] = next((one.servername.decode("ascii", "replace") for one in of(0, "servernames")), None)
    shares = of(51, "client_shares")
    if all(hasattr(one, "group") for one in shares):  # scapy leaves out what is no point of the curve
        values["key_shares"] = [one.group for one in shares]
    return {**values, "algorithms": of(13, "sig_algs"), "points": of(11, "ecpl")}


def test_tshark_agrees() -> None:
    if shutil.which("tshark") is None:
        if EVERYONE:
            pytest.fail("tshark is not installed")
        pytest.skip("tshark is not installed")
    differences = []
    for path in captures():
        ours = Counter(
            (one.last.frame, one.MESSAGE, ja3.digest(ja3.text(one)) if isinstance(one, ClientHello) else "")
            for one, _ in hellos(path)
            if one.last is not None and not one.datagram and not getattr(one, "sslv2", False)
        )
        theirs = from_tshark(path)
        more = {one for one in ours - theirs if (path.name, *one[:2]) not in OURS_ALONE and path.parent != STREAMS}
        differences += [f"{path.name}: {sorted(more)}, tshark {sorted(theirs - ours)}"] if more or theirs - ours else []
    assert not differences, "\n".join(differences)


def from_tshark(path: Path) -> Counter[tuple[int, str, str]]:
    fields = [part for name in ("frame.number", "tls.handshake.type", "tls.handshake.ja3") for part in ("-e", name)]
    command = ["tshark", "-n", "-r", str(path), "-Y", "tcp && tls.handshake", "-T", "fields", "-E", "occurrence=a", *fields]
    found: Counter[tuple[int, str, str]] = Counter()
    for line in subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines():
        frame, kinds, prints = line.split("\t")
        fingerprints = iter(prints.split(","))
        for kind in kinds.split(","):
            if kind in HELLOS:
                found[int(frame), HELLOS[kind], next(fingerprints) if kind == "1" else ""] += 1
    return found
