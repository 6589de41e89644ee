"""Several files as one."""

from __future__ import annotations

import heapq
import random
from pathlib import Path

import pytest

from analyzer.capture.reader import CaptureError, open_capture
from tests.capture.build import interface, packet, pcap_header, record, section


def write(folder: Path, times: list[list[int]]) -> list[Path]:
    """A pcap file for each list of times; each frame holds the number of its file and its own."""
    paths = []
    for file, stamps in enumerate(times):
        path = folder / f"{file}.pcap"
        path.write_bytes(pcap_header() + b"".join(record(t, 0, bytes([file, i % 256])) for i, t in enumerate(stamps)))
        paths.append(path)
    return paths


def by_heads(times: list[list[int]]) -> list[tuple[int, int]]:
    """The definition: (file, frame) of always the earliest head."""
    heads = [(stamps[0], file, 0) for file, stamps in enumerate(times) if stamps]
    heapq.heapify(heads)
    order = []
    while heads:
        _, file, at = heapq.heappop(heads)
        order.append((file, at + 1))
        if at + 1 < len(times[file]):
            heapq.heappush(heads, (times[file][at + 1], file, at + 1))
    return order


def merged(paths: list[Path], **options: int) -> list[tuple[int, int]]:
    found = []
    for batch in open_capture(*paths, **options):
        assert batch.file is not None and batch.number_in_file is not None
        for i in range(len(batch)):
            assert batch.number[i] == len(found) + 1
            file, number = int(batch.file[i]), int(batch.number_in_file[i])
            assert bytes(batch.data[batch.start[i] : batch.end[i]]) == bytes([file, (number - 1) % 256])
            assert batch.interfaces[batch.interface[i]].file == file
            found.append((file, number))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_always_the_earliest_head(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    times = []
    for _ in range(rng.randrange(2, 6)):
        stamps = [rng.randrange(1000, 1100) for _ in range(rng.randrange(0, 300))]
        times.append(sorted(stamps) if rng.random() < 0.5 else stamps)
    assert merged(write(tmp_path, times), rows=rng.choice([5, 64, 8192]), chunk_bytes=4096) == by_heads(times)


def test_ring_buffer_files_one_after_the_other(tmp_path: Path) -> None:
    times = [list(range(100 * i, 100 * i + 100)) for i in (2, 0, 1)]
    paths = write(tmp_path, times)
    reader = open_capture(*paths)
    sizes = [len(batch) for batch in reader]
    assert sizes == [100, 100, 100]
    assert merged(paths) == by_heads(times)
    assert reader.bytes_read == reader.size


def test_damage_in_one_file_does_not_end_the_others(tmp_path: Path) -> None:
    paths = write(tmp_path, [[1, 2, 3], [2, 4, 6], []])
    paths[0].write_bytes(paths[0].read_bytes()[:-1])
    reader = open_capture(*paths)
    assert sum(len(batch) for batch in reader) == 5
    assert [(found.file, found.frame) for found in reader.damage] == [(str(paths[0]), 2)]


def test_interfaces_of_all_files(tmp_path: Path) -> None:
    (one,) = write(tmp_path, [[1, 5]])
    two = tmp_path / "two.pcapng"
    two.write_bytes(
        section() + interface(113) + packet(2_000_000) + interface(0) + packet(3_000_000, number=1) + packet(9_000_000)
    )
    reader = open_capture(one, two)
    linktypes = [int(n) for batch in reader for n in batch.linktype]
    assert linktypes == [1, 113, 0, 1, 113]
    assert sorted((found.file, found.linktype) for found in reader.interfaces) == [(0, 1), (1, 0), (1, 113)]
    assert [info.format for info in reader.files] == ["pcap", "pcapng"]


def test_a_file_that_is_no_capture_is_named(tmp_path: Path) -> None:
    paths = write(tmp_path, [[1], [2]])
    paths[1].write_bytes(b"")
    with pytest.raises(CaptureError, match=r"1\.pcap: is empty"):
        open_capture(*paths)


def test_a_file_that_vanishes_meanwhile_is_damage(tmp_path: Path) -> None:
    paths = write(tmp_path, [[1], [2]])
    reader = open_capture(*paths)
    paths[1].unlink()
    assert sum(len(batch) for batch in reader) == 1
    assert [found.file for found in reader.damage] == [str(paths[1])]
