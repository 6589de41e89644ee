"""What certificates say: sound ones as `cryptography` reads them, odd ones as far as they can be read, and never an exception."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from analyzer.dissect.application.x509 import certificate, names
from analyzer.dissect.application.x509.certificate import MAX_CERTIFICATE, describe, issued
from analyzer.dissect.application.x509.extensions import MAX_NAMES
from tests.certificates import MIDDLE, NOW, ROOT, extension, leaf_der, make, middle_der, name_der, raw, root_der, tlv

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_sound_certificate() -> None:
    der = leaf_der(dns=["www.example.com", "*.example.org"], ips=["10.0.0.1", "2001:db8::1"], serial=0xABC)
    one = describe(der)
    theirs = x509.load_der_x509_certificate(der)
    assert one.faults == ()
    assert (one.subject, one.issuer) == ("CN=www.example.com", "CN=Test Intermediate,C=DE")
    assert (one.serial, one.sha256) == ("abc", theirs.fingerprint(hashes.SHA256()).hex())
    assert (one.not_before, one.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    assert one.dns_names == ("www.example.com", "*.example.org")
    assert one.ip_addresses == ("10.0.0.1", "2001:db8::1")
    assert one.key == ("ec", 256, "secp256r1", True)
    assert (one.signature_algorithm, one.signature_hash) == ("ecdsa-with-SHA256", "sha256")
    assert (one.is_ca, one.self_signed) == (False, False)
    own = theirs.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
    above = theirs.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert (one.subject_key_id, one.authority_key_id) == (own, above.hex() if above else "")


def test_who_signed() -> None:
    root, middle, leaf = map(describe, (root_der(), middle_der(), leaf_der()))
    assert root.self_signed and root.is_ca and middle.is_ca and not middle.self_signed
    assert issued(leaf, middle) is True and issued(middle, root) is True
    assert issued(leaf, root) is False and issued(middle, leaf) is False
    impostor = describe(make(MIDDLE.name, ROOT, ca=True))
    assert issued(leaf, impostor) is False


def test_same_names_but_signed_by_another_key_is_not_self_signed() -> None:
    rolled = describe(make(ROOT.name, ROOT, ca=True))
    assert rolled.subject == rolled.issuer
    assert not rolled.self_signed


def test_signature_that_cannot_be_checked() -> None:
    same = name_der(("2.5.4.3", 12, b"Me"))
    key_id = tlv(4, b"\1\2")
    unknown = "1.2.840.113549.1.1.4"
    assert describe(raw(issuer=same, subject=same, algorithm=unknown)).self_signed
    ids = [extension("2.5.29.14", key_id), extension("2.5.29.35", tlv(0x30, tlv(0x80, b"\3")))]
    assert not describe(raw(issuer=same, subject=same, algorithm=unknown, extensions=ids)).self_signed
    ids[1] = extension("2.5.29.35", tlv(0x30, tlv(0x80, b"\1\2")))
    assert describe(raw(issuer=same, subject=same, algorithm=unknown, extensions=ids)).self_signed


@pytest.mark.parametrize(
    "serial, text, faults",
    [
        (b"\x01", "1", ()),
        (b"\x00\xff", "ff", ()),
        (b"\xff\x01", "-ff", ("serial_negative",)),
        (b"\x00", "0", ()),
        (b"\x01" * 21, "1" + "01" * 20, ("serial_too_long",)),
        (b"", "", ()),
    ],
)
def test_serial(serial: bytes, text: str, faults: tuple[str, ...]) -> None:
    one = describe(raw(serial=serial))
    assert (one.serial, one.faults) == (text, faults)
    assert one.subject == "CN=Subject" and one.not_before == NEW_YEAR


@pytest.mark.parametrize(
    "tag, octets, when",
    [
        (0x17, b"240101000000Z", NEW_YEAR),
        (0x18, b"20240101000000Z", NEW_YEAR),
        (0x17, b"2401010000Z", NEW_YEAR),
        (0x17, b"240101023000+0230", NEW_YEAR),
        (0x17, b"231231190000-0500", NEW_YEAR),
        (0x18, b"20240101000000.5Z", NEW_YEAR),
        (0x18, b"20240101000000", None),
        (0x17, b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (0x17, b"491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x18, b"99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (0x18, b"00010101000000+0100", None),
        (0x18, b"99991231235959-0100", None),
        (0x17, b"240231000000Z", None),
        (0x17, b"20240101000000Z", None),
        (0x18, b"240101000000Z", None),
        (0x17, b"240101000000+9999", None),
        (0x17, b"2401010000", None),
        (0x17, b"", None),
        (0x17, b"24010100000aZ", None),
        (0x04, b"240101000000Z", None),
    ],
)
def test_times(tag: int, octets: bytes, when: datetime | None) -> None:
    one = describe(raw(begins=tlv(tag, octets)))
    assert one.not_before == when
    assert one.faults == (() if when and len(octets) == (13 if tag == 0x17 else 15) else ("not_before",))
    assert one.subject == "CN=Subject" and one.not_after is not None


def test_names() -> None:
    def text(*attributes: tuple[str, int, bytes]) -> tuple[str, tuple[str, ...]]:
        one = describe(raw(subject=name_der(*attributes)))
        return one.subject, one.faults

    assert text() == ("", ())
    assert text(("2.5.4.6", 19, b"DE"), ("2.5.4.3", 12, 'é,"+<>;\\#'.encode())) == (r"CN=é\,\"\+\<\>\;\\#,C=DE", ())
    assert text(("2.5.4.3", 12, b"#1")) == (r"CN=\#1", ())
    assert text(("2.5.4.3", 12, b" a ")) == (r"CN=\ a\ ", ())
    assert text(("2.5.4.3", 12, b" ")) == ("CN=\\ ", ())
    assert text(("2.5.4.3", 12, b"a\0b\n")) == (r"CN=a\00b\0A", ())
    assert text(("2.5.4.3", 30, "é€".encode("utf-16-be"))) == ("CN=é€", ())
    assert text(("2.5.4.3", 28, "é€".encode("utf-32-be"))) == ("CN=é€", ())
    assert text(("2.5.4.3", 20, b"\xe9")) == ("CN=é", ())
    assert text(("2.5.4.3", 12, b"\xe9")) == ("CN=\ufffd", ("subject",))
    assert text(("2.5.4.3", 22, b"\xe9")) == ("CN=\ufffd", ("subject",))
    assert text(("1.2.840.113549.1.9.1", 22, b"a@b")) == ("emailAddress=a@b", ())
    assert text(("1.2.3.4", 12, b"x")) == ("1.2.3.4=#0c0178", ())
    assert text(("2.5.4.45", 3, b"\0\1")) == ("x500UniqueIdentifier=#03020001", ())


def test_several_attributes_in_one_part() -> None:
    pair = [tlv(0x30, tlv(6, b"\x55\x04\x03"), tlv(12, b"a")), tlv(0x30, tlv(6, b"\x55\x04\x0a"), tlv(12, b"b"))]
    country = tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x06"), tlv(19, b"DE")))
    one = describe(raw(subject=tlv(0x30, country, tlv(0x31, *pair))))
    assert one.subject == "CN=a+O=b,C=DE"


def test_broken_name_shows_what_can_be_read() -> None:
    good = tlv(0x31, tlv(0x30, tlv(6, b"\x55\x04\x06"), tlv(19, b"DE")))
    for bad in (b"\x31", tlv(0x31, tlv(4, b"x")), tlv(0x31, tlv(0x30, tlv(6, b""), tlv(12, b"x"))), tlv(0x31, b"\x30\x7f")):
        one = describe(raw(subject=tlv(0x30, good, bad)))
        assert one.subject == "C=DE"
        assert "subject" in one.faults


def test_extensions_one_by_one() -> None:
    constraints = extension("2.5.29.19", tlv(0x30, tlv(1, b"\xff")))
    names = tlv(0x30, tlv(0x82, b"a.example"), tlv(0x81, b"x@y"), tlv(0x87, b"\x0a\0\0\1"))
    one = describe(raw(extensions=[extension("2.5.29.17", names), constraints, extension("1.2.3", b"?")]))
    assert (one.dns_names, one.ip_addresses, one.is_ca, one.faults) == (("a.example",), ("10.0.0.1",), True, ())
    for broken in (b"", b"\x30", b"\x04\x01a", names[:-1], names + b"\0", tlv(0x30, tlv(0x87, b"\1"))):
        one = describe(raw(extensions=[extension("2.5.29.17", broken), constraints]))
        assert one.faults == ("subject_alt_name",), broken
        assert one.is_ca and one.subject == "CN=Subject"
    one = describe(raw(extensions=[extension("2.5.29.17", tlv(0x30, tlv(0x82, "ü.de".encode())))]))
    assert (one.dns_names, one.faults) == (("ü.de",), ("subject_alt_name",))
    one = describe(raw(extensions=[tlv(0x30, b"\x06"), constraints, constraints]))
    assert one.is_ca and one.faults == ("extensions",)


def test_too_many_names() -> None:
    def named(count: int) -> certificate.Certificate:
        listed = tlv(0x30, *(tlv(0x82, b"%d.de" % number) for number in range(count)))
        return describe(raw(extensions=[extension("2.5.29.17", listed), extension("2.5.29.19", tlv(0x30, tlv(1, b"\xff")))]))

    most, more = named(MAX_NAMES), named(MAX_NAMES + 1)
    assert len(most.dns_names) == len(more.dns_names) == MAX_NAMES
    assert (most.faults, more.faults) == ((), ("too_many_names",)) and more.is_ca


def test_an_attribute_of_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(*place: object) -> object:
        for part in children(*place):
            read.append(part)
            yield part

    children = names.children
    monkeypatch.setattr(names, "children", counted)
    pair = tlv(6, b"\x55\x04\x03"), tlv(12, b"a")
    one = describe(raw(subject=tlv(0x30, tlv(0x31, tlv(0x30, *pair, b"\5\0" * 10_000)))))
    assert "subject" in one.faults and len(read) < 50


def test_version_1_has_no_extensions() -> None:
    one = describe(raw(version=b""))
    assert (one.subject, one.serial, one.faults) == ("CN=Subject", "1", ())


def test_keys() -> None:
    strong = rsa.generate_private_key(65537, 2048)
    one = describe(make("rsa", key=strong))
    assert one.key == ("rsa", 2048, "", True) and one.signature_algorithm == "sha256WithRSAEncryption"
    edwards = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert describe(raw(key=edwards)).key[:2] == ("ed25519", 256)
    rsa_type = tlv(0x30, tlv(6, bytes.fromhex("2a864886f70d010101")), b"\x05\x00")
    short = tlv(0x30, rsa_type, tlv(3, b"\0", tlv(0x30, tlv(2, b"\x40" + bytes(30) + b"\1"), tlv(2, b"\3"))))
    assert describe(raw(key=short)).key == ("rsa", 255, "", True)
    one = describe(raw(key=tlv(0x30, rsa_type, tlv(3, b"\0x"))))
    assert one.key == ("rsa", None, "", False) and one.faults == ("public_key",)
    unknown = tlv(0x30, tlv(0x30, tlv(6, b"\x2a\x03\x04")), tlv(3, b"\0x"))
    assert describe(raw(key=unknown)).key[:2] == ("1.2.3.4", None)
    assert describe(raw(key=tlv(0x30))).key[:2] == ("", None)


def test_hash_of_rsa_pss() -> None:
    key = rsa.generate_private_key(65537, 2048)
    builder = x509.CertificateBuilder(ROOT.name, ROOT.name, key.public_key(), 1, NOW, NOW)
    der = builder.sign(key, hashes.SHA384(), rsa_padding=padding.PSS(padding.MGF1(hashes.SHA384()), 48)).public_bytes(
        Encoding.DER
    )
    one = describe(der)
    assert (one.signature_algorithm, one.signature_hash, one.self_signed) == ("rsassaPss", "sha384", True)


def test_cut_everywhere() -> None:
    der = leaf_der()
    whole = describe(der)
    for size in range(len(der)):
        one = describe(der[:size])
        assert {"cut", "not_der"} & set(one.faults)
        assert whole.serial.startswith(one.serial)
        assert one.subject in ("", whole.subject) and one.issuer in ("", whole.issuer)
        assert one.not_after in (None, whole.not_after)
    assert describe(der + b"x").faults == ("trailing_bytes",)


def test_garbage() -> None:
    rng = random.Random(1)
    der = leaf_der()
    for _ in range(3_000):
        changed = bytearray(der)
        for _ in range(rng.randint(1, 8)):
            changed[rng.randrange(len(der))] = rng.randrange(256)
        certificate._describe.__wrapped__(bytes(changed))
    for size in (0, 1, 2, 100):
        assert describe(rng.randbytes(size)).faults
    assert describe(b"\x30\x80" + bytes(40)).faults == ("not_der",)


def test_long_ones_are_read_as_far_as_the_limit() -> None:
    many = [extension("1.2.3", bytes(MAX_CERTIFICATE))]
    der = raw(extensions=many)
    one = describe(der)
    assert len(der) > MAX_CERTIFICATE == len(one.der)
    assert "too_long" in one.faults and one.subject == "CN=Subject"


def test_nested_lengths_that_lie() -> None:
    deep = b"\x30\x84\xff\xff\xff\xff" * 1_000
    assert describe(deep).faults[:1] == ("cut",)
    assert describe(tlv(0x30, deep)).faults
