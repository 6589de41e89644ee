"""What ClientHello and ServerHello say, also where they are cut or lie about lengths; JA3 and JA4 against published values."""

from __future__ import annotations

import pytest

from analyzer.dissect.application.tls import client_hello as parser
from analyzer.dissect.application.tls import ja3, ja4, server_hello
from analyzer.dissect.application.tls.cipher_suites import FORWARD_SECRECY, GREASE, NAMES, WEAKNESS
from analyzer.dissect.application.tls.message import ClientHello, ServerHello
from analyzer.dissect.application.tls.names import (
    cipher_suite_name,
    extension_name,
    group_name,
    signature_scheme_name,
    version_name,
)

from .build import NAME, SESSION, alpn, extension, message, post_quantum_hello, server_name, sized, words
from .build import client_hello as built
from .build import server_hello as built_server

HEADER = 4


def parsed(data: bytes, datagram: bool = False) -> ClientHello:
    hello = ClientHello(direction=0, start=0, end=len(data), datagram=datagram)
    parser.parse(hello, data[HEADER:])
    return hello


def test_client_hello() -> None:
    hello = parsed(post_quantum_hello())
    assert (hello.sni, hello.alpn, hello.version) == (NAME, ("h2", "http/1.1"), 0x0303)
    assert (hello.supported_versions, hello.groups) == ((0x0304, 0x0303), (0x11EC, 29, 23))
    assert list(map(group_name, hello.key_shares or ())) == ["X25519MLKEM768", "x25519"]
    assert hello.extensions == (0, 16, 43, 10, 51, 13, 21) and hello.session_id == SESSION
    assert (hello.malformed, hello.ech, hello.ticket, hello.early_data, hello.pre_shared_key) == (
        False,
        "none",
        None,
        False,
        False,
    )


def test_resumption_is_offered() -> None:
    hello = parsed(built(extension(35, bytes(100)) + extension(42) + extension(41, bytes(50))))
    assert (hello.ticket, hello.early_data, hello.pre_shared_key) == (100, True, True)


def test_without_extensions() -> None:
    hello = parsed(built(None))
    assert not hello.malformed and hello.extensions == () and hello.groups is None
    assert ja3.text(hello) == "771,4865-4866-49199,,,"
    assert ja4.fingerprint(hello).endswith("_000000000000")


def test_cut_everywhere() -> None:
    whole = post_quantum_hello(1500)
    complete = parsed(whole)
    for size in range(HEADER, len(whole)):
        cut = parsed(whole[:size])
        assert cut.malformed != (size == HEADER + 34 + 33 + 2 + 6 + 2)  # it might end before the extensions
        for name in ("sni", "alpn", "supported_versions", "groups", "key_shares", "signature_algorithms", "cipher_suites"):
            assert getattr(cut, name) in (None, getattr(complete, name))


@pytest.mark.parametrize("data", (bytes(2), b"\0\0\0\0", b"\xff" * 9, b"\0\xff", b""))
@pytest.mark.parametrize("kind", (0, 10, 11, 13, 16, 43, 51, 0xFE0D))
def test_extensions_that_lie(kind: int, data: bytes) -> None:
    hello = parsed(built(extension(kind, data) + extension(23)))
    assert hello.extensions == (kind, 23) and not hello.malformed
    ja3.text(hello), ja4.fingerprint(hello)


def test_length_of_extensions_lies() -> None:
    body = built(server_name(NAME))
    assert parsed(body[:-1]).malformed and parsed(body + b"\0").malformed


def test_names_that_are_no_ascii() -> None:
    hello = parsed(built(server_name("b\u00fccher.example") + alpn(b"\xba\xad")))
    assert hello.sni == "b\ufffd\ufffdcher.example" and hello.alpn == ("\ufffd\ufffd",)


def ech(enc: bytes, kind: int = 0) -> bytes:
    return extension(0xFE0D, bytes((kind,)) + words([1, 1]) + b"\7" + sized(enc, 2) + sized(bytes(144), 2))


@pytest.mark.parametrize(
    ("extensions", "verdict"),
    (
        (server_name(NAME), "none"),
        (server_name(NAME) + ech(bytes(32)), "grease"),
        (ech(bytes(32)) + server_name("Cloudflare-ECH.com"), "offered"),
        (server_name(NAME) + ech(b""), "offered"),
        (server_name(NAME) + extension(0xFE0D, b"\1"), "offered"),
        (extension(0xFFCE, bytes(200)), "offered"),
    ),
)
def test_encrypted_client_hello(extensions: bytes, verdict: str) -> None:
    assert parsed(built(extensions)).ech == verdict


def test_server_hello() -> None:
    data = built_server(alpn(b"h2") + extension(35), 0xC02F, session=SESSION)
    hello = ServerHello(direction=1, start=0, end=len(data))
    server_hello.parse(hello, data[HEADER:])
    assert (hello.version, hello.cipher_suite, hello.alpn, hello.session_id) == (0x0303, 0xC02F, "h2", SESSION)
    assert (hello.extensions, hello.malformed, hello.forward_secrecy) == ((16, 35), False, True)
    for size in range(HEADER, len(data)):
        cut = ServerHello(direction=1, start=0, end=size)
        server_hello.parse(cut, data[HEADER:size])
        assert cut.cipher_suite in (None, 0xC02F)


def test_names() -> None:
    assert version_name(0x0304) == "TLS 1.3" and version_name(0x7F1C) == "TLS 1.3 draft 28" and version_name(0x1234) == "0x1234"
    assert signature_scheme_name(0x0804) == "rsa_pss_rsae_sha256" and extension_name(0xFE0D) == "encrypted_client_hello"
    assert list(map(group_name, (0x0A0A, 0x11EB, 0x6399))) == ["GREASE", "SecP256r1MLKEM768", "X25519Kyber768Draft00"]
    assert cipher_suite_name(0x1301) == "TLS_AES_128_GCM_SHA256" and NAMES[0xC02F] == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert FORWARD_SECRECY[0xC02F] and not FORWARD_SECRECY[0x002F]
    weak = {0x0000: "no encryption", 0x0003: "export", 0x0005: "RC4", 0x000A: "3DES", 0x0018: "no authentication"}
    assert {code: WEAKNESS.get(code) for code in (*weak, 0xC02F, 0x00FF)} == {**weak, 0xC02F: None, 0x00FF: None}
    assert len(GREASE) == 16 and {0x0A0A, 0xFAFA} <= GREASE


def groups(*values: int) -> bytes:
    return extension(10, sized(words(values), 2))


def test_ja3_of_its_documentation() -> None:
    """The two examples of github.com/salesforce/ja3."""
    suites = [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4]
    hello = parsed(built(server_name(NAME) + groups(23, 24, 25) + extension(11, b"\1\0"), suites, 769))
    assert ja3.text(hello) == "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"
    assert ja3.digest(ja3.text(hello)) == "ada70206e40642a3e4461f35503241d5"
    hello = parsed(built(None, [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99], 769))
    assert ja3.digest(ja3.text(hello)) == "de350869b8c85de67a350c8d186f11e6"


def test_ja3_without_grease() -> None:
    hello = parsed(built(extension(0x1A1A) + groups(0x2A2A, 29), [0x0A0A, 0x1301]))
    assert ja3.text(hello) == "771,4865,10,29,"


CIPHERS = [0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x9C, 0x9D, 0x2F, 0x35]
EXTENSIONS = "001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015"
ALGORITHMS = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]


def documented(protocol: bytes = b"h2", algorithms: bool = True) -> bytes:
    """The ClientHello of JA4's documentation, with GREASE added."""
    known = {
        0x0000: server_name(NAME),
        0x0010: alpn(protocol),
        0x000D: extension(13, sized(words(ALGORITHMS if algorithms else []), 2)),
        0x002B: extension(43, sized(words([0x5A5A, 0x0304, 0x0303]), 1)),
    }
    kinds = [int(code, 16) for code in EXTENSIONS.split(",")]
    extensions = b"".join(known.get(kind) or extension(kind) for kind in kinds)
    return built(extension(0x3A3A) + extensions + extension(0x4A4A), [0x6A6A, *CIPHERS])


def test_ja4_of_its_documentation() -> None:
    assert ja4.fingerprint(parsed(documented())) == "t13d1516h2_8daaf6152771_e5627efa2ab1"
    assert ja4.fingerprint(parsed(documented(algorithms=False))) == "t13d1516h2_8daaf6152771_6d807ffa2a79"


@pytest.mark.parametrize(
    ("protocol", "shown"),
    (
        (b"http/1.1", "h1"),
        (b"h", "hh"),
        (b"\xab", "ab"),
        (b"\xab\xcd", "ad"),
        (b"0\xab", "3b"),
        (b"01\xab\xcd", "3d"),
        (b"0\xab\xcd1", "01"),
    ),
)
def test_ja4_of_protocols(protocol: bytes, shown: str) -> None:
    expected = ja4.fingerprint(parsed(documented())).replace("h2_", f"{shown}_")
    assert ja4.fingerprint(parsed(documented(protocol))) == expected


@pytest.mark.parametrize(
    ("version", "supported", "shown"),
    (
        (0x0300, [], "ts3"),
        (0x0303, [], "t12"),
        (0x0303, [0x0303, 0x0304], "t13"),
        (0x0305, [], "t00"),
        (0xFEFD, [0xFEFC, 0xFEFD], "dd3"),
    ),
)
def test_ja4_of_versions(version: int, supported: list[int], shown: str) -> None:
    extensions = extension(43, sized(words(supported), 1)) if supported else b""
    datagram = shown.startswith("d")
    hello = parsed(built(extensions, version=version, cookie=b"" if datagram else None), datagram)
    assert ja4.fingerprint(hello).startswith(f"{shown}i")


def test_ja4_counts_have_two_digits() -> None:
    hello = parsed(built(b"".join(map(extension, range(1000, 1150))), range(1, 200)))
    assert ja4.fingerprint(hello).startswith("t12i999900_")


def test_message_helper() -> None:
    assert message(1, b"ab") == b"\1\0\0\2ab"
