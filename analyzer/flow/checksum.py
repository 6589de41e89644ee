# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""TCP checksums (RFC 9293 section 3.1; of IPv6 RFC 8200 section 8.1), of segments that are whole.

Bounds checks are off: this reads every byte of a segment; the walk has checked that its headers are there, and the caller that
`end` is what it reported.
"""

import cython

UNKNOWN = cython.declare(cython.int, 0)
GOOD = cython.declare(cython.int, 1)
PARTIAL = cython.declare(cython.int, 2)  # the sum of the pseudo-header alone: left to the network card (offload)
WRONG = cython.declare(cython.int, 3)

STATES = {"unknown": 0, "good": 1, "partial": 2, "wrong": 3}
CHECKSUM = cython.declare(cython.int, 16)
TCP = cython.declare(cython.int, 6)
IPV4_ADDRESSES = cython.declare(cython.int, 12)
IPV6_ADDRESSES = cython.declare(cython.int, 8)


def verify(
    data: cython.const[cython.uchar][::1],
    network: cython.const[cython.longlong][::1],
    version: cython.const[cython.longlong][::1],
    at: cython.const[cython.longlong][::1],
    end: cython.const[cython.longlong][::1],
    state: cython.uchar[::1],
) -> None:
    """The state of each segment [at, end) behind the IP header at `network`."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    pseudo: cython.longlong
    total: cython.longlong
    held: cython.longlong
    for i in range(at.shape[0]):
        p = network[i] + (IPV4_ADDRESSES if version[i] == 4 else IPV6_ADDRESSES)
        stop = p + (8 if version[i] == 4 else 32)
        total = TCP
        while p < stop:
            total += data[p] << 8 | data[p + 1]
            p += 2
        pseudo = _folded(total + (end[i] - at[i]))
        held = data[at[i] + CHECKSUM] << 8 | data[at[i] + CHECKSUM + 1]
        if held != 0 and (held == pseudo or held == _folded(total)):  # some stacks leave the length out
            state[i] = PARTIAL
            continue
        total = pseudo
        p = at[i]
        stop = end[i]
        while p + 1 < stop:
            total += data[p] << 8 | data[p + 1]
            p += 2
        if p < stop:
            total += data[p] << 8
        state[i] = GOOD if _folded(total) == 0xFFFF else WRONG


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _folded(total: cython.longlong) -> cython.longlong:
    """A sum of 16-bit words in ones' complement (RFC 1071)."""
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total
