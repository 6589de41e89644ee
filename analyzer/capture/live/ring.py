# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""TPACKET_V3 rings (Documentation/networking/packet_mmap.rst, linux/if_packet.h): their frames become enhanced packet blocks.

Bounds checks are off: this runs for every frame. What the kernel wrote is trusted; room is checked before a block is written.

Frames of several rings are merged by time: one is written once no ring can give an older one, or once it is older than a horizon.
A block goes back to the kernel once its last frame was copied. It is read only after its status was, and that is stored only
after all was copied; x86 keeps such loads and stores in order, so that no barrier is needed there.
"""

import cython

from analyzer.capture.live.ring_numbers import Kind, Ring, State, Stop

if cython.compiled:
    from cython.cimports.libc.string import memcpy

# struct tpacket_block_desc, in words of 32 bits
BLOCK_STATUS = cython.declare(cython.int, 2)
NUM_PKTS = cython.declare(cython.int, 3)
OFFSET_TO_FIRST_PKT = cython.declare(cython.int, 4)
# struct tpacket3_hdr, in words of 32 bits
TP_NEXT_OFFSET = cython.declare(cython.int, 0)
TP_SEC = cython.declare(cython.int, 1)
TP_NSEC = cython.declare(cython.int, 2)
TP_SNAPLEN = cython.declare(cython.int, 3)
TP_LEN = cython.declare(cython.int, 4)
TP_STATUS = cython.declare(cython.int, 5)
TP_VLAN_TCI = cython.declare(cython.int, 8)
# and in halves
TP_MAC = cython.declare(cython.int, 12)
TP_VLAN_TPID = cython.declare(cython.int, 18)
# struct sockaddr_ll stands behind it, in bytes, halves and words
SOCKADDR_LL = cython.declare(cython.int, 48)
SLL_PROTOCOL = cython.declare(cython.int, 50)
SLL_IFINDEX = cython.declare(cython.int, 13)
SLL_HATYPE = cython.declare(cython.int, 28)
SLL_PKTTYPE = cython.declare(cython.int, 58)

TP_STATUS_KERNEL = cython.declare(cython.uint, 0)
TP_STATUS_USER = cython.declare(cython.uint, 1 << 0)
TP_STATUS_LOSING = cython.declare(cython.uint, 1 << 2)
TP_STATUS_VLAN_VALID = cython.declare(cython.uint, 1 << 4)
TP_STATUS_VLAN_TPID_VALID = cython.declare(cython.uint, 1 << 6)
ETH_P_8021Q = cython.declare(cython.uint, 0x8100)

ENHANCED = cython.declare(cython.longlong, 0x00000006)
DROP_COUNT = cython.declare(cython.longlong, 4)  # epb_dropcount
HEADER = cython.declare(cython.Py_ssize_t, 28)  # of an enhanced packet block, before the frame
TRAILER = cython.declare(cython.Py_ssize_t, 4)
OPTIONS = cython.declare(cython.Py_ssize_t, 16)  # epb_dropcount of 64 bits, and the end of options
ADDRESSES = cython.declare(cython.Py_ssize_t, 12)  # of Ethernet: what stands before a VLAN tag
TAG = cython.declare(cython.Py_ssize_t, 4)
SLL2_HEADER = cython.declare(cython.Py_ssize_t, 20)
SECOND = cython.declare(cython.longlong, 1_000_000_000)
NEVER = cython.declare(cython.longlong, 2**63 - 1)

PLAIN = cython.declare(cython.longlong, Kind.PLAIN)
ETHERNET = cython.declare(cython.longlong, Kind.ETHERNET)
COOKED = cython.declare(cython.longlong, Kind.COOKED)

FILLED = cython.declare(cython.int, State.FILLED)
MOST = cython.declare(cython.int, State.MOST)
HORIZON = cython.declare(cython.int, State.HORIZON)
FRAMES = cython.declare(cython.int, State.FRAMES)
STOP = cython.declare(cython.int, State.STOP)
RING = cython.declare(cython.int, State.RING)
NEED = cython.declare(cython.int, State.NEED)
NEXT = cython.declare(cython.int, State.NEXT)

DRY = cython.declare(cython.longlong, Stop.DRY)
FULL = cython.declare(cython.longlong, Stop.FULL)
ENOUGH = cython.declare(cython.longlong, Stop.ENOUGH)
EARLY = cython.declare(cython.longlong, Stop.EARLY)
LOSING = cython.declare(cython.longlong, Stop.LOSING)

BASE = cython.declare(cython.int, Ring.BASE)
BLOCKS = cython.declare(cython.int, Ring.BLOCKS)
BLOCK_BYTES = cython.declare(cython.int, Ring.BLOCK_BYTES)
NUMBER = cython.declare(cython.int, Ring.NUMBER)
KIND = cython.declare(cython.int, Ring.KIND)
SNAP_LENGTH = cython.declare(cython.int, Ring.SNAP_LENGTH)
DROPPED = cython.declare(cython.int, Ring.DROPPED)
DROPPED_BEFORE = cython.declare(cython.int, Ring.DROPPED_BEFORE)
ASKED = cython.declare(cython.int, Ring.ASKED)
PASSED = cython.declare(cython.int, Ring.PASSED)
LEFT = cython.declare(cython.int, Ring.LEFT)
AT = cython.declare(cython.int, Ring.AT)
TIME = cython.declare(cython.int, Ring.TIME)
WIDTH = cython.declare(cython.int, Ring.WIDTH)


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def put(out: cython.uchar[::1], at: cython.Py_ssize_t, value: cython.longlong) -> cython.void:
    out[at] = value & 0xFF
    out[at + 1] = value >> 8 & 0xFF
    out[at + 2] = value >> 16 & 0xFF
    out[at + 3] = value >> 24 & 0xFF


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def put_half(out: cython.uchar[::1], at: cython.Py_ssize_t, value: cython.longlong) -> cython.void:
    """In network order."""
    out[at] = value >> 8 & 0xFF
    out[at + 1] = value & 0xFF


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def copy(
    out: cython.uchar[::1], to: cython.Py_ssize_t, data: cython.uchar[::1], at: cython.Py_ssize_t, size: cython.Py_ssize_t
) -> cython.void:
    if size <= 0:
        return
    if cython.compiled:
        memcpy(cython.address(out[to]), cython.address(data[at]), size)
    else:
        out[to : to + size] = data[at : at + size]


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def status_of(rings: cython.longlong[::1], ring: cython.Py_ssize_t) -> cython.Py_ssize_t:
    """Where the status of its present block is, in words."""
    return (rings[ring + BASE] + rings[ring + PASSED] % rings[ring + BLOCKS] * rings[ring + BLOCK_BYTES]) // 4 + BLOCK_STATUS


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def note_time(words: cython.uint[::1], rings: cython.longlong[::1], ring: cython.Py_ssize_t) -> cython.void:
    header: cython.Py_ssize_t = rings[ring + AT] // 4
    rings[ring + TIME] = cython.cast(cython.longlong, words[header + TP_SEC]) * SECOND + words[header + TP_NSEC]


@cython.cfunc
@cython.exceptval(check=False)
def begin(words: cython.uint[::1], rings: cython.longlong[::1], ring: cython.Py_ssize_t) -> cython.longlong:
    """Find the next frame of a ring: ENOUGH, DRY or LOSING. Blocks that are done go back to the kernel."""
    at: cython.Py_ssize_t
    while rings[ring + LEFT] <= 0:
        at = status_of(rings, ring)
        if rings[ring + LEFT] == 0:
            words[at] = TP_STATUS_KERNEL
            rings[ring + PASSED] += 1
            rings[ring + LEFT] = -1
            continue
        if not words[at] & TP_STATUS_USER:
            return DRY
        if words[at] & TP_STATUS_LOSING and rings[ring + ASKED] != rings[ring + PASSED]:
            return LOSING
        rings[ring + LEFT] = words[at - BLOCK_STATUS + NUM_PKTS]
        rings[ring + AT] = (at - BLOCK_STATUS) * 4 + words[at - BLOCK_STATUS + OFFSET_TO_FIRST_PKT]
        if rings[ring + LEFT] > 0:
            note_time(words, rings, ring)
    return ENOUGH


@cython.cfunc
@cython.exceptval(check=False)
def insert(
    data: cython.uchar[::1],
    halves: cython.ushort[::1],
    words: cython.uint[::1],
    header: cython.Py_ssize_t,
    cooked: cython.bint,
    tagged: cython.bint,
    out: cython.uchar[::1],
    at: cython.Py_ssize_t,
) -> cython.void:
    """Write the header of LINKTYPE_LINUX_SLL2, the VLAN tag that the kernel took out, or one with the other in it."""
    tpid: cython.longlong = ETH_P_8021Q
    value: cython.longlong
    if words[header // 4 + TP_STATUS] & TP_STATUS_VLAN_TPID_VALID:
        tpid = halves[header // 2 + TP_VLAN_TPID]
    if not cooked:
        put_half(out, at, tpid)
        put_half(out, at + 2, words[header // 4 + TP_VLAN_TCI])
        return
    copy(out, at, data, header + SLL_PROTOCOL, 2)
    put_half(out, at + 2, 0)
    value = words[header // 4 + SLL_IFINDEX]
    put_half(out, at + 4, value >> 16)
    put_half(out, at + 6, value)
    put_half(out, at + 8, halves[header // 2 + SLL_HATYPE])
    copy(out, at + 10, data, header + SLL_PKTTYPE, 10)
    if tagged:
        copy(out, at + SLL2_HEADER + 2, data, header + SLL_PROTOCOL, 2)
        put_half(out, at, tpid)
        put_half(out, at + SLL2_HEADER, words[header // 4 + TP_VLAN_TCI])


@cython.cfunc
@cython.exceptval(check=False)
def write(
    data: cython.uchar[::1],
    halves: cython.ushort[::1],
    words: cython.uint[::1],
    rings: cython.longlong[::1],
    ring: cython.Py_ssize_t,
    out: cython.uchar[::1],
    at: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write the next frame of a ring as a block to out[at:]: its length, or where it has no room: less 0, the bytes needed."""
    header: cython.Py_ssize_t = rings[ring + AT]
    kind: cython.longlong = rings[ring + KIND]
    frame: cython.Py_ssize_t = header + halves[header // 2 + TP_MAC]
    kept: cython.Py_ssize_t = words[header // 4 + TP_SNAPLEN]
    wire: cython.longlong = words[header // 4 + TP_LEN]
    time: cython.longlong = rings[ring + TIME]
    tagged: cython.bint = kind != PLAIN and words[header // 4 + TP_STATUS] & TP_STATUS_VLAN_VALID != 0
    first: cython.Py_ssize_t = 0
    more: cython.Py_ssize_t = 0
    lossy: cython.bint = rings[ring + DROPPED] > 0 and rings[ring + PASSED] >= rings[ring + DROPPED_BEFORE]
    length: cython.Py_ssize_t
    padded: cython.Py_ssize_t
    total: cython.Py_ssize_t
    i: cython.Py_ssize_t
    if kind == COOKED:
        more = SLL2_HEADER
    if tagged:
        more += TAG
        if kind == ETHERNET:
            first = ADDRESSES
    wire += more
    if kept < first:
        first = kept
        more = 0
    length = kept + more
    if length > rings[ring + SNAP_LENGTH]:
        length = rings[ring + SNAP_LENGTH]
    padded = length + 3 & ~3
    total = HEADER + padded + TRAILER + (OPTIONS if lossy else 0)
    if out.shape[0] - at < total + more:  # what is put in is written whole, and cut afterwards
        return -(total + more)
    if more:
        copy(out, at + HEADER, data, frame, first)
        insert(data, halves, words, header, kind == COOKED, tagged, out, at + HEADER + first)
        copy(out, at + HEADER + first + more, data, frame + first, length - first - more)
    else:
        copy(out, at + HEADER, data, frame, length)
    put(out, at, ENHANCED)
    put(out, at + 4, total)
    put(out, at + 8, rings[ring + NUMBER])
    put(out, at + 12, time >> 32)
    put(out, at + 16, time)
    put(out, at + 20, length)
    put(out, at + 24, wire)
    for i in range(at + HEADER + length, at + HEADER + padded):
        out[i] = 0
    if lossy:
        i = at + HEADER + padded
        put(out, i, 8 << 16 | DROP_COUNT)
        put(out, i + 4, rings[ring + DROPPED])
        put(out, i + 8, rings[ring + DROPPED] >> 32)
        put(out, i + 12, 0)
        rings[ring + DROPPED] = 0
    put(out, at + total - TRAILER, total)
    return total


def walk(
    data: cython.uchar[::1],
    halves: cython.ushort[::1],
    words: cython.uint[::1],
    rings: cython.longlong[::1],
    out: cython.uchar[::1],
    state: cython.longlong[::1],
) -> None:
    """Write the frames that are there to out[state[FILLED]:]. data, halves and words: the same memory, all rings in it.

    A frame that is younger than state[HORIZON] waits while some ring has none.
    """
    at: cython.Py_ssize_t = state[FILLED]
    frames: cython.longlong = 0
    most: cython.longlong = state[MOST]
    end: cython.Py_ssize_t = rings.shape[0]
    stop: cython.longlong = -1
    ring: cython.Py_ssize_t
    best: cython.Py_ssize_t
    bound: cython.longlong
    found: cython.longlong
    size: cython.Py_ssize_t
    while stop < 0:
        best = -1
        bound = NEVER
        for ring in range(0, end, WIDTH):
            found = begin(words, rings, ring)
            if found == LOSING:
                stop = LOSING
                state[RING] = ring
                break
            if found == DRY:
                if end > WIDTH and state[HORIZON] < bound:
                    bound = state[HORIZON]
            elif best < 0 or rings[ring + TIME] < rings[best + TIME]:
                if best >= 0 and rings[best + TIME] < bound:
                    bound = rings[best + TIME]
                best = ring
            elif rings[ring + TIME] < bound:
                bound = rings[ring + TIME]
        if stop >= 0:
            break
        if best < 0:
            stop = DRY
        elif rings[best + TIME] > bound:
            stop = EARLY
            state[NEXT] = rings[best + TIME]
        while stop < 0 and rings[best + LEFT] > 0 and rings[best + TIME] <= bound:
            if frames == most:
                stop = ENOUGH
                break
            size = write(data, halves, words, rings, best, out, at)
            if size < 0:
                stop = FULL
                state[NEED] = -size
                break
            at += size
            frames += 1
            rings[best + LEFT] -= 1
            rings[best + AT] += words[rings[best + AT] // 4 + TP_NEXT_OFFSET]
            if rings[best + LEFT] > 0:
                note_time(words, rings, best)
    state[FILLED] = at
    state[FRAMES] = frames
    state[STOP] = stop


def used(words: cython.uint[::1], rings: cython.longlong[::1], ring: cython.Py_ssize_t) -> tuple[int, int]:
    """How many blocks of a ring are filled; the first not yet begun that says LOSING, or else the one behind them."""
    block: cython.longlong
    first: cython.longlong = -1
    at: cython.Py_ssize_t
    begun: cython.longlong = 1 if rings[ring + LEFT] >= 0 else 0
    for block in range(rings[ring + BLOCKS]):
        at = rings[ring + BASE] + (rings[ring + PASSED] + block) % rings[ring + BLOCKS] * rings[ring + BLOCK_BYTES]
        if not words[at // 4 + BLOCK_STATUS] & TP_STATUS_USER:
            break
        if first < 0 and block >= begun and words[at // 4 + BLOCK_STATUS] & TP_STATUS_LOSING:
            first = block
    else:
        block = rings[ring + BLOCKS]
    return block, block if first < 0 else first
