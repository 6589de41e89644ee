"""What comes before the SYN of a journey: the name lookup, other attempts to connect, and the client's own time between them."""

from __future__ import annotations

from analyzer.dissect.application.stream import Place
from analyzer.journey.lookup import Lookup
from analyzer.journey.phase import BETWEEN, LOOKUP, RACE, Phase
from analyzer.journey.question import NO_ANSWER
from analyzer.journey.race import Race
from analyzer.journey.who import CLIENT, LOSS_REPAIR, MOST_EVIDENCE, NAME_SERVER, NETWORK


def ahead(lookup: Lookup, race: Race | None, begin: Place) -> list[Phase]:
    """The phases that end at `begin`, the SYN of the attempt that was used, or the end of a lookup that failed."""
    earlier = race.earlier if race is not None else ()
    first = Place(earlier[0].syn_frame, earlier[0].syn_ns) if earlier else begin
    found: list[Phase] = []
    if lookup.query_ns is not None and lookup.query_frame is not None and not lookup.cached:
        end = Place(lookup.end_frame, first.time if lookup.end_ns is None else min(lookup.end_ns, first.time))
        found.append(_looked_up(lookup, lookup.query_frame, min(lookup.query_ns, end.time), end))
        if first.time > end.time:
            pause = first.time - end.time
            found.append(
                Phase(BETWEEN, end.time, first.time, end.frame, first.frame, {CLIENT: pause}, sorted({end.frame, first.frame}))
            )
    elif lookup.failed is not None:
        found.append(_looked_up(lookup, lookup.end_frame, begin.time, begin))
    if race is not None and earlier:
        found.append(_raced(race, first, begin))
    return found


def _looked_up(lookup: Lookup, frame: int, start_ns: int, end: Place) -> Phase:
    """Until a query was sent again something was lost, as far as anybody can know; then it is the name server.

    Not if everybody was asked: that nobody answers means that nobody has the name (RFC 4795 section 2.7, RFC 6762 section 5.2).
    """
    silent = lookup.failed == NO_ANSWER and lookup.protocol != "dns"
    lost = lookup.repeat_ns is not None and not silent
    repaired = min(max(lookup.repeat_ns or 0, start_ns), end.time) - start_ns if lost else 0
    waited = {NAME_SERVER: end.time - start_ns - repaired, LOSS_REPAIR: repaired}
    frames = {frame, end.frame, lookup.repeat_frame, lookup.answer_frame, lookup.last_answer_frame} - {None}
    named = sorted(one for one in frames if one is not None)
    return Phase(LOOKUP, start_ns, end.time, frame, end.frame, waited, named[:MOST_EVIDENCE])


def _raced(race: Race, first: Place, begin: Place) -> Phase:
    """The network was waited for while an earlier attempt had not failed; the client is what waited between attempts."""
    network, left = 0, first.time
    frames = [first.frame]
    for attempt in race.earlier:
        until = min(begin.time if attempt.failed_ns is None else attempt.failed_ns, begin.time)
        network += max(0, until - max(left, attempt.syn_ns))
        left = max(left, until)
        frames += [attempt.syn_frame] if attempt.failed_frame is None else [attempt.syn_frame, attempt.failed_frame]
    waited = {NETWORK: network, CLIENT: begin.time - first.time - network}
    named = sorted({*frames, begin.frame})[:MOST_EVIDENCE]
    return Phase(RACE, first.time, begin.time, first.frame, begin.frame, waited, named)
