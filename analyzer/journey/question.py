"""The queries of one host for the addresses of one name, as far as they belong together, and what they were answered.

getaddrinfo and its relatives ask for A and AAAA at the same time or one after the other (RFC 8305 section 3), ask again when no
answer comes, or a useless one (RFC 1035 section 4.2.1: SERVFAIL, REFUSED ... of one resolver make them ask the next), and over
TCP when the answer was truncated (RFC 7766 section 5). All of that is one question. A type that was answered well and is asked
for again begins a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: between two queries of a question that has no answer yet; glibc waits 5 s, then 10 s
REPEATED_NS: Final = 15_000_000_000
#: from the last message of an answered question to the query for the other type: one program asks one after the other
TOGETHER_NS: Final = 100_000_000
#: between two queries for the same: several resolvers are asked at once, and nobody has waited for an answer yet
AT_ONCE_NS: Final = 10_000_000
TRUNCATED: Final = "truncated"  #: as rows call the flag
USELESS: Final = frozenset((1, 2, 4, 5))  #: FORMERR, SERVFAIL, NOTIMP, REFUSED: another resolver may know more
NO_ANSWER: Final = "NO_ANSWER"
NO_ADDRESS: Final = "NO_ADDRESS"


@dataclass(slots=True, eq=False)
class Answer:
    """A response."""

    frame: int
    ns: int
    server: str  #: who answered
    rcode: int
    rcode_name: str
    truncated: bool
    addresses: tuple[str, ...]
    chain: tuple[str, ...]

    @property
    def settles(self) -> bool:
        """Nobody asks again after it."""
        return not self.truncated and self.rcode not in USELESS

    @property
    def says_something(self) -> bool:
        """A truncated one may say nothing but that."""
        return not self.truncated or bool(self.addresses)


@dataclass(slots=True, eq=False)
class Asked:
    """The queries for one type."""

    frame: int  #: of the first
    ns: int
    last_ns: int  #: of the latest
    queries: int = 1
    answer: Answer | None = None  #: the one that counts
    repeat: tuple[int, int] | None = None  #: frame and time of the latest that was sent again for want of an answer

    @property
    def settled(self) -> bool:
        return self.answer is not None and self.answer.settles


@dataclass(slots=True, eq=False)
class Question:
    """What a host wanted to know."""

    client: str
    name: str  #: as it was asked for
    server: str  #: who was asked first
    protocol: str  #: dns, mdns or llmnr
    begin_ns: int
    last_ns: int  #: of the latest message
    last_frame: int
    asked: dict[int, Asked] = field(default_factory=dict)  #: by type
    known: bool = True  #: False: answers without a query that was captured
    before: Question | None = None  #: the try before it, of a search list (search_list.py)
    followed: bool = False  #: it was followed by the next try
    given: bool = False  #: as one that failed, while the capture was growing
    used: dict[str, int] = field(default_factory=dict)  #: by address: when the first connection to it began
    used_ns: int | None = None  #: when the first connection to any of them began
    reached_ns: int | None = None  #: the first SYN/ACK to one of them

    @property
    def queries(self) -> int:
        return sum(asked.queries for asked in self.asked.values()) if self.known else 0

    @property
    def frame(self) -> int | None:
        """The first query."""
        return min((asked.frame for asked in self.asked.values()), default=None) if self.known else None

    @property
    def tries(self) -> list[Question]:
        """All tries of its search, it is the last of them."""
        found, one = [self], self.before
        while one is not None:
            found.append(one)
            one = one.before
        return found[::-1]

    @property
    def failed_at_last(self) -> bool:
        """Nothing of it is under way, and it gave no address."""
        return all(one.settled for one in self.asked.values()) and self.failure() is not None

    def takes(self, kind: int, ns: int) -> bool:
        """Whether a query for this type belongs to it."""
        if not self.known:
            return False
        asked = self.asked.get(kind)
        if asked is not None and asked.settled:
            return False
        waiting = any(not one.settled for one in self.asked.values())
        return ns - self.last_ns <= (REPEATED_NS if waiting else TOGETHER_NS)

    def query(self, kind: int, frame: int, ns: int) -> None:
        """A query that belongs to it."""
        asked = self.asked.get(kind)
        if asked is None:
            self.asked[kind] = Asked(frame, ns, ns)
        else:
            asked.queries += 1
            if asked.answer is None and ns - asked.last_ns > AT_ONCE_NS:
                asked.repeat = frame, ns
            asked.last_ns = ns
        self._latest(frame, ns)

    def response(self, kind: int, answer: Answer) -> bool:
        """Whether this response counts: the first that settles it, or none so far."""
        asked = self.asked.get(kind)
        if asked is None:
            asked = self.asked[kind] = Asked(answer.frame, answer.ns, answer.ns)
        if asked.settled:
            return False
        asked.answer = answer
        self._latest(answer.frame, answer.ns)
        return True

    def use(self, server: str, begun_ns: int, answered_ns: int | None) -> None:
        """A connection began with it."""
        self.used[server] = min(self.used.get(server, begun_ns), begun_ns)
        self.used_ns = begun_ns if self.used_ns is None else min(self.used_ns, begun_ns)
        if answered_ns is not None:
            self.reached_ns = answered_ns if self.reached_ns is None else min(self.reached_ns, answered_ns)

    def used_before(self, server: str, ns: int, together_ns: int, attempts_ns: int) -> bool:
        """Whether a connection that is no part of the same attempt began with it, which allows so much time in between.

        together_ns: between connections to this server; attempts_ns: to several.
        """
        if self.reached_ns is not None and self.reached_ns <= ns:
            return True
        if self.used_ns is not None and ns - self.used_ns > attempts_ns:
            return True
        return server in self.used and ns - self.used[server] > together_ns

    def answers(self, before_ns: int) -> list[Answer]:
        """Those until then that say something, in the order of their time."""
        found = [one.answer for one in self.asked.values() if one.answer is not None and one.answer.says_something]
        return sorted((answer for answer in found if answer.ns <= before_ns), key=lambda answer: answer.ns)

    def waiting(self, ns: int) -> bool:
        """Whether a query for one of its types was under way at that moment."""
        return any(one.ns <= ns and (one.answer is None or one.answer.ns > ns) for one in self.asked.values())

    def repeat(self, before_ns: int) -> tuple[int, int] | tuple[None, None]:
        """Frame and time of the latest query until then that was sent again for want of an answer."""
        found = [one.repeat for one in self.asked.values() if one.repeat is not None and one.repeat[1] <= before_ns]
        return max(found, key=lambda repeat: repeat[1], default=(None, None))

    def failure(self) -> str | None:
        """Why it gave no address, in the word of its answer: NXDOMAIN, SERVFAIL, NO_ADDRESS, NO_ANSWER; None: it did."""
        answers = [one.answer for one in self.asked.values() if one.answer is not None and one.answer.says_something]
        if any(answer.addresses for answer in answers):
            return None
        if not answers:
            return NO_ANSWER
        bad = [answer.rcode_name for answer in answers if answer.rcode]
        return bad[0] if bad else NO_ADDRESS

    def _latest(self, frame: int, ns: int) -> None:
        if ns >= self.last_ns:
            self.last_frame, self.last_ns = frame, ns
