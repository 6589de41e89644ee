# cython: language_level=3
"""The retransmission timeout of a sender, as its round-trip samples make it (RFC 6298 section 2).

The first sample R: SRTT = R, RTTVAR = R/2. Each further one: RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R|, then SRTT = 7/8 SRTT + 1/8 R.
RTO = SRTT + max(G, 4 RTTVAR), and 1 s before any sample. The RFC rounds an RTO below 1 s up to 1 s; nobody does: Linux keeps the
variance term at 200 ms or more, and so do we. Each timeout in a row doubles the RTO (section 5.5); that is the caller's.
"""

from __future__ import annotations

from typing import Final

import cython
import numpy as np

from analyzer.batch import Int64

FIRST_NS: Final = 1_000_000_000  #: before any sample
LEAST_VARIANCE_NS: Final = 200_000_000  #: of the variance term (Linux TCP_RTO_MIN)
MOST_NS: Final = 120_000_000_000  #: Linux TCP_RTO_MAX; the RFC allows a maximum of 60 s or more


def rto(srtt_ns: int | None, rttvar_ns: int) -> int:
    """The timeout in ns; `srtt_ns` None: no sample yet."""
    return FIRST_NS if srtt_ns is None else min(srtt_ns + max(LEAST_VARIANCE_NS, 4 * rttvar_ns), MOST_NS)


class Estimator:
    """SRTT and RTTVAR of one sender, sample by sample."""

    __slots__ = ("rttvar_ns", "srtt_ns")

    def __init__(self) -> None:
        self.srtt_ns: int | None = None
        self.rttvar_ns = 0

    def add(self, sample_ns: int) -> None:
        """One more round trip."""
        if self.srtt_ns is None:
            self.srtt_ns, self.rttvar_ns = sample_ns, sample_ns // 2
        else:
            self.rttvar_ns += (abs(self.srtt_ns - sample_ns) - self.rttvar_ns) // 4
            self.srtt_ns += (sample_ns - self.srtt_ns) // 8

    @property
    def rto_ns(self) -> int:
        return rto(self.srtt_ns, self.rttvar_ns)


def smoothed(samples: Int64, before: Estimator | None = None) -> tuple[Int64, Int64]:
    """SRTT and RTTVAR after each of the samples, as an Estimator has them; `before`: one that knows earlier samples."""
    found = np.empty((2, len(samples)), np.int64)
    if before is None or before.srtt_ns is None:
        _smooth(len(samples), samples, False, 0, 0, found)
    else:
        _smooth(len(samples), samples, True, before.srtt_ns, before.rttvar_ns, found)
    return found[0], found[1]


def _smooth(
    count: cython.Py_ssize_t,
    samples: cython.longlong[:],
    known: cython.bint,
    srtt: cython.longlong,
    rttvar: cython.longlong,
    found: cython.longlong[:, ::1],
) -> None:
    i: cython.Py_ssize_t
    sample: cython.longlong
    for i in range(count):
        sample = samples[i]
        if i == 0 and not known:
            srtt, rttvar = sample, sample // 2
        else:
            rttvar += (abs(srtt - sample) - rttvar) // 4
            srtt += (sample - srtt) // 8
        found[0, i] = srtt
        found[1, i] = rttvar
