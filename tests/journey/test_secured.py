"""The TLS handshake: its frames, and what it says of the connection."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.journey.connection import Secured
from tests.journey.spoken import AES_256, Spoken, certificate, finished, hello, raw, record, server_hello


def tls(spoken: Spoken) -> Secured:
    made = spoken.connection().secured
    assert made is not None
    return made


def frames(made: Secured) -> tuple[int | None, ...]:
    places = (made.client_hello, made.server_hello, made.finished)
    return tuple(None if place is None else place.frame for place in places)


def before_1_3(resumed: bool, **more: Any) -> Spoken:
    """Both Finished; the server's comes later, unless it is resumed."""
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", server_hello(version=0x0303, resumed=resumed), **more)
    if resumed:
        return spoken.send(41.1, "s", finished(40)).send(42, "c", finished(40))
    return spoken.send(42, "c", raw(93), finished(40)).send(62, "s", finished(40))


def test_tls_1_2() -> None:
    made = tls(before_1_3(False))
    assert frames(made) == (4, 5, 7)
    assert made.finished is not None and made.finished.time - made.begin.time == 41_000_000


def test_tls_1_2_resumed() -> None:
    made = tls(before_1_3(True))
    assert (frames(made), made.resumed) == ((4, 5, 7), True)


def test_one_finished_is_not_all() -> None:
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", server_hello(version=0x0303)).send(42, "c", finished(40))
    assert tls(spoken).finished is None


def of_1_3(*last: Any, suite: int = 0x1301, **more: Any) -> Spoken:
    spoken = Spoken().opened().send(21, "c", hello(**more))
    return spoken.send(41, "s", server_hello(cipher_suite=suite), record(32), record(900)).send(42, "c", *last)


def test_tls_1_3() -> None:
    made = tls(of_1_3(finished(53)))
    assert (frames(made), made.client_certificate) == ((4, 5, 6), False)


def test_client_certificate_in_tls_1_3() -> None:
    spoken = of_1_3(finished(900), suite=AES_256).send(42.5, "c", record(281), record(69)).send(43, "c", record(69))
    made = tls(spoken)
    assert (frames(made), made.client_certificate) == ((4, 5, 7), True)
    made = tls(of_1_3(finished(25), record(53)))
    assert (frames(made), made.client_certificate) == ((4, 5, 6), False), "an empty one: it had none"


def test_one_record_for_the_whole_flight() -> None:
    made = tls(of_1_3(finished(1300), record(120)))
    assert (frames(made), made.client_certificate) == ((4, 5, 6), True)


def test_client_certificate_in_the_clear() -> None:
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", server_hello(version=0x0303), certificate())
    assert not tls(spoken).client_certificate, "that was the server's"
    assert tls(spoken.send(42, "c", certificate())).client_certificate


def test_hello_retry_request() -> None:
    spoken = Spoken().opened().send(21, "c", hello()).send(41, "s", server_hello(hello_retry_request=True))
    spoken.send(42, "c", hello()).send(62, "s", server_hello(), record(32)).send(63, "c", finished())
    made = tls(spoken)
    assert frames(made) == (4, 7, 8), "the first ClientHello counts"
    assert made.hello_retry is not None and made.hello_retry.frame == 5
    assert spoken.send(63, "c", record(90)).connection().round_trips == 3


def test_early_data() -> None:
    spoken = Spoken().opened().send(21, "c", hello(early_data=True), raw(120))
    spoken.send(41, "s", server_hello(resumed=True, pre_shared_key=True), record(32), record(53))
    made = tls(spoken.send(42, "c", record(53)))
    assert (made.early_data, frames(made)) == (True, (4, 5, 6))


@pytest.mark.parametrize(("begin", "first"), [(True, 4), (False, None)])
def test_what_came_before(begin: bool, first: int | None) -> None:
    spoken = Spoken().opened()
    if begin:
        spoken.send(21, "s", raw(20)).send(22, "c", raw(10)).send(42, "s", raw(30))
    place = spoken.send(43, "c", hello()).connection().before_tls
    assert (None if place is None else place.frame) == first
