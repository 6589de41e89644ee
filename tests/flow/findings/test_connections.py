"""Connections that did not come about: told so by ICMP, left half open, unknown to the other side, or failing now and then."""

from __future__ import annotations

import pytest

from analyzer.flow.findings import servers
from analyzer.flow.findings.connections import PATIENCE_NS
from tests.flow.findings.batches import found, icmp, opening, segment

SYN = segment("c", "S", 0)
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        (3, 0, "connect_no_route"), (3, 1, "connect_host_unreachable"), (3, 3, "connect_port_unreachable"),
        (3, 13, "connect_prohibited"), (11, 0, "connect_time_exceeded"),
    ],
)  # fmt: skip
def test_told_that_it_cannot_be(kind: int, code: int, expected: str) -> None:
    findings = found([SYN, icmp(kind, code, quoted=SYN), segment("c", "S", 0)], [0, 1_000_000, 3 * SECOND])
    assert (findings[expected].count, findings[expected].frames, findings[expected].streams) == (1, (2,), (0,))
    assert "unanswered" not in findings and findings[expected].values["servers"] == "10.0.0.2:80"


def test_an_error_about_an_open_connection_is_no_failed_attempt() -> None:
    data = segment("c", "PA", 1, 1, b"x")
    findings = found([*opening(), data, icmp(3, 3, quoted=data)])
    assert "unreachable" in findings and "connect_port_unreachable" not in findings


def test_too_big_is_no_failed_attempt() -> None:
    findings = found([SYN, icmp(3, 4, b"\0\0\x05\x78", SYN), SYN], [0, 1, 3 * SECOND])
    assert findings["packet_too_big"].values["mtu"] == 1400
    assert "unanswered" in findings and not any(kind.startswith("connect_") for kind in findings)


def test_half_open() -> None:
    frames = [*opening()[:2], segment("s", "SA", 0, 1)]
    assert found(frames, [0, 1, 1 + PATIENCE_NS])["half_open"].frames == (1,)
    assert "half_open" not in found(frames, [0, 1, PATIENCE_NS])
    assert "half_open" not in found([*opening(), segment("s", "PA", 1, 1, b"x")], [0, 1, 2, 2 * PATIENCE_NS])
    assert "half_open" not in found([*opening()[:2], segment("c", "R", 1), frames[2]], [0, 1, 2, 2 * PATIENCE_NS])


def test_data_for_a_connection_that_the_other_side_does_not_know() -> None:
    data = segment("c", "PA", 500, 900, b"hello")
    findings = found([data, segment("s", "R", 900)])
    assert (findings["stale"].count, findings["stale"].frames) == (1, (2,))
    assert not findings.keys() & {"aborted", "mid_capture"}


@pytest.mark.parametrize(
    "frames",
    [
        [segment("c", "FA", 500, 900), segment("s", "R", 900)],  # a late goodbye
        [segment("s", "R", 900), segment("s", "R", 900)],  # backscatter: nobody sent data
        [segment("c", "PA", 500, 900, b"x"), segment("s", "A", 900, 501), segment("s", "R", 900)],  # it did know
        [*opening(), segment("c", "PA", 1, 1, b"x"), segment("s", "R", 1)],
    ],
)
def test_other_resets_are_not_stale(frames: list[bytes]) -> None:
    assert "stale" not in found(frames)


def refused(port: int) -> list[bytes]:
    return [segment("c", "S", 0, port=port), segment("s", "RA", 0, 1, port=port)]


def test_servers_that_fail_now_and_then() -> None:
    opened = [frame for port in range(50_000, 50_005) for frame in opening(port)]
    failing = [frame for port in range(40_000, 40_000 + servers.FAILING_LEAST) for frame in refused(port)]
    finding = found([*opened, *failing])["server_failing"]
    assert (finding.count, finding.values["of"], finding.values["servers"]) == (3, 8, "10.0.0.2:80")
    assert finding.frames == (16, 18, 20) and finding.streams == (5, 6, 7)
    assert "server_failing" not in found([*opened, *failing[2:]])  # too few
    assert "server_failing" not in found(failing)  # it never works: that is "refused"


def test_a_small_share_of_many_is_no_failing_server() -> None:
    opened = [frame for port in range(50_000, 50_100) for frame in opening(port)]
    failing = [frame for port in range(40_000, 40_003) for frame in refused(port)]
    assert "server_failing" not in found([*opened, *failing])


def test_servers_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "MAX_SERVERS", 0)
    assert found(refused(1))["forgotten"].count == 1


def test_what_repeats_cost() -> None:
    frames = [SYN, *opening()]
    finding = found(frames, [0, SECOND, SECOND + 20_000_000, SECOND + 20_000_100])["connect_repeated"]
    assert finding.cost_ns == SECOND
    twice = [*opening()[:2], *opening()[1:]]
    finding = found(twice, [0, 20_000_000, SECOND, SECOND + 100])["connect_repeated"]
    assert finding.cost_ns == SECOND + 100 - 20_000_000
    assert found([SYN, SYN, SYN], [0, SECOND, 3 * SECOND])["unanswered"].cost_ns == 3 * SECOND
    assert found(refused(1))["refused"].cost_ns is None
