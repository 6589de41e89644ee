"""The key table: numbers in order of first appearance, one number for both directions, and room for millions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.batch import Column, Table
from analyzer.flow.table import KeyTable

ENDS = [
    (4, "0a000001", 80),
    (4, "0a000002", 80),
    (4, "0a000001", 81),
    (6, "20010db8" + "0" * 24, 80),
    (6, "0" * 24 + "0a000001", 80),
]


def table_of(pairs: list[tuple[int, int]]) -> tuple[Column, Table]:
    """Headers from end to end (indices of ENDS; both of one version)."""
    data = b""
    columns: dict[str, list[int]] = {"row": [], "network": [], "version": [], "srcport": [], "dstport": []}
    for source, destination in pairs:
        columns["row"].append(len(columns["row"]))
        columns["network"].append(len(data))
        columns["version"].append(ENDS[source][0])
        columns["srcport"].append(ENDS[source][2])
        columns["dstport"].append(ENDS[destination][2])
        data += bytes(12 if ENDS[source][0] == 4 else 8) + bytes.fromhex(ENDS[source][1] + ENDS[destination][1])
    types = {"row": np.int64, "network": np.int64, "version": np.uint8, "srcport": np.uint16, "dstport": np.uint16}
    return np.frombuffer(data + bytes(40), np.uint8), Table(
        {name: np.array(values, types[name]) for name, values in columns.items()}
    )


def find(keys: KeyTable, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    data, table = table_of(pairs)
    keys.reserve(len(table))
    entry, turned = keys.find(data, table, np.ones(len(table), np.uint8))
    return list(zip(entry.tolist(), turned.tolist(), strict=True))


pair = st.tuples(st.integers(0, 2), st.integers(0, 2)) | st.tuples(st.integers(3, 4), st.integers(3, 4))


@given(st.lists(st.lists(pair, max_size=8), max_size=6))
def test_like_a_dictionary(batches):
    keys = KeyTable()
    known: dict[tuple[int, int], int] = {}
    for pairs in batches:
        expected = []
        for source, destination in pairs:
            turned = (source, destination) not in known and (destination, source) in known
            name = (destination, source) if turned else (source, destination)
            expected.append((known.setdefault(name, len(known)), int(turned)))
        assert find(keys, pairs) == expected


def test_remove():
    keys = KeyTable()
    assert find(keys, [(0, 1), (1, 2), (3, 4)]) == [(0, 0), (1, 0), (2, 0)]
    keys.remove(np.array([1]))
    assert find(keys, [(4, 3), (2, 1), (0, 1)]) == [(2, 1), (1, 0), (0, 0)]
    assert keys.ends(1, 0).addresses == ("10.0.0.1", "10.0.0.2")
    assert keys.ends(2, 1).addresses == ("::10.0.0.1", "2001:db8::")


def test_without_an_ip_header_the_addresses_are_empty():
    keys = KeyTable()
    data, table = table_of([(0, 1)])
    table["network"][:] = -1
    keys.reserve(1)
    keys.find(data, table, np.ones(1, np.uint8))
    assert keys.ends(0, 0).addresses == ("", "")


def test_it_grows():
    keys = KeyTable()
    count = 50_000
    table = Table({
        "network": np.zeros(count, np.int64), "version": np.full(count, 4, np.uint8),
        "srcport": np.arange(count, dtype=np.uint16), "dstport": np.zeros(count, np.uint16),
    })  # fmt: skip
    table.columns["row"] = np.arange(count)
    for first in range(0, count, 5000):
        part = table.take(np.arange(first, first + 5000))
        keys.reserve(len(part))
        entry, _ = keys.find(np.zeros(64, np.uint8), part, np.ones(len(part), np.uint8))
        assert entry.tolist() == list(range(first, first + 5000))
