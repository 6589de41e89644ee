"""A packet as rows for machines: one for each layer."""

from __future__ import annotations

from typing import Any, Final

from analyzer.flow.meaning import boolean, frame, integer, listing, text

from .layer import FRAME, Layer

KEYS: Final = {
    "frame": frame("the frame"),
    "layer": integer("position of the layer, from 0: the frame itself"),
    "protocol": text("Wireshark's name of it; data: bytes that nobody dissects"),
    "by": text("who took it apart: analyzer, scapy or tshark"),
    "offset": integer("of its first byte, in the frame or (if reassembled) in the datagram; null: it is a message", "bytes"),
    "length": integer("of its own bytes, without what it carries", "bytes"),
    "bytes": text("these, in hex; secrets are masked"),
    "reassembled": boolean("its bytes are those of a datagram that came in fragments"),
    "quoted": boolean("an ICMP error quotes it"),
    "fault": text("what is wrong with it, null: nothing"),
    "notes": listing("the same and more, in sentences"),
    "fields": text("an object: name -> value; of a message, its row"),
}


def rows(layers: list[Layer], number: int) -> list[dict[str, Any]]:
    """The rows of one packet."""
    return [_row(layer, index, number) for index, layer in enumerate(layers)]


def _row(layer: Layer, index: int, number: int) -> dict[str, Any]:
    has_bytes = layer.row is None and layer.protocol != FRAME
    fields: dict[str, Any] = {}
    for value in layer.values:
        content = value.text if value.value is None else value.value
        if value.name in fields:  # tshark and scapy have fields that repeat
            before = fields[value.name]
            fields[value.name] = [*before, content] if isinstance(before, list) else [before, content]
        else:
            fields[value.name] = content
    return {
        "frame": number,
        "layer": index,
        "protocol": layer.protocol,
        "by": layer.by,
        "offset": layer.offset if has_bytes else None,
        "length": len(layer.data) if has_bytes else None,
        "bytes": layer.data.hex() if has_bytes else None,
        "reassembled": layer.reassembled,
        "quoted": layer.quoted,
        "fault": layer.fault or None,
        "notes": [note.sentence for note in layer.notes],
        "fields": fields if layer.row is None else layer.row,
    }
