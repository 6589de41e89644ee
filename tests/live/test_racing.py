"""Which connections may have raced against an attempt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from analyzer.journey.race import MOST_TOGETHER
from analyzer.live import racing
from analyzer.live.racing import RACING_NS, Racing


def attempt(stream: int, server: str, name: str = "shop.example", ns: int = 0, client: str = "10.0.0.1") -> Any:
    return SimpleNamespace(stream=stream, server=server, syn_ns=ns, lookup=SimpleNamespace(client=client, name=name))


def against(known: Racing, one: Any) -> list[Any]:
    return list(known.against(one))


def test_another_address_of_the_same_name_for_the_same_client() -> None:
    known = Racing()
    known.add(attempt(1, "2001:db8::1"), "six")  # type: ignore[arg-type]
    assert against(known, attempt(2, "192.0.2.1", "Shop.Example")) == ["six"]
    assert against(known, attempt(2, "2001:db8::1")) == []
    assert against(known, attempt(2, "192.0.2.1", "other.example")) == []
    assert against(known, attempt(2, "192.0.2.1", client="10.0.0.2")) == []
    assert against(known, attempt(2, "192.0.2.1", ns=RACING_NS)) == []


def test_of_a_connection_the_latest_counts() -> None:
    known = Racing()
    known.add(attempt(1, "192.0.2.1"), "early")  # type: ignore[arg-type]
    known.add(attempt(1, "192.0.2.1"), "late")  # type: ignore[arg-type]
    assert against(known, attempt(2, "192.0.2.2")) == ["late"]


def test_all_of_it_is_capped() -> None:
    known = Racing()
    for stream in range(MOST_TOGETHER + 3):
        known.add(attempt(stream, "192.0.2.1"), stream)  # type: ignore[arg-type]
    assert against(known, attempt(99, "192.0.2.2")) == list(range(3, MOST_TOGETHER + 3))
    for number in range(racing.MOST_ATTEMPTS):
        known.add(attempt(100 + number, "192.0.2.1", f"n{number}.example"), number)  # type: ignore[arg-type]
    assert against(known, attempt(99, "192.0.2.2")) == []
