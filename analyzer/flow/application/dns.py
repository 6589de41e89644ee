# cython: language_level=3
"""DNS messages as rows: what was asked and answered, which query belongs to which response, and what a name led to at last."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import cython

from analyzer.dissect.application.dns.code_points import AAAA, CNAME, FLAGS, OPCODES, RCODES, A
from analyzer.dissect.application.dns.message import Record
from analyzer.flow.application.rows import PLACED, Row
from analyzer.flow.application.transactions import Transaction, Transactions
from analyzer.flow.meaning import boolean, frame, integer, listing, text, time

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
    "edns": text("object: udp_size, version, do, extended_rcode and the options; absent: the message has no OPT record"),
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
MAX_FLAGS: Final = 4_096  #: words of flags whose names are kept

RESPONSE = cython.declare(cython.int, 0x8000)
TRUNCATED = cython.declare(cython.int, 0x0200)
TYPE_A = cython.declare(cython.int, A)
TYPE_AAAA = cython.declare(cython.int, AAAA)
TYPE_CNAME = cython.declare(cython.int, CNAME)
TRANSFERS: Final = frozenset((251, 252))  #: IXFR, AXFR

_flags = cython.declare(dict, {})  #: flags -> their names
_rcodes = cython.declare(dict, RCODES)


@cython.cclass
class Rows:
    """Messages in the order in which they were completed."""

    _transactions: Any

    def __init__(self, show_secrets: bool = False) -> None:
        self._transactions = Transactions()

    def rows(self, message: Any) -> Iterable[Row]:
        """One row of a DnsMessage."""
        origin, first, last, content = message.origin, message.first, message.last, message.content
        word = content.flags
        flags: cython.int = word or 0
        response: cython.bint = flags & RESPONSE != 0
        direction: cython.int = message.direction
        asking: cython.int = origin.client if word is None else direction ^ response
        opcode: cython.int = flags >> 11 & 0xF
        complete = message.complete
        addresses, ports, last_frame, last_ns = origin.addresses, origin.ports, last.frame, last.time
        row: Row = {  # beginning with what rows.placed() gives, at once: these are many
            "frame": last_frame if complete else None,
            "first_frame": first.frame,
            "last_frame": last_frame,
            "time_ns": last_ns,
            "first_time_ns": first.time,
            "stream": origin.stream,
            "direction": "client" if direction == asking else "server",
            "complete": complete,
            "transport": origin.transport,
            "protocol": message.protocol,
            "client": addresses[asking],
            "client_port": ports[asking],
            "server": addresses[1 - asking],
            "server_port": ports[1 - asking],
            "id": content.id,
            "response": None if word is None else response,
            "opcode": None if word is None else opcode,
            "rcode": flags & 0xF if response else None,
            "flags": _flags.get(flags) or _named(flags),
            "questions": content.questions,
            "answers": content.answers,
            "authorities": content.authorities,
            "additionals": content.additionals,
            "retransmission": False,
        }
        if last.file >= 0:
            row["file"], row["frame_in_file"] = last.file, last.frame_in_file
        if opcode:
            row["opcode_name"] = OPCODES.get(opcode) or f"OPCODE{opcode}"
        edns = content.edns
        if edns is not None:
            row["edns"] = edns
        if response:
            rcode: cython.int = flags & 0xF
            if edns is not None:
                rcode |= edns["extended_rcode"] << 4
            row["rcode_name"] = _rcodes.get(rcode) or f"RCODE{rcode}"
        if content.malformed:
            row["malformed"] = content.malformed
        if word is not None:
            key: Any = origin.stream << 17 | (origin.transport == "tcp") << 16 | content.id
            if response:
                self._response(row, key, content.asked, flags)
                if content.answers:
                    _resolve(row, content.questions, content.answers)
            else:
                self._query(row, key, content.asked)
        return (row,)

    @cython.cfunc
    def _query(self, row: Row, key: Any, asked: bytes) -> None:
        transaction, repeated = self._transactions.query(key, asked, row["last_frame"], row["time_ns"])
        if repeated:
            row["retransmission"] = True
            row["repeats_frame"] = transaction.frame
            return
        if row["transport"] == "tcp":
            self._transactions.retried(row["client"], row["server"], transaction)
            if transaction.truncated_frame:
                row["truncated_frame"] = transaction.truncated_frame
        if row["protocol"] != "dns":  # it went to many, and each of them may answer
            anybody = (row["client"], row["client_port"], row["id"])
            self._transactions.query(anybody, asked, row["last_frame"], row["time_ns"])

    @cython.cfunc
    def _response(self, row: Row, key: Any, asked: bytes, flags: cython.int) -> None:
        transaction: Transaction | None = self._transactions.response(key, asked)
        if transaction is None and row["protocol"] != "dns":
            transaction = self._transactions.response((row["client"], row["client_port"], row["id"]), asked)
        if flags & TRUNCATED and row["transport"] == "udp":
            self._transactions.truncated(row["client"], row["server"], asked, row["last_frame"], row["time_ns"])
        row["query_frame"] = None
        if transaction is None:
            return
        row["query_frame"] = transaction.frame
        if not transaction.answer_frame:
            transaction.answer_frame = row["last_frame"]
            row["response_time_ns"] = row["time_ns"] - transaction.time
            if transaction.truncated_frame:
                row["truncated_frame"] = transaction.truncated_frame
                row["retry_cost_ns"] = row["time_ns"] - transaction.truncated_time
        elif row["transport"] == "udp" or not _is_transfer(row["questions"]):
            row["retransmission"] = True
            row["repeats_frame"] = transaction.answer_frame


@cython.cfunc
def _named(flags: cython.int) -> list[str]:
    """The names of the flags that are set; equal lists may be one object."""
    if len(_flags) >= MAX_FLAGS:
        _flags.clear()
    names = _flags[flags] = [name for bit, name in FLAGS if flags & bit]
    return names


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
