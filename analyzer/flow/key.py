# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Find the key of each packet: the two (address, port) that it runs between, in no order.

The hash is multiply-shift over 32-bit words with random multipliers (Dietzfelbinger et al. 1997) for each end, mixed and
added: whoever writes a capture does not know the multipliers, so no choice of addresses makes the chains long.
Bounds checks are off: this runs for every packet; the walk has checked that the IP header at `network` is there, the
caller has reserved a free entry for every row, and no loop runs past the index since half of it stays empty.
"""

import cython

WORD = cython.declare(cython.ulonglong, 0xFFFFFFFF)
LONG = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
MIX_1 = cython.declare(cython.ulonglong, 0xFF51AFD7ED558CCD)  # the finalizer of MurmurHash3
MIX_2 = cython.declare(cython.ulonglong, 0xC4CEB9FE1A85EC53)
MULTIPLIERS = 6  # four words of an address, the port, the version
IPV4_SOURCE = cython.declare(cython.int, 12)
IPV4_DESTINATION = cython.declare(cython.int, 16)
IPV6_SOURCE = cython.declare(cython.int, 8)
IPV6_DESTINATION = cython.declare(cython.int, 24)

KEY = (0, 0, 0, 0, 0)  # both addresses as high and low 64 bits; version, port, port
SOURCE_HIGH = cython.declare(cython.int, 0)
SOURCE_LOW = cython.declare(cython.int, 1)
DESTINATION_HIGH = cython.declare(cython.int, 2)
DESTINATION_LOW = cython.declare(cython.int, 3)
PORTS = cython.declare(cython.int, 4)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _word(data: cython.const[cython.uchar][::1], p: cython.Py_ssize_t) -> cython.ulonglong:
    return (
        cython.cast(cython.ulonglong, data[p]) << 24
        | cython.cast(cython.ulonglong, data[p + 1]) << 16
        | cython.cast(cython.ulonglong, data[p + 2]) << 8
        | data[p + 3]
    )


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _mix(
    high: cython.ulonglong,
    low: cython.ulonglong,
    port: cython.ulonglong,
    version: cython.ulonglong,
    multiplier: cython.const[cython.ulonglong][::1],
) -> cython.ulonglong:
    x: cython.ulonglong
    x = (
        (high >> 32) * multiplier[0]
        + (high & WORD) * multiplier[1]
        + (low >> 32) * multiplier[2]
        + (low & WORD) * multiplier[3]
        + port * multiplier[4]
        + version * multiplier[5]
    ) & LONG
    x ^= x >> 33
    x = (x * MIX_1) & LONG
    x ^= x >> 33
    x = (x * MIX_2) & LONG
    return x ^ (x >> 33)


def find(
    spares: cython.Py_ssize_t,
    data: cython.const[cython.uchar][::1],
    network: cython.const[cython.longlong][::1],
    version: cython.const[cython.uchar][::1],
    srcport: cython.const[cython.ushort][::1],
    dstport: cython.const[cython.ushort][::1],
    wanted: cython.const[cython.uchar][::1],
    multiplier: cython.const[cython.ulonglong][::1],
    keys: cython.ulonglong[:, ::1],
    index: cython.int[::1],
    spare: cython.const[cython.int][::1],
    entry: cython.int[::1],
    turned: cython.uchar[::1],
) -> cython.Py_ssize_t:
    """Fill in entry (-1 where not wanted) and turned (1: from the second end to the first); how many spare entries are left."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    at: cython.Py_ssize_t
    mask: cython.Py_ssize_t = index.shape[0] - 1
    e: cython.int
    last: cython.int = -1
    sh: cython.ulonglong
    sl: cython.ulonglong
    dh: cython.ulonglong
    dl: cython.ulonglong
    ports: cython.ulonglong
    swapped: cython.ulonglong
    family: cython.ulonglong
    for i in range(network.shape[0]):
        entry[i] = -1
        turned[i] = 0
        if not wanted[i]:
            continue
        p = network[i]
        sh = sl = dh = dl = 0
        family = 0
        if p >= 0:
            family = version[i]
            if family == 4:
                sl = _word(data, p + IPV4_SOURCE)
                dl = _word(data, p + IPV4_DESTINATION)
            elif family == 6:
                sh = _word(data, p + IPV6_SOURCE) << 32 | _word(data, p + IPV6_SOURCE + 4)
                sl = _word(data, p + IPV6_SOURCE + 8) << 32 | _word(data, p + IPV6_SOURCE + 12)
                dh = _word(data, p + IPV6_DESTINATION) << 32 | _word(data, p + IPV6_DESTINATION + 4)
                dl = _word(data, p + IPV6_DESTINATION + 8) << 32 | _word(data, p + IPV6_DESTINATION + 12)
        ports = family << 32 | cython.cast(cython.ulonglong, srcport[i]) << 16 | dstport[i]
        swapped = family << 32 | cython.cast(cython.ulonglong, dstport[i]) << 16 | srcport[i]
        e = last  # packets of one conversation come in rows
        at = -1
        while True:
            if e >= 0:
                if (
                    keys[e, SOURCE_LOW] == sl
                    and keys[e, DESTINATION_LOW] == dl
                    and keys[e, PORTS] == ports
                    and keys[e, SOURCE_HIGH] == sh
                    and keys[e, DESTINATION_HIGH] == dh
                ):
                    break
                if (
                    keys[e, SOURCE_LOW] == dl
                    and keys[e, DESTINATION_LOW] == sl
                    and keys[e, PORTS] == swapped
                    and keys[e, SOURCE_HIGH] == dh
                    and keys[e, DESTINATION_HIGH] == sh
                ):
                    turned[i] = 1
                    break
            if at < 0:
                at = cython.cast(
                    cython.Py_ssize_t,
                    (_mix(sh, sl, ports >> 16 & 0xFFFF, family, multiplier) + _mix(dh, dl, ports & 0xFFFF, family, multiplier))
                    & cython.cast(cython.ulonglong, mask),
                )
            elif e >= 0:
                at = (at + 1) & mask
            e = index[at]
            if e < 0:
                spares -= 1
                e = spare[spares]
                index[at] = e
                keys[e, SOURCE_HIGH] = sh
                keys[e, SOURCE_LOW] = sl
                keys[e, DESTINATION_HIGH] = dh
                keys[e, DESTINATION_LOW] = dl
                keys[e, PORTS] = ports
                break
        entry[i] = e
        last = e
    return spares


def rehash(
    keys: cython.const[cython.ulonglong][:, ::1],
    used: cython.const[cython.uchar][::1],
    multiplier: cython.const[cython.ulonglong][::1],
    index: cython.int[::1],
) -> None:
    """Enter all used keys into an empty index."""
    e: cython.Py_ssize_t
    at: cython.Py_ssize_t
    ports: cython.ulonglong
    mask: cython.Py_ssize_t = index.shape[0] - 1
    for e in range(used.shape[0]):
        if not used[e]:
            continue
        ports = keys[e, PORTS]
        at = cython.cast(
            cython.Py_ssize_t,
            (
                _mix(keys[e, SOURCE_HIGH], keys[e, SOURCE_LOW], ports >> 16 & 0xFFFF, ports >> 32, multiplier)
                + _mix(keys[e, DESTINATION_HIGH], keys[e, DESTINATION_LOW], ports & 0xFFFF, ports >> 32, multiplier)
            )
            & cython.cast(cython.ulonglong, mask),
        )
        while index[at] >= 0:
            at = (at + 1) & mask
        index[at] = cython.cast(cython.int, e)
