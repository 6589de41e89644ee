"""The frames that differ, opened with pyshark: tshark's own words for them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from .difference import Difference
from .tshark import Tshark

MAX_FRAMES: Final = 10  #: opened of one capture


@contextmanager
def _profile(tshark: Tshark) -> Iterator[None]:
    """pyshark hands its own environment to tshark; there is no other way to give it a profile."""
    name = "WIRESHARK_CONFIG_DIR"
    before = os.environ.get(name)
    os.environ[name] = tshark.environment[name]
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def look(tshark: Tshark, capture: str, differences: Iterable[Difference]) -> None:
    """Put tshark's line about it into each difference of the first MAX_FRAMES frames."""
    import pyshark

    wanted: dict[int, list[Difference]] = {}
    for difference in differences:
        if difference.frame in wanted or len(wanted) < MAX_FRAMES:
            wanted.setdefault(difference.frame, []).append(difference)
    if not wanted:
        return
    display_filter = "frame.number in {" + ",".join(map(str, sorted(wanted))) + "}"
    with (
        _profile(tshark),
        pyshark.FileCapture(
            capture, display_filter=display_filter, keep_packets=False, custom_parameters=["-c", str(max(wanted))]
        ) as packets,
    ):
        for packet in packets:
            for difference in wanted.get(int(packet.number), ()):
                difference.words = _words(packet, difference.field)


def _words(packet: Any, field: str) -> str:
    """What the detail tree says of a field; what its expert says of the layer where the field is absent."""
    protocol, _, rest = field.partition(".")
    lines: list[str] = []
    for layer in packet.layers:
        if layer.layer_name != protocol:
            continue
        found = layer.get_field(rest.replace(".", "_")) if rest else None
        if found is not None:
            lines.extend(str(one.showname or one.show) for one in found.all_fields)
        elif (expert := layer.get_field("_ws_expert_message")) is not None:
            lines.extend(str(one.showname or one.show) for one in expert.all_fields)
    return "; ".join(dict.fromkeys(lines))
