"""Names that a host asked for in vain before the one that counts, since it has a search list (RFC 1535, RFC 1123 6.1.4.3).

A name that is not written out in full is tried with each domain of the list behind it; one with few dots (resolv.conf's `ndots`)
with them first, and as it is at last: www.example.com.default.svc.cluster.local, www.example.com.svc.cluster.local, ..., and then
www.example.com. A program waits for all of that. Tries follow one another at once, so that only a question of the same host
that failed at most AT_ONCE_NS before can be an earlier try of this one. The domain in its name was longer, or there was none, or
the name of the first try stands before the domain.
"""

from __future__ import annotations

from typing import Final

AT_ONCE_NS: Final = 100_000_000
MOST_TRIES: Final = 16  #: of one name; glibc has six domains, later versions any number
MOST_RECENT: Final = 8  #: questions of one host at a time


def same_search(earlier: str, first: str, name: str) -> bool:
    """Whether `name` may be the next try after `earlier`, in a search that began with `first`."""
    longer, shorter = earlier.lower().split("."), name.lower().split(".")
    return _shortened(longer, shorter) or any(_within(base, name) for base in (earlier, first))


def _shortened(longer: list[str], shorter: list[str]) -> bool:
    """Whether the second is the first without some labels behind its first one."""
    if len(shorter) >= len(longer):
        return False
    kept = 0
    while kept < len(shorter) and shorter[kept] == longer[kept]:
        kept += 1
    rest = shorter[kept:]
    return kept > 0 and (not rest or longer[-len(rest) :] == rest)


def _within(base: str, name: str) -> bool:
    return name.lower().startswith(f"{base.lower()}.")
