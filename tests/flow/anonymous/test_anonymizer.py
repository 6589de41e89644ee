"""Replacements of addresses and names."""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest

from analyzer.flow.anonymous import Anonymizer

#: key and results of the sample that comes with Crypto-PAn
PUBLISHED_KEY = bytes(
    (21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
     216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2)
)  # fmt: skip
PUBLISHED = {
    "128.11.68.132": "135.242.180.132",
    "129.118.74.4": "134.136.186.123",
    "130.132.252.244": "133.68.164.234",
    "141.223.7.43": "141.167.8.160",
    "195.205.63.100": "255.186.223.5",  # replaced once more here, since it is not ordinary
}
KEY = b"0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("address", [address for address, result in PUBLISHED.items() if not result.startswith("255")])
def test_addresses_as_published(address: str) -> None:
    assert Anonymizer(PUBLISHED_KEY).address(address) == PUBLISHED[address]


def test_an_ordinary_address_never_becomes_a_special_one() -> None:
    assert Anonymizer(PUBLISHED_KEY).address("195.205.63.100") != PUBLISHED["195.205.63.100"]
    special = [ip_network(text) for text in ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16", "224.0.0.0/3")]
    numbers, made, one = random.Random(1), set(), Anonymizer(KEY)
    for _ in range(500):
        address = IPv4Address(numbers.randrange(0x0B000000, 0x5F000000))
        made.add(result := IPv4Address(one.address(str(address))))
        assert not any(result in network for network in special)
    assert len(made) == 500


@pytest.mark.parametrize("width, text", ((32, "93.184.216.34"), (128, "2a00:1450:4001:82f::200e")))
def test_a_common_prefix_stays_as_long(width: int, text: str) -> None:
    kind = IPv4Address if width == 32 else IPv6Address
    one, first = Anonymizer(KEY), int(kind(text))
    replaced = int(kind(one.address(text)))
    for bits in range(8, width):
        other = first ^ 1 << (width - 1 - bits)
        difference = replaced ^ int(kind(one.address(str(kind(other)))))
        assert width - difference.bit_length() == bits


@pytest.mark.parametrize(
    "text", ("0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.251", "::", "::1", "ff02::fb", "ff02::1:2", "ff:ff:ff:ff:ff:ff",
             "01:00:5e:00:00:fb", "33:33:00:00:00:01", "00:00:00:00:00:00")
)  # fmt: skip
def test_what_means_the_same_everywhere_stays(text: str) -> None:
    assert Anonymizer(KEY).address(text) == text


@pytest.mark.parametrize(
    "text, network",
    (
        ("10.1.2.3", "10.0.0.0/8"), ("172.20.1.1", "172.16.0.0/12"), ("192.168.7.9", "192.168.0.0/16"),
        ("169.254.3.4", "169.254.0.0/16"), ("ff02::1:ff12:3456", "ff02::1:ff00:0/104"),
        ("239.1.2.3", "224.0.0.0/4"), ("fe80::1:2:3", "fe80::/64"), ("fd12:3456::1", "fc00::/7"),
        ("ff05::1234:5678:9abc", "ff05::/16"), ("::ffff:10.1.2.3", "::ffff:10.0.0.0/104"), ("2002:0a01:0203::1", "2002:a00::/24"),
    ),
)  # fmt: skip
def test_a_special_address_stays_in_its_class(text: str, network: str) -> None:
    replaced = Anonymizer(KEY).address(text)
    assert replaced != text
    assert (IPv6Address if ":" in text else IPv4Address)(replaced) in ip_network(network)


def test_mac_addresses_keep_their_two_bits() -> None:
    one = Anonymizer(KEY)
    for text in ("00:1b:21:12:34:56", "02:42:ac:11:00:02", "03:00:00:12:34:56"):
        replaced = one.address(text)
        assert replaced != text and len(replaced) == len(text)
        assert int(replaced[:2], 16) & 3 == int(text[:2], 16) & 3
    assert one.address("33:33:ff:12:34:56").startswith("33:33:")


def test_names_keep_their_lengths_and_what_they_share() -> None:
    one = Anonymizer(KEY)
    name = one.name("Mail-7.shop.customer.com")
    assert name != "mail-7.shop.customer.com"
    assert [len(label) for label in name.split(".")] == [6, 4, 8, 3]
    assert name.endswith(".com") and name[4] == "-" and name[5].isdigit()
    assert one.name("www.customer.com") == "www." + name.split(".", 2)[2]
    assert one.name("mail-7.SHOP.customer.com") == name
    assert one.name("com") != "com"  # a name of its own, no suffix


def test_no_two_labels_become_the_same() -> None:
    one = Anonymizer(KEY)
    labels = [f"{first}{second}{digit}" for first in "abcxyz" for second in "abcxyz" for digit in "0123456789"]
    assert len({one.name(label) for label in labels}) == len(labels)


def test_the_key_decides() -> None:
    first, same, other = Anonymizer(KEY), Anonymizer(KEY), Anonymizer(KEY[::-1])
    for text in ("93.184.216.34", "2a00:1450::1", "00:1b:21:12:34:56", "secret.example"):
        assert first.address(text) == same.address(text) != other.address(text)
    assert Anonymizer().address("93.184.216.34") != Anonymizer().address("93.184.216.34")
    assert Anonymizer(KEY * 2).address("93.184.216.34") != first.address("93.184.216.34")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Anonymizer(b"short")


def turned_round(address: str) -> str:
    return ip_address(address).reverse_pointer


def test_reverse_names_of_ipv6_are_those_of_the_replaced_addresses() -> None:
    one = Anonymizer(KEY)
    for address in ("2001:db8:1::25", "2a00:1450:4001:82f::200e", "fe80::21b:21ff:fe12:3456"):
        assert one.name(turned_round(address)) == turned_round(one.address(address)) != turned_round(address)
    zone = "8.b.d.0.1.0.0.2.ip6.arpa"
    assert one.name(f"{turned_round('2001:db8::7')}.").endswith(f".{one.name(zone)}.")
    assert one.name(f"lb._dns-sd._udp.{zone}").endswith(f"._udp.{one.name(zone)}")


def test_reverse_names_of_ipv4_keep_their_digits_and_nothing_else() -> None:
    one = Anonymizer(KEY)
    made = [one.name(turned_round(f"192.0.2.{octet}")).split(".") for octet in range(256)]
    assert [int(labels[0]) for labels in made] != list(range(256)) == sorted(int(labels[0]) for labels in made)
    assert [len(labels[0]) for labels in made] == [len(str(octet)) for octet in range(256)]
    assert len({tuple(labels[1:]) for labels in made}) == 1 and made[0][-2:] == ["in-addr", "arpa"]
    beside = [one.name(turned_round(f"192.0.3.{octet}")).split(".") for octet in range(10)]
    assert [labels[0] for labels in beside] != [labels[0] for labels in made[:10]]
    assert len({(int(labels[0]) - octet) % 10 for octet, labels in enumerate(made[:10])}) > 1
    for odd in ("300.2.0.192", "0/25.2.0.192", "5.4.3.2.1", "", "007"):
        assert len(one.name(f"{odd}.in-addr.arpa")) == len(f"{odd}.in-addr.arpa")


def test_labels_of_one_character_are_not_moved_alike() -> None:
    made = [Anonymizer(KEY).name(letter) for letter in "abcdefghijklmnopqrstuvwxyz"]
    assert sorted(made) == list("abcdefghijklmnopqrstuvwxyz")
    assert len({(ord(other) - place) % 26 for place, other in enumerate(made)}) > 2
