"""What became of attempts to connect, and what was counted of their handshakes."""

from __future__ import annotations

import pytest

from analyzer.journey.outcome import UNDECIDED
from tests.journey.spoken import Spoken, alert, finished, hello, raw, record, server_hello

DAY = 86_400_000


def outcome(*lines: str, latest: float | None = DAY) -> str:
    spoken = Spoken()
    for line in lines:
        spoken.line(line)
    return spoken.connection(latest).outcome


OPEN = ("0 c S", "20 s SA", "20 c A")


def test_established() -> None:
    assert outcome(*OPEN) == "established", "nobody said anything, and nobody had to"
    assert outcome(*OPEN, "21 c PA 0+10", "41 s PA 0+10 ack 10", "42 c R") == "established", "it had its answer"
    assert outcome(*OPEN, "21 c PA 0+10", "41 s PA 0+10 ack 10", "42 s RA") == "established"
    assert outcome(*OPEN, "21 c FA", "41 s FA ack 1", "42 c R") == "established", "after both FINs it means nothing"
    assert outcome("20 s SA", "20 c A", "21 c PA 0+10") == "established", "only the SYN is missing"
    assert outcome("0 c S", "20 c A", "21 c PA 0+10") == "established", "only one direction was captured"


def test_mid_capture() -> None:
    assert outcome("0 c PA 0+10", "20 s PA 0+10 ack 10") == "mid_capture"
    assert outcome("0 c PA 0+10", "20 s R") == "mid_capture"


def test_refused() -> None:
    assert outcome("0 c S", "20 s RA ack 0") == "refused"
    assert outcome("0 c S", "20 s RA ack 0", "520 c S", "540 s RA ack 0") == "refused"
    assert outcome("0 c S", "20 s SA", "20 s RA ack 0") == "reset", "it was accepted before"


def test_timeout() -> None:
    assert outcome("0 c S", "1000 c S", "3000 c S", latest=3000) == "timeout"
    assert outcome("0 c S", latest=1000) == "timeout"
    assert outcome("0 c S", latest=999) == UNDECIDED, "the answer may still have been on its way"
    assert outcome("0 c S", "20 s SA", "1020 s SA", latest=1020) == "timeout", "the client never answered"
    assert outcome("0 c S", "20 s SA", latest=1019) == UNDECIDED
    assert outcome("0 c S", "0.1 c S", "5000 c R") == "timeout", "the client had waited long enough"
    assert outcome("0 c S", "5000 c R") == "timeout"


def test_reset() -> None:
    assert outcome("0 c S", "300 c R") == "reset", "the client did not want it any more"
    assert outcome("0 c S", "20 s SA", "20 c R") == "reset"
    assert outcome(*OPEN, "40 s R") == "reset"
    assert outcome(*OPEN, "21 c PA 0+10", "41 s RA ack 10") == "reset", "the request was not answered"


def secured() -> Spoken:
    return Spoken().opened().send(21, "c", hello()).send(41, "s", server_hello(), record(32), record(53))


def test_tls_alert() -> None:
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", alert(40))
    assert spoken.connection(DAY).outcome == "tls_alert"
    assert spoken.line("42 c R").connection(DAY).outcome == "tls_alert", "that is why it was reset"
    warned = Spoken().opened().send(21, "c", hello()).send(41, "s", alert(112, level=1), server_hello())
    assert warned.connection(DAY).outcome == "tls_incomplete", "a warning ends nothing"


def test_tls_alert_of_the_client_is_encrypted_in_tls_1_3() -> None:
    spoken = secured().send(42, "c", finished(19))
    connection = spoken.connection(DAY)
    assert connection.outcome == "tls_alert"
    assert connection.secured is not None
    assert (connection.secured.alert, connection.secured.finished) == (("client", -1), None)
    assert secured().send(42, "c", finished(53)).connection(DAY).outcome == "established"


def test_tls_incomplete() -> None:
    assert Spoken().opened().send(21, "c", hello()).connection(DAY).outcome == "tls_incomplete"
    assert secured().connection(DAY).outcome == "tls_incomplete"


def test_tls_that_the_capture_cut_off() -> None:
    spoken = Spoken().opened().send(21, "c", hello())
    assert spoken.connection(1020).outcome == UNDECIDED, "the answer may still have been on its way"
    assert spoken.connection(1021).outcome == "tls_incomplete"
    assert secured().connection(41).outcome == UNDECIDED
    spoken = Spoken().opened().send(21, "c", hello()).line("521 c PA 0+517").line("1021 c PA 0+517")
    assert spoken.connection(1021).outcome == "tls_incomplete", "it was asked again long enough"
    spoken = Spoken().opened().send(21, "c", hello()).line("41 s FA ack 517")
    assert spoken.connection(41).outcome == "tls_incomplete", "nothing more will come"


def test_reset_in_tls() -> None:
    assert Spoken().opened().send(21, "c", hello()).line("41 s RA").connection(DAY).outcome == "reset"
    spoken = secured().send(42, "c", finished(), record(90))
    assert spoken.line("62 s RA").connection(DAY).outcome == "reset", "the request was not answered"
    spoken = secured().send(42, "c", finished(), record(90)).send(62, "s", record(400))
    assert spoken.line("63 c R").connection(DAY).outcome == "established"


@pytest.mark.parametrize(
    ("lines", "syns", "synacks"),
    [
        (OPEN, 1, 1),
        (("0 c S", "1000 c S", "1020 s SA", "1020 c A"), 2, 1),
        (("0 c S ipid 7", "0.03 c S ipid 7", "20 s SA", "20 c A"), 1, 1),  # the capture saw it twice
        (("0 c S", "20 s SA", "1020 s SA", "1020 c A"), 1, 2),
    ],
)
def test_repeats_count_and_copies_do_not(lines: tuple[str, ...], syns: int, synacks: int) -> None:
    spoken = Spoken()
    for line in lines:
        spoken.line(line)
    opened = spoken.connection().opened
    assert (opened.syn_count, opened.synack_count) == (syns, synacks)
    assert opened.connect_ns is not None


def test_the_ack_that_completes_it() -> None:
    opened = Spoken().line("0 c S").line("1000 c S").line("1020 s SA").line("1021 c A").line("1022 c A").connection().opened
    assert opened.ack is not None
    assert (opened.ack.frame, opened.connect_ns) == (4, 1_021_000_000)
    opened = Spoken().line("0 c S").line("20 s SA").line("21 c RA").connection().opened
    assert opened.ack is None
    opened = Spoken().line("0 c S").line("20 c A").line("30 s A").connection().opened
    assert opened.ack is None, "the server was captured, and no SYN/ACK of it"


def test_who_reset() -> None:
    opened = Spoken().opened().send(21, "c", raw(10)).line("41 s RA ack 10").line("42 c R").connection().opened
    assert opened.reset is not None
    assert (opened.reset.frame, opened.reset_by) == (5, "server")


def test_a_gap_may_hide_the_finished() -> None:
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", server_hello(version=0x0303))
    spoken.send(42, "c", raw(120)).send(62, "s", raw(50))
    assert spoken.connection(DAY).outcome == "tls_incomplete"
    assert spoken.send(63, "c", raw(200)).connection(DAY).outcome == "established"


def test_certificate_of_the_client_refused() -> None:
    """In TLS 1.3 the client has sent its request by then."""
    asked = secured().send(42, "c", finished(25), record(53), record(90))
    assert asked.connection(DAY).outcome == "established"
    connection = asked.send(62, "s", record(19)).connection(DAY)
    assert connection.outcome == "tls_alert"
    assert connection.secured is not None and connection.secured.alert == ("server", -1)
    welcome = secured().send(42, "c", finished(25), record(53), record(90)).send(62, "s", record(250)).send(90, "s", record(19))
    assert welcome.connection(DAY).outcome == "established", "it sent a ticket: that was close_notify"
    plain = secured().send(42, "c", finished(53), record(90)).send(62, "s", record(19))
    assert plain.connection(DAY).outcome == "established", "nobody asked for a certificate"
