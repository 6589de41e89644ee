"""Results that are kept: asked for again they are not made again, and they take limited memory."""

from __future__ import annotations

from analyzer.dissect.application.x509.remembered import MAX_SIZE, remembered


def test_kept_by_size() -> None:
    made = []

    @remembered(lambda result, name: len(result))
    def make(name: str) -> bytes:
        made.append(name)
        return bytes(MAX_SIZE // 4)

    assert make("a") is make("a") and made == ["a"]
    for name in "bcd":
        make(name)
    make("e")  # begins another lot: those before are the older ones
    make("a")  # still there, and kept on with the new ones
    for name in "fghi":
        make(name)
    assert made == [*"abcdefghi"]
    make("a")
    make("b")
    assert made[9:] == ["b"]


def test_what_is_larger_than_all() -> None:
    made = []

    @remembered(lambda result, name: result)
    def make(name: str) -> int:
        made.append(name)
        return 2 * MAX_SIZE

    for name in "abab":
        make(name)
    assert made == ["a", "b"]
    for name in "cdea":
        make(name)
    assert made == [*"abcdea"]


def test_nothing_is_a_result() -> None:
    made = []

    @remembered(lambda result, one, other: 1)
    def make(one: int, other: int) -> None:
        made.append((one, other))

    for _ in range(3):
        assert make(1, 2) is None  # type: ignore[func-returns-value]
    assert made == [(1, 2)]
