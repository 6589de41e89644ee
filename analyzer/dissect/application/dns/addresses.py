"""The addresses that a response gives to the names that were asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .code_points import AAAA, CNAME, A
from .names import ROOT
from .parser import parse

MAX_ALIASES: Final = 16  #: CNAME records from an address back to the question
CLASS_INTERNET: Final = 1
CLASS_MASK: Final = 0x7FFF
#: (type, has a dot, has a colon): data of another length is hex
ADDRESSES: Final = ((A, True, False), (AAAA, False, True), (AAAA, True, True))


def addresses(message: bytes) -> Iterator[tuple[str, str]]:
    """(address, the name that was asked for) of each A and AAAA record in a response without an error."""
    content = parse(message, multicast=True)
    if not content.response or content.rcode:
        return
    records = [*content.answers, *content.authorities, *content.additionals]
    internet = [record for record in records if record["class"] & CLASS_MASK == CLASS_INTERNET and record["data"]]
    alias: dict[str, str] = {}
    for record in internet:
        if record["type"] == CNAME:
            alias.setdefault(record["data"].lower(), record["name"])
    for record in internet:
        if (record["type"], "." in record["data"], ":" in record["data"]) not in ADDRESSES:
            continue
        name = record["name"]
        for _ in range(MAX_ALIASES):
            if name.lower() not in alias:
                break
            name = alias[name.lower()]
        if name != ROOT:
            yield record["data"], name
