"""The scores as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from .frames import ROLES, Role, f1, lost_right, told_apart, trigger_right
from .stalls import Stalls, spread


def matrix(counts: Counter[tuple[str, str]], title: str) -> Iterator[str]:
    """Truth down, ours across."""
    truths, answers = (sorted({pair[at] for pair in counts}) for at in (0, 1))
    widths = [max(len(answer), 6) for answer in answers]
    first = max([len(title), *map(len, truths)])
    yield f"{title:{first}}  " + "  ".join(f"{answer:>{width}}" for answer, width in zip(answers, widths, strict=True))
    for truth in truths:
        cells = (f"{counts[truth, answer] or '.':>{width}}" for answer, width in zip(answers, widths, strict=True))
        yield f"{truth:{first}}  " + "  ".join(cells)


def _share(right: int, whole: int) -> str:
    return f"{right}/{whole} = {right / whole:.4f}" if whole else "-"


def frames(roles: dict[str, Role], tshark: dict[str, Role]) -> Iterator[str]:
    """A summary line for each role, then the matrices."""
    whole = Role()
    for one in ROLES:
        whole.add(roles[one])
    yield "== retransmission against original, trigger, need"
    for name, role in [*((one, roles[one]) for one in ROLES), ("all", whole)]:
        found, missed, false, value = f1(role.kind)
        exact, grouped, triggers = trigger_right(role.trigger)
        yield f"{name:8}  retransmission F1 {value:.4f} (found {found}, missed {missed}, false {false})"
        yield f"          trigger {_share(exact, triggers)}, the two fast ones as one {_share(grouped, triggers)}"
        lost, apart = _share(*lost_right(role.need)), _share(*told_apart(role.need))
        yield f"          original lost or not {lost}, premature/needless {apart}"
        if name in tshark:
            found, missed, false, value = f1(tshark[name].kind)
            yield f"          tshark: F1 {value:.4f} (found {found}, missed {missed}, false {false})"
    for name in ROLES:
        yield f"\n== {name}"
        yield from matrix(roles[name].kind, "kind")
        if name in tshark:
            yield from matrix(tshark[name].kind, "tshark's kind")
        for axis in ("acks", "trigger", "need"):
            if getattr(roles[name], axis):
                yield from matrix(getattr(roles[name], axis), axis)
        for axis in ("undecidable_kind", "undecidable_need", "invisible", "unscored"):
            if counts := getattr(roles[name], axis):
                yield f"{axis}: " + ", ".join(
                    f"{' -> '.join(key) if isinstance(key, tuple) else key} {n}" for key, n in counts.most_common()
                )


def stalls(scores: dict[tuple[str, bool], Stalls], delays: dict[bool, list[int]]) -> Iterator[str]:
    """By role, with and without SACK."""
    yield "\n== stalls: error of the duration in ms (median / 90 % / largest)"
    for role in ROLES:
        for sack in (True, False):
            one = scores.get((role, sack))
            if one is None:
                continue
            long = f"missed {len(one.missed)} over 2 ms and {one.missed_short} shorter"
            yield f"{role:8} {'SACK' if sack else 'none':4}  found {one.found}/{one.true}, {long}, false {len(one.false)}"
            yield f"              by arrivals    {spread(one.by_arrival)}"
            yield f"              by application {spread(one.by_application)}"
    for impaired, values in sorted(delays.items()):
        yield f"application's delay after an arrival in order, {'other runs' if impaired else 'loss-free runs'}: {spread(values)}"
