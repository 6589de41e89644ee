# cython: language_level=3
"""DNS messages as rows: what was asked and answered, which query belongs to which response, and what a name led to at last."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import cython

from analyzer.dissect.application.dns.code_points import AAAA, CNAME, FLAGS, OPCODES, RCODES, A
from analyzer.dissect.application.dns.message import Content, Record
from analyzer.flow.application.rows import PLACED, Row, Shared
from analyzer.flow.application.transactions import Transactions
from analyzer.flow.meaning import boolean, frame, integer, listing, mapping, text, time

KEYS: Final = {
    **PLACED,
    "transport": text("udp or tcp"),
    "protocol": text("dns, mdns (multicast DNS) or llmnr, by the port"),
    "client": text("address of the host that asked"),
    "client_port": integer("its port"),
    "server": text("address that was asked, or that answered"),
    "server_port": integer("its port"),
    "id": integer("of the message; null: cut off"),
    "response": boolean("a response; else a query; null: cut off"),
    "opcode": integer("0 query, 4 notify, 5 update; others as registered at IANA; null: cut off"),
    "opcode_name": text("its name; absent: a query"),
    "rcode": integer("of a response: 0 no error, 2 server failure, 3 no such name, 5 refused ...; null in queries"),
    "rcode_name": text("its name, of the extended one where EDNS has more bits of it"),
    "flags": listing(f"those that are set: {', '.join(name for _, name in FLAGS)}"),
    "questions": listing("objects with name, type, type_name, class; unicast_response where multicast DNS asks for that"),
    "answers": listing("records: name, type, type_name, class, ttl (seconds), data; cache_flush where multicast DNS says so"),
    "authorities": listing("records"),
    "additionals": listing("records; the OPT record has no data: see edns"),
    "edns": mapping("udp_size, version, do, extended_rcode and the options; absent: the message has no OPT record"),
    "malformed": text("what cannot be read, and where; absent: nothing"),
    "query_frame": frame("the query that a response answers, the first one where it was repeated; null: not captured"),
    "response_time_ns": time("from that query to its first response"),
    "retransmission": boolean("a repeated query that has no answer yet, or a repeated response"),
    "repeats_frame": frame("the first of the equal messages that this one repeats"),
    "cname_chain": listing("names that the name asked for is an alias of, in turn"),
    "addresses": listing("addresses that the answers give to the name asked for, at the end of the chain"),
    "truncated_frame": frame("the truncated answer over UDP that made the client ask again over TCP"),
    "retry_cost_ns": time("from that answer to the one over TCP"),
}  # fmt: skip

MAX_CHAIN: Final = 16  #: aliases that are followed

RESPONSE = cython.declare(cython.int, 0x8000)
TRUNCATED = cython.declare(cython.int, 0x0200)
TYPE_A = cython.declare(cython.int, A)
TYPE_AAAA = cython.declare(cython.int, AAAA)
TYPE_CNAME = cython.declare(cython.int, CNAME)
TRANSFERS: Final = frozenset((251, 252))  #: IXFR, AXFR


@cython.cclass
class _Said:
    """What follows from a content alone."""

    shared: Any
    asked: bytes  #: the questions, in lower case
    response: cython.bint
    truncated: cython.bint
    transfer: cython.bint  #: of a zone, which takes several responses

    def __init__(self, content: Content) -> None:
        flags: cython.int = content.flags or 0
        self.response = flags & RESPONSE != 0
        self.truncated = flags & TRUNCATED != 0
        self.asked = content.asked.lower()
        self.transfer = _is_transfer(content.questions)
        self.shared = Shared(_shared(content))


@cython.cclass
class Rows:
    """Messages in the order in which they were completed. Lists and objects in their rows are shared: nobody changes them.

    most: transactions that are remembered; None: MAX_TRANSACTIONS.
    """

    _transactions: Any

    def __init__(self, show_secrets: bool = False, most: int | None = None) -> None:
        self._transactions = Transactions(most)

    def rows(self, message: Any) -> Iterable[Row]:
        """One row of a DnsMessage."""
        row, shared = self.parts(message)
        row.update(shared)
        return (row,)

    def parts(self, message: Any) -> tuple[Row, Shared]:
        """That row in two parts: its own, and the one that it shares with rows of other messages."""
        origin, first, last, content = message.origin, message.first, message.last, message.content
        said: _Said | None = content.derived
        if said is None:
            said = content.derived = _Said(content)
        direction: cython.int = message.direction
        number = message.id
        cut: cython.bint = content.flags is None
        asking: cython.int = origin.client if cut else direction ^ said.response
        addresses, ports, transport, protocol = origin.addresses, origin.ports, origin.transport, message.protocol
        client, server = addresses if not asking else (addresses[1], addresses[0])
        client_port, server_port = ports if not asking else (ports[1], ports[0])
        complete, last_frame, last_ns = message.complete, last.frame, last.time
        row: Row = {  # beginning with what rows.placed() gives, at once: these are many
            "frame": last_frame if complete else None,
            "first_frame": first.frame,
            "last_frame": last_frame,
            "time_ns": last_ns,
            "first_time_ns": first.time,
            "stream": origin.stream,
            "direction": "client" if direction == asking else "server",
            "complete": complete,
            "transport": transport,
            "protocol": protocol,
            "client": client,
            "client_port": client_port,
            "server": server,
            "server_port": server_port,
            "id": number,
            "retransmission": False,
        }
        if last.file >= 0:
            row["file"], row["frame_in_file"] = last.file, last.frame_in_file
        if not cut:
            key: cython.longlong = origin.stream
            key = key << 17 | (transport == "tcp") << 16 | cython.cast(cython.int, number)
            if said.response:
                self._transactions.response(row, key, said.asked, said.truncated, said.transfer)
            else:
                self._transactions.query(row, key, said.asked)
        return row, said.shared


def _shared(content: Content) -> Row:
    word, edns = content.flags, content.edns
    flags = word or 0
    response = flags & RESPONSE != 0
    opcode = flags >> 11 & 0xF
    row: Row = {
        "response": None if word is None else response,
        "opcode": None if word is None else opcode,
        "rcode": flags & 0xF if response else None,
        "flags": [name for bit, name in FLAGS if flags & bit],
        "questions": content.questions,
        "answers": content.answers,
        "authorities": content.authorities,
        "additionals": content.additionals,
    }
    if opcode:
        row["opcode_name"] = OPCODES.get(opcode) or f"OPCODE{opcode}"
    if edns is not None:
        row["edns"] = edns
    if response:
        rcode = flags & 0xF | (0 if edns is None else edns["extended_rcode"] << 4)
        row["rcode_name"] = RCODES.get(rcode) or f"RCODE{rcode}"
        if content.answers:
            _resolve(row, content.questions, content.answers)
    if content.malformed:
        row["malformed"] = content.malformed
    return row


def _is_transfer(questions: Sequence[Record]) -> bool:
    """Further messages of a zone transfer need not repeat the question."""
    return not questions or questions[0]["type"] in TRANSFERS


@cython.cfunc
def _resolve(row: Row, questions: Sequence[Record], answers: Sequence[Record]) -> None:
    """Follow the aliases from the name asked for to its addresses."""
    if len(questions) != 1:
        return
    name = questions[0]["name"].lower()
    aliases: dict[str, str] = {}
    for record in answers:
        if record["type"] == TYPE_CNAME and record["data"]:
            aliases[record["name"].lower()] = record["data"]
    if aliases:
        chain: list[str] = []
        while name in aliases and len(chain) < MAX_CHAIN:
            chain.append(aliases[name])
            name = chain[len(chain) - 1].lower()
        if chain:
            row["cname_chain"] = chain
    addresses: list[str] = []
    for record in answers:
        kind: cython.int = record["type"]
        if kind in (TYPE_A, TYPE_AAAA) and record["name"].lower() == name and record["data"]:
            addresses.append(record["data"])
    if addresses:
        row["addresses"] = addresses
