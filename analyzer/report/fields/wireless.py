"""Fields of IEEE 802.11 frames (IEEE 802.11-2020 clause 9.2.4)."""

from __future__ import annotations

import numpy as np

from analyzer.batch import Column, Table

from .field import Extract, Field, Layer
from .kinds import BOOLEAN, INTEGER, MAC
from .view import Occurrences, View, read

MANAGEMENT, DATA = 0, 2  #: frame types that name the stations at both ends
TO_DS, FROM_DS = 0x01, 0x02
ADDRESS_1, ADDRESS_2, ADDRESS_3, ADDRESS_4 = 4, 10, 16, 24  #: where they stand


def _control(_: View, table: Table) -> Column:
    keep: Column = table["end"] - table["at"] >= 2
    return keep


def _receiver(_: View, table: Table) -> Column:
    keep: Column = table["end"] - table["at"] >= ADDRESS_2
    return keep


def _addressed(view: View, table: Table) -> Column:
    """Management and data frames with all their addresses."""
    size = table["end"] - table["at"]
    keep = size >= ADDRESS_4
    at = table["at"][keep]
    bridged = read(view, at, 1, 1) & (TO_DS | FROM_DS) == TO_DS | FROM_DS
    kind = read(view, at, 0, 1) >> 2 & 3
    keep[keep] = ((kind == DATA) | (kind == MANAGEMENT)) & ~(bridged & (size[keep] < ADDRESS_4 + 6))
    whole: Column = keep
    return whole


def _end(layer: Layer, source: bool) -> Extract:
    """The station that a frame comes from or goes to: the flags say which address that is."""
    positions = layer.stored("at")

    def extract(view: View) -> Occurrences:
        row, at, quoted, _ = positions(view)
        flags = read(view, at, 1, 1)
        to, of = flags & TO_DS != 0, flags & FROM_DS != 0
        place = np.where(of, np.where(to, ADDRESS_4, ADDRESS_3), ADDRESS_2) if source else np.where(to, ADDRESS_3, ADDRESS_1)
        at = at + place
        return Occurrences(row, read(view, at, 0, 2).astype(np.int64) << 32 | read(view, at, 2, 4), quoted)

    return extract


_frame, _short, _whole = Layer("wlan", _control), Layer("wlan", _receiver), Layer("wlan", _addressed)

FIELDS = (
    Field("wlan.fc.type", INTEGER, "0 management, 1 control, 2 data", _frame.octets(0, 1, 0x0C, 2)),
    Field("wlan.fc.subtype", INTEGER, "Kind of frame within the type", _frame.octets(0, 1, 0xF0, 4)),
    Field("wlan.fc.retry", BOOLEAN, "Sent again", _frame.octets(1, 1, 0x08, 3)),
    Field("wlan.fc.protected", BOOLEAN, "Encrypted", _frame.octets(1, 1, 0x40, 6)),
    Field("wlan.ra", MAC, "Receiver", _short.mac(ADDRESS_1)),
    Field("wlan.sa", MAC, "Station that it comes from", _end(_whole, True)),
    Field("wlan.da", MAC, "Station that it goes to", _end(_whole, False)),
)
