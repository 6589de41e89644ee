"""Replacements for addresses, names and opaque bytes, all derived from one key.

IP addresses: Crypto-PAn (Xu, Fan, Ammar, Moon: Prefix-preserving IP address anonymization, 2002). Bit i of the result is bit i of
the address, flipped or not as a pseudorandom function of the bits before it says. Some classes of addresses mean something by
themselves: their prefix stays and only the bits behind it are replaced (PREFIXES_4, PREFIXES_6), single ones stay as they are. An
ordinary address that would become a special one is replaced again, until it is ordinary: so no two become the same.

Names: label by label; letters become letters and digits digits, moved by a pseudorandom amount that depends on the characters
on both sides, so no two labels of one length become the same. Case is lost, hyphens stay. The last label stays if it is one of
SUFFIXES, which many share. Names that are addresses turned round (RFC 1035 section 3.5, RFC 3596 section 2.5) would give away by
their few short labels what moves them: IPv6 ones become those of the replaced address; of IPv4 ones, where an octet must keep
its number of digits, each octet is replaced by another that depends on those before it in the address.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Sequence
from hashlib import blake2b, sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

KEY_BYTES: Final = 32  #: of Crypto-PAn: 16 of the cipher, 16 of the padding
MAX_KNOWN: Final = 1 << 20  #: replacements that are remembered; beyond that they are made anew each time

#: (value, bits): the bits that stay
PREFIXES_4: Final = tuple(
    (int(IPv4Address(network)), bits)
    for network, bits in (
        ("0.0.0.0", 8), ("10.0.0.0", 8), ("100.64.0.0", 10), ("127.0.0.0", 8), ("169.254.0.0", 16), ("172.16.0.0", 12),
        ("192.168.0.0", 16), ("224.0.0.0", 24), ("224.0.0.0", 4), ("240.0.0.0", 4),
    )
)  # fmt: skip
PREFIXES_6: Final = tuple(
    (int(IPv6Address(network)), bits)
    for network, bits in (
        ("::", 96), ("::ffff:0:0", 96), ("64:ff9b::", 96), ("2002::", 16), ("2001::", 32), ("fe80::", 64), ("fe80::", 10),
        ("fc00::", 7), ("::", 8),
    )
)  # fmt: skip
WITH_IPV4: Final = {(int(IPv6Address(network)), 96) for network in ("::ffff:0:0", "64:ff9b::")}  #: their last 32 bits are one
SIX_TO_FOUR: Final = (int(IPv6Address("2002::")), 16)  #: its next 32 bits are an IPv4 address (RFC 3056)
KEPT_4: Final = frozenset(map(int, map(IPv4Address, ("0.0.0.0", "127.0.0.1", "255.255.255.255"))))
KEPT_6: Final = frozenset(map(int, map(IPv6Address, ("::", "::1"))))
LOCAL_MULTICAST: Final = (int(IPv4Address("224.0.0.0")), 24)  #: well-known groups (RFC 5771)
MULTICAST_6: Final = 0xFF  #: first byte
SOLICITED: Final = int(IPv6Address("ff02::1:ff00:0"))  #: with the last 24 bits of an address (RFC 4291 section 2.7.1)
WELL_KNOWN_GROUP: Final = 1 << 18  #: group identifiers below are assigned ones (RFC 4291, RFC 2375)
SUFFIXES: Final = frozenset(
    ("com", "net", "org", "edu", "gov", "mil", "int", "info", "arpa", "local", "localhost", "localdomain", "lan", "home",
     "internal", "test", "example", "invalid", "onion")
)  # fmt: skip
REVERSE_4, REVERSE_6 = (b"in-addr", b"arpa"), (b"ip6", b"arpa")
NIBBLES: Final = 32  #: of an IPv6 address
OCTETS: Final = tuple(tuple(b"%d" % octet for octet in octets) for octets in (range(10), range(10, 100), range(100, 256)))
KEPT_LABELS: Final = frozenset(("www", "in-addr", "ip6", "_tcp", "_udp"))
LETTERS: Final = b"abcdefghijklmnopqrstuvwxyz"
DIGITS: Final = b"0123456789"
HEXADECIMAL: Final = b"0123456789abcdef"
#: labels of one character: moved all by the same amount, one known label would give away all others
SINGLE: Final = tuple(tuple(b"%c" % character for character in alphabet) for alphabet in (LETTERS, DIGITS))
MAC_MULTICAST: Final = 0x01
MAC_KEPT_BITS: Final = 0x03  #: group and local
IPV4_GROUP: Final = b"\x01\x00\x5e"  #: with the last 23 bits of an IPv4 group (RFC 1112)
IPV6_GROUP: Final = b"\x33\x33"  #: with the last 32 bits of an IPv6 group (RFC 2464)
KEPT_MACS: Final = (b"\x01\x80\xc2", b"\x01\x00\x0c", b"\x33\x33\x00\x00\x00", b"\x01\x00\x5e\x00\x00")


class Anonymizer:
    """The same replacement for the same thing. key: 32 bytes are used as they are, more are condensed; None: a random one."""

    def __init__(self, key: bytes | None = None) -> None:
        key = os.urandom(KEY_BYTES) if key is None else key
        if len(key) < KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes or more, not {len(key)}")
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        key = key if len(key) == KEY_BYTES else sha256(key).digest()
        self._encryptor = Cipher(AES(key[:16]), ECB()).encryptor()  # single blocks: a pseudorandom function
        self._pad = int.from_bytes(self._encryptor.update(key[16:]), "big")
        self._secret = hmac.digest(key, b"names", "sha256")
        self._known: dict[bytes, bytes] = {}

    def address(self, text: str) -> str:
        """The replacement of an IP or MAC address as text; of anything else, as of a name."""
        try:
            return str(ip_address(self.ip(ip_address(text).packed)))
        except ValueError:
            pass
        try:
            octets = bytes.fromhex(text.replace(":", "").replace("-", ""))
        except ValueError:
            return self.name(text)
        return self.mac(octets).hex(":") if len(octets) == 6 else self.name(text)

    def ip(self, octets: bytes) -> bytes:
        """The replacement of an address of 4 or 16 bytes."""
        known = self._known.get(octets)
        if known is None:
            number = int.from_bytes(octets, "big")
            known = (self._ipv4(number) if len(octets) == 4 else self._ipv6(number)).to_bytes(len(octets), "big")
            self._remember(octets, known)
        return known

    def _ipv4(self, number: int) -> int:
        if number in KEPT_4:
            return number
        kept = _prefix(number, PREFIXES_4, 32)
        if kept == LOCAL_MULTICAST:
            return number
        if kept is not None:
            while True:  # neither in a narrower class nor one that stays: else two would become the same
                number = self._behind(number, 32, kept[1])
                if number not in KEPT_4 and _prefix(number, PREFIXES_4, 32) == kept:
                    return number
        while True:
            number = self._behind(number, 32, 0)
            if _prefix(number, PREFIXES_4, 32) is None:
                return number

    def _ipv6(self, number: int) -> int:
        if number in KEPT_6:
            return number
        if number >> 120 == MULTICAST_6:
            group = number & (1 << 112) - 1
            if group < WELL_KNOWN_GROUP:
                return number
            return self._behind(number, 128, 104 if number >> 24 == SOLICITED >> 24 else 16)
        kept = _prefix(number, PREFIXES_6, 128)
        if kept in WITH_IPV4:
            return number >> 32 << 32 | self._ipv4(number & 0xFFFFFFFF)
        if kept == SIX_TO_FOUR:
            inner = self._ipv4(number >> 80 & 0xFFFFFFFF)
            return self._behind(SIX_TO_FOUR[0] | inner << 80 | number & (1 << 80) - 1, 128, 48)
        if kept is not None:
            while True:
                number = self._behind(number, 128, kept[1])
                if number not in KEPT_6 and _prefix(number, PREFIXES_6, 128) == kept:
                    return number
        while True:
            number = self._behind(number, 128, 0)
            if _prefix(number, PREFIXES_6, 128) is None and number >> 120 != MULTICAST_6:
                return number

    def _behind(self, number: int, width: int, kept: int) -> int:
        """Crypto-PAn of all bits but the first `kept` ones."""
        whole = (1 << 128) - 1
        shifted = number << (128 - width)
        blocks = bytearray()
        for bits in range(kept, width):
            mask = whole << (128 - bits) & whole
            blocks += (shifted & mask | self._pad & ~mask).to_bytes(16, "big")
        flips = 0
        for octet in self._encryptor.update(bytes(blocks))[::16]:
            flips = flips << 1 | octet >> 7
        return number ^ flips

    def mac(self, octets: bytes) -> bytes:
        """The replacement of a MAC address (or another link-layer address); group and local bit stay."""
        if octets in (b"\xff" * len(octets), bytes(len(octets))) or octets.startswith(KEPT_MACS):
            return octets
        known = self._known.get(b"m" + octets)
        if known is None:
            if octets.startswith(IPV4_GROUP):
                known = IPV4_GROUP + bytes([self.octets(octets)[3] & 0x7F]) + self.octets(octets)[4:]
            elif octets.startswith(IPV6_GROUP):
                known = IPV6_GROUP + self.octets(octets)[2:]
            else:
                made = self.octets(octets)
                known = bytes([made[0] & ~MAC_KEPT_BITS & 0xFF | octets[0] & MAC_KEPT_BITS]) + made[1:]
            self._remember(b"m" + octets, known)
        return known

    def octets(self, data: bytes) -> bytes:
        """As many bytes that look random; the same for the same ones, so that what was equal stays equal."""
        made = b""
        while len(made) < len(data):
            made += hmac.digest(self._secret, len(made).to_bytes(4, "big") + data, "sha256")
        return made[: len(data)]

    def name(self, text: str) -> str:
        """The replacement of a host name, as long as it was; characters outside ASCII count as their UTF-8 bytes."""
        return self.labels(text.encode()).decode("ascii")

    def labels(self, name: bytes) -> bytes:
        """The same of bytes: labels with dots between them."""
        parts = name.split(b".")
        ending = [parts.pop()] if len(parts) > 1 and not parts[-1] else []
        return b".".join((self.parts(parts) if len(parts) > 1 else [self.label(parts[0])]) + ending)

    def parts(self, labels: Sequence[bytes]) -> list[bytes]:
        """The replacements of all labels of a name, the last of which is the end of it."""
        made = [self.label(label, last=place == len(labels) - 1) for place, label in enumerate(labels)]
        domain = tuple(label.lower() for label in labels[-2:])
        if domain not in (REVERSE_4, REVERSE_6):
            return made
        turned = [label.lower() for label in labels[-3::-1]]
        digits = self._nibbles(turned) if domain == REVERSE_6 else self._octets(turned)
        made[len(labels) - 2 - len(digits) : -2] = digits[::-1]
        return made

    def _nibbles(self, labels: list[bytes]) -> list[bytes]:
        """The replacements of the first nibbles of an IPv6 address: as many as there are."""
        is_digit = [len(label) == 1 and label in HEXADECIMAL for label in labels[:NIBBLES]]
        known = [*is_digit, False].index(False)
        address = bytes.fromhex(b"".join(labels[:known]).ljust(NIBBLES, b"0").decode())
        return [b"%c" % digit for digit in self.ip(address).hex().encode()[:known]]

    def _octets(self, labels: list[bytes]) -> list[bytes]:
        """The replacements of the first octets of an IPv4 address, with as many digits."""
        made: list[bytes] = []
        for place, label in enumerate(labels[:4]):
            of_this_length = OCTETS[len(label) - 1] if len(label) <= len(OCTETS) else ()
            if label not in of_this_length:
                break
            made.append(self._another(label, of_this_length, b".".join((b"octet", *labels[:place]))))
        return made

    def _another(self, one: bytes, among: Sequence[bytes], context: bytes) -> bytes:
        """What stands in the place of one of these in an order that the key and the context decide."""
        known = self._known.get(b"o" + context + b":" + one)
        if known is None:
            order = sorted(among, key=lambda other: hmac.digest(self._secret, context + b":" + other, "sha256"))
            known = order[among.index(one)]
            self._remember(b"o" + context + b":" + one, known)
        return known

    def label(self, label: bytes, last: bool = False) -> bytes:
        """The replacement of one label; last: it is the end of the name, and may be one that stays."""
        lower = label.lower()
        word = lower.decode("latin-1")
        if word in KEPT_LABELS or (last and word in SUFFIXES):
            return label
        known = self._known.get(b"l" + lower)
        if known is None:
            alphabet = next((every for every in SINGLE if lower in every), None)
            if alphabet is not None:
                known = self._another(lower, alphabet, b"single")
            else:
                turned = self._moved(self._moved(lower, b">")[::-1], b"<")
                known = turned[::-1]
            self._remember(b"l" + lower, known)
        return known

    def _moved(self, text: bytes, way: bytes) -> bytes:
        """Each character moved within its alphabet, by an amount that depends on those before it."""
        made = bytearray()
        for place, octet in enumerate(text):
            before = way + len(text).to_bytes(4, "big") + text[:place]
            amount = int.from_bytes(blake2b(before, key=self._secret, digest_size=8).digest(), "big")
            for alphabet in (DIGITS, LETTERS):
                if octet in alphabet:
                    made.append(alphabet[(alphabet.index(octet) + amount) % len(alphabet)])
                    break
            else:
                made.append(octet if octet in b"-_" else LETTERS[(octet + amount) % len(LETTERS)])
        return bytes(made)

    def _remember(self, what: bytes, replacement: bytes) -> None:
        if len(self._known) < MAX_KNOWN:
            self._known[what] = replacement


def _prefix(number: int, prefixes: tuple[tuple[int, int], ...], width: int) -> tuple[int, int] | None:
    """The class of a special address: the first that fits."""
    for value, bits in prefixes:
        if number >> width - bits == value >> width - bits:
            return value, bits
    return None
