"""What is wrong with the certificates that a TLS peer sent, at the time at which it sent them.

Whose certificate: the *leaf* is the first certificate that issued none of the others; it ought to be the first (RFC 5246
section 7.4.2). From it the *path* leads to its issuer, and on, as far as the message has issuers: by name, signature and key
identifier. The last of the path is mostly not self-signed: its issuer is a root that the receiver has.

- *wrong_order*: the path does not lie in the message from the first to the last, each next to the one that it issued.
- *superfluous*: certificates that are not on the path.
- *missing_intermediate*: a server sent no issuer of its leaf, which is not self-signed. No list of roots is asked, so this is not
  a proof: clients that have the issuer among their roots, or from elsewhere, lack nothing. Public roots issue no leaves.
- *wrong_issuer*: a certificate with the name of the issuer is there, but its key did not sign.
- *self_signed*: the leaf is.
- *expired*, *not_yet_valid*, *expiring*: one of the path, without a root at its end, which receivers do not read but have.
- *weak_signature*, *weak_key*: of the same (NIST SP 800-131A: less than 112 bits; the hashes of RFC 9155). Nobody needs the
  signature of a self-signed leaf.
- *name_mismatch*: the leaf is not for the name that the client asked for.
- *common_name_only*: it is for that name, but says so only where browsers since 2017 do not look (RFC 9525 section 2).
- *malformed*: a certificate that could not be read as a whole, or breaks the rules (its `faults`).
- *long_chain*: only the first certificates were judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from analyzer.dissect.application.x509.certificate import Certificate, issued, weight
from analyzer.dissect.application.x509.remembered import remembered

from .identity import is_for

MAX_JUDGED: Final = 10  #: certificates of a message; as many as OpenSSL and browsers follow
CHAIN_SIZE: Final = 512  #: bytes of memory that what is wrong with a chain takes beside its certificates
EXPIRING: Final = timedelta(days=14)  #: less is left ...
EXPIRING_SHARE: Final = 4  #: ... and less than a quarter of its whole time: some live for a few days only
FIRST_TIME: Final = datetime(1995, 1, 1, tzinfo=UTC)  #: an earlier capture had no clock: SSL is younger
WEAK_HASHES: Final = ("md2", "md4", "md5", "sha1")
MIN_BITS: Final = {"rsa": 2048, "rsa-pss": 2048, "dsa": 2048, "dh": 2048, "ec": 224}
UNREAD: Final = ("not_der", "cut", "structure", "too_long")  #: faults of a certificate whose other fields say little
NAMES_UNREAD: Final = ("extensions", "subject_alt_name", "too_many_names")

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_NS: Final = 1_000_000_000


class Problem(NamedTuple):
    """What is wrong, with which certificate of the message."""

    name: str
    position: int  #: in the message, from 0
    ns: int | None = None  #: since it expired, until it becomes valid or expires


def leaf_of(chain: Sequence[Certificate]) -> int:
    """Position of the leaf in a chain that is not empty."""
    for position, one in enumerate(chain):
        if not any(issued(other, one) for other in chain if other.sha256 != one.sha256):
            return position
    return 0


def path_of(chain: Sequence[Certificate], leaf: int) -> list[int]:
    """Positions of the leaf, its issuer and so on, as far as they are there."""
    path = [leaf]
    while not chain[path[-1]].self_signed:
        last = path[-1]
        following = [*range(last + 1, len(chain)), *range(last)]
        issuer = next((i for i in following if i not in path and issued(chain[last], chain[i]) is not False), None)
        if issuer is None:
            break
        path.append(issuer)
    return path


def judge(chain: Sequence[Certificate], time_ns: int, from_server: bool, asked: str | None) -> list[Problem]:
    """All that is wrong with it; `asked` is the name in the ClientHello."""
    standing = _standing(tuple(chain), from_server, asked)
    problems = list(standing.before)
    when = _time(time_ns) if standing.dated else None
    for position, weak in standing.dated:
        problems += _validity(chain[position], position, when)
        problems += weak
    problems += standing.behind
    return problems


class _Standing(NamedTuple):
    """What is wrong with a chain at any time, and which of its certificates may be so at some time."""

    before: tuple[Problem, ...]
    dated: tuple[tuple[int, tuple[Problem, ...]], ...] = ()  #: position, and what makes it weak
    behind: tuple[Problem, ...] = ()


@remembered(lambda standing, chain, from_server, asked: CHAIN_SIZE + sum(map(weight, chain)))
def _standing(chain: tuple[Certificate, ...], from_server: bool, asked: str | None) -> _Standing:
    """Servers show the same certificates to everybody."""
    problems = [Problem("malformed", position) for position, one in enumerate(chain) if one.faults]
    if len(chain) > MAX_JUDGED:
        problems.append(Problem("long_chain", MAX_JUDGED))
        chain = chain[:MAX_JUDGED]
    if not chain or any(fault in UNREAD for one in chain for fault in one.faults):
        return _Standing(tuple(problems))
    leaf = leaf_of(chain)
    path = path_of(chain, leaf)
    problems += _structure(chain, path, from_server)
    anchored = len(path) > 1 and chain[path[-1]].self_signed
    dated = path[:-1] if anchored else path
    return _Standing(
        tuple(problems),
        tuple((position, tuple(_strength(chain[position], position))) for position in dated),
        tuple(_identity(chain[leaf], leaf, asked)) if from_server and asked else (),
    )


def _structure(chain: Sequence[Certificate], path: list[int], from_server: bool) -> Iterator[Problem]:
    leaf, last = path[0], path[-1]
    if path != list(range(len(path))):
        yield Problem("wrong_order", next(right for right, position in enumerate(path) if right != position))
    if len(path) < len(chain):
        yield Problem("superfluous", min(set(range(len(chain))) - set(path)))
    if chain[leaf].self_signed:
        yield Problem("self_signed", leaf)
    elif any(one.subject_der == chain[last].issuer_der for i, one in enumerate(chain) if i not in path):
        if not chain[last].self_signed:
            yield Problem("wrong_issuer", last)
    elif from_server and last == leaf:
        yield Problem("missing_intermediate", leaf)


def _validity(one: Certificate, position: int, when: datetime | None) -> Iterator[Problem]:
    if when is None:
        return
    if one.not_before is not None and when < one.not_before:
        yield Problem("not_yet_valid", position, _ns(one.not_before - when))
    elif one.not_after is not None and when > one.not_after:
        yield Problem("expired", position, _ns(when - one.not_after))
    elif one.not_after is not None:
        left = one.not_after - when
        whole = one.not_after - (one.not_before or one.not_after)
        if left < EXPIRING and left * EXPIRING_SHARE < whole:
            yield Problem("expiring", position, _ns(left))


def _strength(one: Certificate, position: int) -> Iterator[Problem]:
    if one.signature_hash in WEAK_HASHES and not one.self_signed:
        yield Problem("weak_signature", position)
    if one.key.bits is not None and one.key.bits < MIN_BITS.get(one.key.type, 0):
        yield Problem("weak_key", position)


def _identity(one: Certificate, position: int, asked: str) -> Iterator[Problem]:
    if one.dns_names or one.ip_addresses:
        if not is_for(asked, one.dns_names, one.ip_addresses) and not set(one.faults) & set(NAMES_UNREAD):
            yield Problem("name_mismatch", position)
    elif not set(one.faults) & set(NAMES_UNREAD):
        named = is_for(asked, [one.common_name], ())
        yield Problem("common_name_only" if named else "name_mismatch", position)


def _time(time_ns: int) -> datetime | None:
    """The second of the message, as certificates have no finer times; None where the capture had no clock."""
    try:
        when = EPOCH + timedelta(seconds=time_ns // SECOND_NS)
    except OverflowError:
        return None
    return when if when >= FIRST_TIME else None


def _ns(period: timedelta) -> int:
    return period // timedelta(seconds=1) * SECOND_NS
