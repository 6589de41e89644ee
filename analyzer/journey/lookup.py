"""The name lookup that a connection waited for: which answer its client acted upon, and since when it had waited for it.

A lookup is a question of a host (question.py): every query for the addresses of a name that belongs together. The one that a
connection acted upon is the latest that gave its client the server's address, directly or behind aliases, before the first SYN;
a name that the client says itself later (SNI, Host) wins over others. Programs wait for A and AAAA, so that the lookup lasts
until the last answer before the SYN; and if one of the two was never answered, until the client gave that up, as its SYN shows.

Whose question it was: asked by the connection's client address; or by a loopback address, which is a stub resolver on the same
host (then the queries of that stub to its own resolver are part of the wait, not the wait itself: the latest answer counts); or,
if neither knows the server, by the only address of the other IP version that does: hosts ask over IPv4 and connect over IPv6.
A resolver in the capture asks questions of its own; its answers go to it, not to the client, and are nobody else's.

Names that were tried before in vain, since the host has a search list (search_list.py), are part of the lookup.

A connection did not wait for a lookup (`cached`) if that was over, and of use, already:

- another connection began with it before, unless that was part of the same attempt, which means that no server had answered
  it yet, and that it began at most TOGETHER_NS before (clients open several at once; RFC 8305 section 5 forbids staggered
  attempts closer than 10 ms), or, to another address of the same lookup, at most ATTEMPTS_NS before (the longest delay between
  two attempts there), or
- the SYN came later than PROMPT_NS after the last answer: the name was looked up ahead of need (prefetching), or kept.

If SNI or Host are known and no lookup asked for them, only one that nobody has used yet is taken: a second name on the same
address was most probably looked up for somebody else.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from analyzer.dissect.application.dns.code_points import AAAA, A
from analyzer.dissect.application.dns.message import DnsMessage
from analyzer.flow.application.dns import Rows
from analyzer.flow.application.rows import Row
from analyzer.flow.application.transactions import MAX_TRANSACTIONS
from analyzer.journey.question import NO_ADDRESS, NO_ANSWER, TRUNCATED, Answer, Question
from analyzer.journey.search_list import AT_ONCE_NS, MOST_RECENT, MOST_TRIES, same_search

TOGETHER_NS: Final = 10_000_000
ATTEMPTS_NS: Final = 2_000_000_000
PROMPT_NS: Final = 2_000_000_000
MOST: Final = 200_000  #: addresses that were told, and questions, each, half of which are forgotten then
FOLLOWED_NS: Final = 2_000_000_000  #: after a failure the next try of a search list, or the other kind of address, may follow
PATIENCE_NS: Final = 30_000_000_000  #: after the latest query nobody waits for an answer any more
MOST_FAILURES: Final = 100_000  #: lookups without an address that are kept
MOST_ALIKE: Final = 16  #: the latest lookups that gave a client the same address, among which a name is looked for
MOST_WAITING: Final = 64  #: hosts that ask for the same name by multicast at the same time
ADDRESS_TYPES: Final = (A, AAAA)


@dataclass(frozen=True, slots=True)
class Lookup:
    """One, as it concerned a connection; or one that failed."""

    client: str  #: who asked
    server: str  #: who was asked first
    protocol: str  #: dns, mdns or llmnr
    name: str
    chain: tuple[str, ...]  #: aliases, the last of which has the address
    tried: tuple[str, ...]  #: names that were asked for before, in vain (search_list.py)
    queries: int  #: with repeated ones; 0: none was captured
    query_frame: int | None  #: the first; None: not captured
    query_ns: int | None
    answer_frame: int | None  #: that gave the address
    answer_ns: int | None
    last_answer_frame: int | None  #: the last one before the SYN
    last_answer_ns: int | None
    end_frame: int  #: with which the client stopped waiting, or the last one of a lookup that failed
    end_ns: int | None  #: None: a query was never answered; the client waited until it connected
    repeat_frame: int | None = None  #: the latest query that was sent again, as there was no answer until then
    repeat_ns: int | None = None
    cached: bool = False
    failed: str | None = None  #: NXDOMAIN, SERVFAIL ..., NO_ADDRESS, NO_ANSWER


@dataclass(slots=True)
class _Known:
    """What was told since a moment."""

    questions: dict[tuple[str, str], list[Question]] = field(default_factory=dict)  #: by client and name
    told: dict[tuple[str, str], list[tuple[int, int, Question]]] = field(default_factory=dict)  #: by client and address
    #: by address, and whether it was told over IPv6: who was told it
    clients: dict[tuple[str, bool], list[str]] = field(default_factory=dict)
    stubs: dict[str, list[str]] = field(default_factory=dict)  #: by address: the loopback addresses among those
    recent: dict[str, list[Question]] = field(default_factory=dict)  #: by client: the latest that it asked
    waiting: dict[str, list[Question]] = field(default_factory=dict)  #: asked by multicast, by name
    size: int = 0


class Lookups:
    """Hand it every DNS message in order, then ask.

    most: addresses that were told, and questions, that are known at a time. growing: failures are wanted soon (`failed`).
    """

    def __init__(self, most: int = MOST, growing: bool = False) -> None:
        self._most = most
        self._begun: deque[Question] | None = deque() if growing else None  # those that may have failed, by their begin
        self._rows = Rows(most=min(most, MAX_TRANSACTIONS))
        self._new, self._old = _Known(), _Known()
        self._failures: list[Lookup] = []
        self._count = 0
        self.forgotten = 0  #: lookups that there was no room for
        self.notes_use = True  #: `of` is asked for a connection that is over, so that others know that it used the lookup

    def message(self, message: DnsMessage) -> None:
        """The next message."""
        for row in self._rows.rows(message):
            self.row(row)

    def row(self, row: Row) -> None:
        """The same as a row of flow/application/dns.py."""
        if row["id"] is None or row.get("opcode"):
            return
        if not row["response"]:
            for asked in row["questions"]:
                if asked["type"] in ADDRESS_TYPES:
                    self._asked(row, asked["name"], asked["type"])
        elif row["protocol"] == "mdns":
            self._multicast(row)
        elif len(row["questions"]) == 1 and row["questions"][0]["type"] in ADDRESS_TYPES:
            self._answered(row)

    def of(
        self, client: str, server: str, before_ns: int, names: Collection[str] = (), answered_ns: int | None = None
    ) -> Lookup | None:
        """What a connection to this server that began then acted upon.

        `names`: what its client called the server later. `answered_ns`: when the server answered its SYN.
        """
        wanted = {name.lower().rstrip(".") for name in names if name}
        best: tuple[bool, int, Question] | None = None
        for asker in self._askers(client, server):
            for ns, _, question in self._latest(asker, server, before_ns):
                fits = bool(wanted) and _called(question, wanted)
                if best is None or (fits, ns) > best[:2]:
                    best = fits, ns, question
        if best is None:
            return None
        fits, _, question = best
        found = _lookup(question, server, before_ns)
        if found is None or (wanted and not fits and found.cached):
            return None
        if self.notes_use:
            question.use(server, before_ns, answered_ns)
        return found

    def failed(self, now: int) -> Iterator[Lookup]:
        """Each lookup that gave no address, once nothing follows its answers, or nobody waits; again if it is answered later."""
        begun = self._begun
        for _ in range(len(begun) if begun is not None else 0):
            assert begun is not None
            question = begun.popleft()
            patience = FOLLOWED_NS if question.failed_at_last else PATIENCE_NS
            if question.failure() is not None and now - question.last_ns < patience:
                begun.append(question)
            else:
                yield from _given(question)

    def failures(self) -> Iterator[Lookup]:
        """At the end: the lookups that gave no address, in the order of their begin."""
        for question in self._begun or ():
            self._failures += _given(question)
        for known in (self._old, self._new):
            self._keep_failures(known)
            known.questions.clear()
        return iter(sorted(self._failures, key=lambda lookup: (_begin(lookup), lookup.end_frame)))

    def _asked(self, row: Row, name: str, kind: int) -> None:
        client, frame, ns = row["client"], row["last_frame"], row["time_ns"]
        question = self._question(client, name)
        if question is None or not question.takes(kind, ns):
            question = Question(client, name, row["server"], row["protocol"], ns, ns, frame)
            self._search(question)
            self._add(question)
            if row["protocol"] == "mdns":
                self._wait(question)
        question.query(kind, frame, ns)

    def _answered(self, row: Row) -> None:
        asked = row["questions"][0]
        kind = asked["type"]
        question = self._question(row["client"], asked["name"])
        if question is None or (row["query_frame"] is None and (kind not in question.asked or question.asked[kind].settled)):
            ns = row["time_ns"]
            question = Question(
                row["client"], asked["name"], row["server"], row["protocol"], ns, ns, row["last_frame"], known=False
            )
            self._add(question)
        addresses, chain = row.get("addresses", ()), row.get("cname_chain", ())
        self._settle(question, kind, _answer(row, addresses, chain))

    def _multicast(self, row: Row) -> None:
        """Responses of multicast DNS go to everybody and need not repeat the question (RFC 6762 section 6)."""
        told: dict[tuple[str, int], list[str]] = {}
        for record in (*row["answers"], *row["additionals"]):
            if record["type"] in ADDRESS_TYPES and record["data"]:
                told.setdefault((record["name"].lower(), record["type"]), []).append(record["data"])
        for (name, kind), addresses in told.items():
            for question in self._new.waiting.get(name) or self._old.waiting.get(name) or ():
                if kind in question.asked:
                    self._settle(question, kind, _answer(row, addresses, ()))

    def _search(self, question: Question) -> None:
        """Find the try before this one; later ones may find this one."""
        recent = _lately(self._new.recent, self._old.recent, question.client)
        for earlier in reversed(recent):
            tries = earlier.tries
            if (
                question.begin_ns - earlier.last_ns <= AT_ONCE_NS
                and earlier.failed_at_last
                and not earlier.followed
                and len(tries) < MOST_TRIES
                and same_search(earlier.name, tries[0].name, question.name)
            ):
                question.before, earlier.followed = earlier, True
                break
        if len(recent) >= MOST_RECENT:
            del recent[0]
        recent.append(question)

    def _wait(self, question: Question) -> None:
        name = question.name.lower()
        waiting = _lately(self._new.waiting, self._old.waiting, name)
        waiting[:] = [one for one in waiting if one.client != question.client][1 - MOST_WAITING :]
        waiting.append(question)

    def _settle(self, question: Question, kind: int, answer: Answer) -> None:
        if not question.response(kind, answer):
            return
        if question.given and self._begun is not None:
            self._begun.append(question)
        for address in dict.fromkeys(answer.addresses):
            known, client = self._new, question.client
            told = known.told.setdefault((client, address), [])
            if not told:
                known.clients.setdefault((address, ":" in client), []).append(client)
                if _loopback(client):
                    known.stubs.setdefault(address, []).append(client)
            self._count += 1
            entry = (answer.ns, self._count, question)
            if told and told[-1] > entry:
                insort(told, entry)
            else:
                told.append(entry)
            self._grow()

    def _add(self, question: Question) -> None:
        self._new.questions.setdefault((question.client, question.name.lower()), []).append(question)
        if self._begun is not None:
            self._begun.append(question)
            if len(self._begun) > self._most:
                self._begun.popleft()
                self.forgotten += 1
        self._grow()

    def _grow(self) -> None:
        self._new.size += 1
        if self._new.size < self._most // 2:
            return
        self._keep_failures(self._old)
        self.forgotten += sum(map(len, self._old.questions.values()))
        self._old, self._new = self._new, _Known()

    def _keep_failures(self, known: _Known) -> None:
        for questions in known.questions.values() if self._begun is None else ():
            for question in questions:
                failed = _failed(question)
                if failed is None:
                    continue
                if len(self._failures) < MOST_FAILURES:
                    self._failures.append(_failure(question, failed))
                else:
                    self.forgotten += 1

    def _question(self, client: str, name: str) -> Question | None:
        """The latest of this client for this name."""
        key = client, name.lower()
        found = self._new.questions.get(key) or self._old.questions.get(key)
        return found[-1] if found else None

    def _askers(self, client: str, server: str) -> list[str]:
        """Whose lookups may have been those of this client."""
        both = self._old, self._new
        own = dict.fromkeys(asker for known in both for asker in known.stubs.get(server, ()))
        if any((client, server) in known.told for known in both):
            own[client] = None
        if own:
            return list(own)
        other = (asker for known in both for asker in known.clients.get((server, ":" not in client), ()))
        first = next(other, None)
        return [first] if first is not None and all(asker == first for asker in other) else []

    def _latest(self, client: str, server: str, before_ns: int) -> Iterable[tuple[int, int, Question]]:
        for known in (self._old, self._new):
            told = known.told.get((client, server), [])
            until = bisect_right(told, before_ns, key=lambda entry: entry[0])
            yield from told[max(0, until - MOST_ALIKE) : until]


def _lately(new: dict[str, list[Question]], old: dict[str, list[Question]], key: str) -> list[Question]:
    """The list of this key, which may have been begun before the older half was put aside."""
    found = new.get(key)
    if found is None:
        found = new[key] = old.pop(key, [])
    return found


def _loopback(address: str) -> bool:
    return address == "::1" or address.startswith("127.")


def _begin(lookup: Lookup) -> int:
    return lookup.query_ns or lookup.last_answer_ns or 0


def _called(question: Question, wanted: set[str]) -> bool:
    """Whether it asked for one of these names, or was led to one."""
    chains = (one.answer.chain for one in question.asked.values() if one.answer is not None)
    return question.name.lower() in wanted or any(name.lower() in wanted for chain in chains for name in chain)


def _answer(row: Row, addresses: Iterable[str], chain: Iterable[str]) -> Answer:
    rcode = row["rcode"] or 0
    truncated = TRUNCATED in row["flags"]
    name = row.get("rcode_name") or ""
    return Answer(row["last_frame"], row["time_ns"], row["server"], rcode, name, truncated, tuple(addresses), tuple(chain))


def _lookup(question: Question, server: str, before_ns: int) -> Lookup | None:
    """A question that gave the address of this server; None: what it said first was replaced by something later."""
    answers = question.answers(before_ns)
    if not answers:
        return None
    giving = next((answer for answer in answers if server in answer.addresses), answers[-1])
    last = answers[-1]
    waiting = question.waiting(before_ns)
    pause = before_ns - last.ns
    used = question.used_before(server, before_ns, TOGETHER_NS, ATTEMPTS_NS)
    cached = used or (pause > PROMPT_NS and not waiting)
    return Lookup(
        **_asked(question, before_ns), chain=giving.chain, answer_frame=giving.frame, answer_ns=giving.ns,
        last_answer_frame=last.frame, last_answer_ns=last.ns, end_frame=last.frame, end_ns=None if waiting else last.ns,
        cached=cached,
    )  # fmt: skip


def _asked(question: Question, before_ns: int) -> dict[str, Any]:
    """What a lookup says of its queries, with all tries of a search list."""
    tries = question.tries
    first = tries[0]
    repeats = [repeat for one in tries if (repeat := one.repeat(before_ns))[1] is not None]
    repeat_frame, repeat_ns = repeats[-1] if repeats else (None, None)
    return {
        "client": question.client,
        "server": first.server,
        "protocol": question.protocol,
        "name": question.name,
        "tried": tuple(one.name for one in tries[:-1]),
        "queries": sum(one.queries for one in tries),
        "query_frame": first.frame,
        "query_ns": first.begin_ns if first.known else None,
        "repeat_frame": repeat_frame,
        "repeat_ns": repeat_ns,
    }


def _failed(question: Question) -> str | None:
    """Why it gave no address that somebody missed; None: it did, or the next try of a search followed."""
    failed = None if question.followed else question.failure()
    return None if failed in (NO_ADDRESS, NO_ANSWER) and not _wanted(question, failed) else failed


def _wanted(question: Question, failed: str) -> bool:
    """Whether somebody missed an address: not a host that was only asked for its other kind of address."""
    if not question.known:
        return False
    return A in question.asked or (failed == NO_ANSWER and question.protocol == "dns")


def _given(question: Question) -> Iterator[Lookup]:
    """It, if it failed, or was given as one that did."""
    failed = _failed(question)
    if failed is not None or question.given:
        question.given = True
        yield _failure(question, failed)


def _failure(question: Question, failed: str | None) -> Lookup:
    answers = question.answers(question.last_ns)
    last = answers[-1] if answers else None
    return Lookup(
        **_asked(question, question.last_ns), chain=last.chain if last else (), answer_frame=None, answer_ns=None,
        last_answer_frame=last.frame if last else None, last_answer_ns=last.ns if last else None,
        end_frame=question.last_frame, end_ns=question.last_ns, failed=failed,
    )  # fmt: skip
