"""Where the capture point lies: exact to the nanosecond on ladders, and on real captures at both ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analyzer.flow.tcp.ledger.position import position
from tests.flow.tcp.ledger.making import trace
from tests.flow.tcp.ledger.traces import traces

REFERENCE = os.environ.get("ANALYZER_REFERENCE")
MS = 1_000_000

HANDSHAKE = """
    0      c S
    12     s SA
    15     c A
"""


def test_handshake_alone() -> None:
    found = position(trace(HANDSHAKE))
    assert (found.far, found.near) == ((12 * MS, 3 * MS), (3 * MS, 12 * MS))
    assert found.known == ("handshake", "handshake")
    assert (found.rtt(), found.place) == (15 * MS, "middle")


def test_acks_are_nearer_than_the_handshake() -> None:
    found = position(trace(HANDSHAKE, "20 c PA 0+10", "31.5 s A ack 10", "40 s PA 0+10", "42 c A ack 10"))
    assert found.far == (11_500_000, 2 * MS)
    assert found.known == ("acks", "acks")


def test_time_stamps_without_data_from_the_receiver() -> None:
    """The acks of s carry no data: that c has them is seen only where c echoes their time stamps."""
    found = position(trace(
        "0 c PA 0+100 ts 10/5", "20 s A ack 100 ts 70/10", "20.03 c PA 100+100 ts 30/70",
        "40.5 s A ack 200 ts 90/30", "40.55 c PA 200+100 ts 51/90",
    ))  # fmt: skip
    assert found.far == (20 * MS, 30_000)
    assert found.known == ("timestamps", "timestamps")
    assert found.place == "client"


def test_the_server_end() -> None:
    ladder = ("0 c S", "0.05 s SA", "20 c A", "30 c PA 0+10", "30.02 s A ack 10")
    assert position(trace(*ladder)).place == "server"
    turned = trace(*(line.replace(" c ", " x ").replace(" s ", " c ").replace(" x ", " s ") for line in ladder), client=1)
    assert position(turned).place == "server"


@pytest.mark.parametrize(
    ("near", "far", "place"),
    [
        (0.9, 8.0, "middle"),  # more than a tenth
        (0.9, 10.0, "client"),
        (1.1, 100.0, "middle"),  # no machine needs so long
        (0.04, 0.3, "client"),  # a fast LAN: the machine's own work is a larger part
        (0.04, 0.12, "middle"),
        (0.03, 0.04, None),  # one machine, or two on one switch
        (0.3, 0.04, "server"),
    ],
)
def test_place(near: float, far: float, place: str | None) -> None:
    assert position(trace("0 c S", f"{far} s SA", f"{far + near} c A")).place == place


def test_one_half_unknown() -> None:
    found = position(trace("0 c PA 0+10", "7 s A ack 10", "9 c PA 10+10", "16 s A ack 20"))
    assert (found.far, found.rtt(), found.place) == ((7 * MS, None), 7 * MS, None)


def test_one_direction_and_nothing() -> None:
    for ladder in ("0 c PA 0+10", "0 c PA 0+10 ts 1/1\n1 c PA 10+10 ts 2/1", ""):
        found = position(trace(ladder))
        assert (found.far, found.known, found.rtt(), found.place) == ((None, None), (None, None), None, None)


class TestNotTooShort:
    """What looks like a quick answer, and is none."""

    def test_ack_of_an_earlier_copy(self) -> None:
        found = position(trace("0 c PA 0+10", "200 c PA 0+10", "201 s A ack 10", "300 c PA 10+10", "320 s A ack 20"))
        assert found.far[0] == 20 * MS

    def test_which_copy_is_told_by_the_time_stamp(self) -> None:
        found = position(trace(
            "0 c PA 0+10 ts 1/9", "200 c PA 0+10 ts 201/9", "201 s A ack 10 ts 8/1",
            "300 c PA 10+10 ts 301/8", "320 s A ack 20 ts 8/301",
        ))  # fmt: skip
        assert found.far[0] == 20 * MS

    def test_ack_captured_before_its_data(self) -> None:
        """A capture of two queues: the ack stands before the segment, or has an earlier time."""
        assert position(trace("5 s A ack 10 ts 3/7", "5.01 c PA 0+10 ts 7/2")).far == (None, None)
        assert position(trace("5.01 c PA 0+10 ts 7/2", "5 s A ack 10 ts 3/7")).far == (None, None)

    def test_clock_set_back_between(self) -> None:
        """The segment at 100 ms, its ack at what is then called 50: a frame between them shows the step."""
        found = position(
            trace("100 c PA 0+10", "40 c PA 10+10", "50 s A ack 10", "70 s A ack 20", "80 c PA 20+10", "95 s A ack 30")
        )
        assert found.far[0] == 15 * MS

    def test_echo_of_zero(self) -> None:
        assert position(trace("0 c A 0+10 ts 0/0", "1 s A ack 0 ts 5/0")).far == (None, None)

    def test_reset_made_up_on_the_path(self) -> None:
        assert position(trace("0 c PA 0+10 ts 7/1", "0.1 s RA ack 10 ts 1/7")).far == (None, None)

    def test_repeated_syn_answered_with_the_time_stamp_of_the_first(self) -> None:
        """It bounds nothing: not the shortest way (it is 1 s too long), and the second SYN is not echoed."""
        found = position(trace("0 c S ts 1000/0", "1000 c S ts 2000/0", "1020 s SA ts 5/1000"))
        assert found.far == (None, None)


def test_time_stamps_wrap() -> None:
    end = (1 << 32) - 1
    found = position(trace(
        f"0 c A ts {end}/5", f"20 s A ts 6/{end}", f"20.1 c A ts {end}/6", "21 c A ts 1/6", "40 s A ts 7/1",
    ))  # fmt: skip
    assert found.far == (19 * MS, 100_000)


@pytest.mark.skipif(not REFERENCE, reason="ANALYZER_REFERENCE is not set")
@pytest.mark.parametrize("path", sorted(Path(REFERENCE or "", "tcp-lab").glob("*.pcap")), ids=lambda path: path.stem)
def test_both_ends_of_real_connections(path: Path) -> None:
    """The network delays by 0.3, 10 or 100 ms each way; the forwarder and the stacks add up to 1 ms."""
    (connection,) = traces(path)
    found = position(connection)
    at_client = path.stem.endswith(".A")
    near, far = found.near[connection.client], found.far[connection.client]
    if not at_client:
        near, far = far, near
    assert near is not None and near < 100_000
    delay = 0.6 if "_lan_" in path.stem else 200 if "_wan_" in path.stem else 20
    assert far is not None and delay * MS <= far < (delay + 1) * MS
    assert found.place == ("client" if at_client else "server")
