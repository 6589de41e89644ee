"""The whole capture in at most three sentences: what failed, where the time went, and what to do first.

Nothing is said that the facts do not say: without failures "no failure was found", without rows no time of theirs. Of
several problems the one in the lowest layer is named, since what is above it may be its consequence. Costs of findings overlap
(a stall and the loss behind it), so they are never added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from analyzer.finding import Finding, Severity
from analyzer.report.machine import terminal_safe
from analyzer.report.text import duration, listed, plural, shortened

from . import LAYERS, advice, layer, sentence
from .journeys import PHASES, WHO

Row = Mapping[str, Any]

WIDTH: Final = 60  #: characters of the name of a request
MANY: Final = 2  #: parts of the time of all requests that are named
NOTHING_FAILED: Final = "No failure was found"  #: of all requests, connections and lookups
NO_PROBLEM: Final = "No problem was found"  #: by findings alone, which call a name that does not exist no problem
#: outcomes of journeys and handshakes that are failures, as people say it
FAILED: Final = {
    "refused": "refused",
    "timeout": "not answered",
    "reset": "reset",
    "tls_alert": "ended by a TLS alert",
    "tls_incomplete": "without a complete TLS handshake",
    "lookup_failed": "without an address for their name",
}
NOUNS: Final = {"request": "request", "connection": "connection", "lookup": "name lookup"}
#: what to look at first where that took most
LOOK: Final = {
    "network": "fewer round trips help most: nearer servers, connections that are used again, TLS 1.3",
    "server": "measure in the server what it does between request and first byte",
    "client": "look at what the client does between its requests",
    "name_server": "use a resolver that is nearer or caches more",
    "loss_repair": "find the link that loses packets",
    "head_of_line": "find the link that loses packets",
    "unknown": "capture nearer to the client, or with the keys, to see more",
}
#: findings of waiting -> what they waited for the repair of, where that was found, too
CAUSES: Final = {"head_of_line": "loss", "tail_loss": "loss"}


def verdict(findings: Sequence[Finding], journeys: Sequence[Row], handshakes: Sequence[Row]) -> list[str]:
    """At most three sentences; rows may be missing."""
    problems = [one for one in findings if one.severity == Severity.PROBLEM and one.kind != "damage"]
    order = list(LAYERS)
    problems.sort(key=lambda one: order.index(layer(one)))
    said = [_failed(findings, problems, journeys, handshakes), _time(findings, journeys, handshakes)]
    return [one for one in (*said, _first(findings, problems, journeys)) if one]


def _failed(findings: Sequence[Finding], problems: Sequence[Finding], journeys: Sequence[Row], handshakes: Sequence[Row]) -> str:
    damaged = any(one.kind == "damage" for one in findings)
    before = "As far as the capture can be read: " if damaged else ""
    rows = _counted(journeys) or list(handshakes)
    failed = Counter(FAILED[row["outcome"]] for row in rows if row.get("outcome") in FAILED)
    if failed:
        what = _noun(rows) if journeys else "connections"
        how = listed([f"{times:,} {words}" for words, times in failed.most_common()])
        return f"{before}{failed.total():,} of {len(rows):,} {what} failed: {how}."
    if len(problems) == 1:
        return before + sentence(problems[0])
    if problems:
        return f"{before}{plural(len(problems), 'problem')}, the first in the {layer(problems[0])} layer: {sentence(problems[0])}"
    fine = NOTHING_FAILED if rows else NO_PROBLEM
    return f"{fine} as far as the capture can be read." if damaged else f"{fine}."


def _time(findings: Sequence[Finding], journeys: Sequence[Row], handshakes: Sequence[Row]) -> str:
    rows = [row for row in _counted(journeys) if row.get("duration_ns") is not None]
    if rows:
        slowest = max(rows, key=lambda row: int(row["duration_ns"]))
        which = f"The slowest of {len(rows):,} {_noun(rows)}" if len(rows) > 1 else f"The only {_noun(rows)}"
        return f"{which}, {_name(slowest)}, took {duration(slowest['duration_ns'])}{_mostly(slowest)}{_together(rows)}."
    opened = [row for row in handshakes if row.get("connect_ns") is not None]
    if opened:
        slowest = max(opened, key=lambda row: int(row["connect_ns"]))
        which = f"the slowest of {len(opened):,} connections" if len(opened) > 1 else "the only connection"
        syns = int(slowest.get("syn_count") or 1)
        repeats = f", with {syns:,} SYNs" if syns > 1 else ""
        server = terminal_safe(f"{slowest.get('sni') or slowest.get('server')}:{slowest.get('server_port')}")
        return f"Opening {which}, to {shortened(server, WIDTH)}, took {duration(slowest['connect_ns'])}{repeats}."
    costly = [(one.cost_ns, -number) for number, one in enumerate(findings, 1) if one.cost_ns]
    if not costly:
        return ""
    cost, number = max(costly)
    return f"Finding {-number:,} cost the most time: {duration(cost)}."


def _first(findings: Sequence[Finding], problems: Sequence[Finding], journeys: Sequence[Row]) -> str:
    """What to do first: about what failed, else about what took most of the time, else about the gravest finding."""
    if problems:
        return f"First: {_lower(advice(problems[0]))}"
    waited = _waited(_counted(journeys))
    if waited:
        return f"First: {LOOK[waited.most_common(1)[0][0]]}."
    warnings = [one for one in findings if one.severity == Severity.WARNING]
    if not warnings:
        return ""
    costliest = max(warnings, key=lambda one: one.cost_ns or 0)
    cause = next((one for one in findings if one.kind == CAUSES.get(costliest.kind)), costliest)
    return f"First: {_lower(advice(cause))}"


def _counted(journeys: Sequence[Row]) -> list[Row]:
    """Without the attempts that lost a race: nobody waited for them."""
    return [row for row in journeys if row.get("outcome") != "race_lost"]


def _noun(rows: Sequence[Row]) -> str:
    kinds = list(dict.fromkeys(NOUNS[row.get("kind") or "connection"] for row in rows))
    return listed([kind if len(rows) == 1 else f"{kind}s" for kind in kinds])


def _name(row: Row) -> str:
    host = row.get("host") or row.get("server") or "?"
    if row.get("kind") == "request":
        target = str(row.get("target") or "")
        text = f"{row.get('method') or ''} {host if target.startswith(('/', '*')) or not target else ''}{target}".strip()
    elif row.get("kind") == "lookup":
        text = f"of {row.get('dns_name') or host}"
    else:
        text = f"to {host}:{row.get('server_port')}"
    return shortened(terminal_safe(text), WIDTH)


def _mostly(row: Row) -> str:
    """What most of it was, and when."""
    parts = [
        (int(ns), phase["phase"], who)
        for phase in row.get("phases") or ()
        for who, ns in (phase.get("waited") or {}).items()
        if ns
    ]
    if parts:
        took, phase, who = max(parts)
        when = f" {PHASES[phase].when}" if phase in PHASES else ""
        if (phase, who) == ("connect", "loss_repair"):
            return f"; {duration(took)} of it was a lost SYN or SYN/ACK"
        return f"; {duration(took)} of it was {WHO[who].spent}{when}"
    waited = _waited([row])
    return f"; {duration(waited.most_common(1)[0][1])} of it was {WHO[waited.most_common(1)[0][0]].spent}" if waited else ""


def _together(rows: Sequence[Row]) -> str:
    """Of all rows, who was waited for most."""
    waited = _waited(rows)
    if len(rows) < 2 or not waited:
        return ""
    parts = [f"{duration(took)} was {WHO[who].spent}" for who, took in waited.most_common(MANY)]
    return f"; of {duration(sum(int(row['duration_ns']) for row in rows))} in all, {listed(parts)}"


def _waited(rows: Sequence[Row]) -> Counter[str]:
    waited: Counter[str] = Counter()
    for row in rows:
        for who in WHO:
            waited[who] += int(row.get(f"waited_{who}_ns") or 0)
    return +waited


def _lower(text: str) -> str:
    """As the rest of a sentence; names in capitals stay."""
    return text if text[:2].isupper() else text[0].lower() + text[1:]
