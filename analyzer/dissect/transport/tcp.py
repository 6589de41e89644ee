# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""TCP segments (RFC 9293 section 3.1; options: RFC 7323, RFC 2018, RFC 7413, RFC 8684).

Bounds checks are off: this runs for every segment, and each header and option is checked against `end` before it is read.
"""

import cython

from analyzer.fault import Fault

NAME = "tcp"
SOURCE_PORT = cython.declare(cython.int, 0)
DESTINATION_PORT = cython.declare(cython.int, 2)
SEQUENCE = cython.declare(cython.int, 4)
ACKNOWLEDGMENT = cython.declare(cython.int, 8)
OFFSET_AND_FLAGS = cython.declare(cython.int, 12)
WINDOW = cython.declare(cython.int, 14)
HEADER = cython.declare(cython.int, 20)
PORTS = cython.declare(cython.int, 4)
WANTED = cython.declare(cython.int, 16)  # up to the window: Wireshark assigns no stream to less

END_OF_OPTIONS = cython.declare(cython.int, 0)
NO_OPERATION = cython.declare(cython.int, 1)
MAXIMUM_SEGMENT_SIZE = cython.declare(cython.int, 2)
WINDOW_SCALE = cython.declare(cython.int, 3)
SACK_PERMITTED = cython.declare(cython.int, 4)
SACK = cython.declare(cython.int, 5)
TIMESTAMPS = cython.declare(cython.int, 8)
MPTCP = cython.declare(cython.int, 30)
FAST_OPEN = cython.declare(cython.int, 34)
EXPERIMENT_1 = cython.declare(cython.int, 253)  # RFC 6994
EXPERIMENT_2 = cython.declare(cython.int, 254)
FAST_OPEN_EXPERIMENT = cython.declare(cython.int, 0xF989)
MAXIMUM_SHIFT = cython.declare(cython.int, 14)  # RFC 7323 section 2.3

SNAP_LENGTH = cython.declare(cython.int, Fault.SNAP_LENGTH)
SHORT = cython.declare(cython.int, Fault.SHORT)
HEADER_LENGTH = cython.declare(cython.int, Fault.HEADER_LENGTH)
OPTIONS = cython.declare(cython.int, Fault.OPTIONS)

#: len: payload bytes, -1 where the layer around it is shorter than this header; flags: the 12 bits behind the data offset;
#: shown: 0 where fewer than HEADER bytes were captured or the option list could not be read (Wireshark then shows nothing);
#: shift: window scale, -1 without the option; sack_blocks and sack_bytes: all blocks, bytes in the first three;
#: kinds: bit per option (see *_BIT); mptcp: bit per MPTCP subtype; cookie: length of the Fast Open cookie
COLUMNS = {
    "srcport": "H", "dstport": "H", "seq_raw": "I", "ack_raw": "I", "flags": "H", "window": "H", "hdr_len": "B", "len": "i",
    "shown": "B", "kinds": "B", "mss": "H", "shift": "b", "sack_blocks": "B", "sack_bytes": "I", "tsval": "I", "tsecr": "I",
    "mptcp": "H", "cookie": "B",
}  # fmt: skip
MSS_BIT, SHIFT_BIT, SACK_PERMITTED_BIT, SACK_BIT, TIMESTAMPS_BIT, MPTCP_BIT, FAST_OPEN_BIT = 1, 2, 4, 8, 16, 32, 64


def dissect(
    data: cython.const[cython.uchar][::1],
    at: cython.const[cython.longlong][::1],
    end: cython.const[cython.longlong][::1],
    reported: cython.const[cython.longlong][::1],
    inner: cython.longlong[::1],
    inner_end: cython.longlong[::1],
    inner_reported: cython.longlong[::1],
    carries: cython.int[::1],
    fault: cython.uchar[::1],
    srcport: cython.ushort[::1],
    dstport: cython.ushort[::1],
    seq_raw: cython.uint[::1],
    ack_raw: cython.uint[::1],
    flags: cython.ushort[::1],
    window: cython.ushort[::1],
    hdr_len: cython.uchar[::1],
    length: cython.int[::1],
    shown: cython.uchar[::1],
    kinds: cython.uchar[::1],
    mss: cython.ushort[::1],
    shift: cython.schar[::1],
    sack_blocks: cython.uchar[::1],
    sack_bytes: cython.uint[::1],
    tsval: cython.uint[::1],
    tsecr: cython.uint[::1],
    mptcp: cython.ushort[::1],
    cookie: cython.uchar[::1],
) -> None:
    """Fill the columns of each segment. carries stays -1 for the segments that no analysis may see."""
    i: cython.Py_ssize_t
    p: cython.Py_ssize_t
    q: cython.Py_ssize_t
    header: cython.Py_ssize_t
    stop: cython.Py_ssize_t
    size: cython.Py_ssize_t
    block: cython.Py_ssize_t
    kind: cython.int
    seen: cython.int
    total: cython.longlong
    for i in range(at.shape[0]):
        p = at[i]
        carries[i] = -1
        shown[i] = 0
        kinds[i] = 0
        mss[i] = 0
        shift[i] = -1
        sack_blocks[i] = 0
        sack_bytes[i] = 0
        tsval[i] = 0
        tsecr[i] = 0
        mptcp[i] = 0
        cookie[i] = 0
        inner[i] = end[i]
        inner_end[i] = end[i]
        inner_reported[i] = end[i]
        if end[i] - p < WANTED:
            fault[i] = SNAP_LENGTH if reported[i] - p >= WANTED else SHORT
            srcport[i] = dstport[i] = flags[i] = window[i] = 0
            if end[i] - p >= PORTS:
                srcport[i] = data[p] << 8 | data[p + 1]
                dstport[i] = data[p + 2] << 8 | data[p + 3]
            seq_raw[i] = ack_raw[i] = 0
            hdr_len[i] = 0
            length[i] = -1
            continue
        srcport[i] = data[p] << 8 | data[p + 1]
        dstport[i] = data[p + 2] << 8 | data[p + 3]
        seq_raw[i] = cython.cast(cython.uint, data[p + 4]) << 24 | data[p + 5] << 16 | data[p + 6] << 8 | data[p + 7]
        ack_raw[i] = cython.cast(cython.uint, data[p + 8]) << 24 | data[p + 9] << 16 | data[p + 10] << 8 | data[p + 11]
        header = (data[p + 12] >> 4) * 4
        flags[i] = (data[p + 12] & 0x0F) << 8 | data[p + 13]
        window[i] = data[p + 14] << 8 | data[p + 15]
        hdr_len[i] = header
        total = reported[i] - p - header
        length[i] = total if total >= 0 else -1
        fault[i] = 0
        carries[i] = 0
        if total < 0:
            fault[i] = HEADER_LENGTH
        else:
            inner[i] = p + header if p + header < end[i] else end[i]
            inner_end[i] = end[i]
            inner_reported[i] = reported[i]
        if header < HEADER:
            fault[i] = HEADER_LENGTH
            continue
        if end[i] - p < HEADER:
            fault[i] = SNAP_LENGTH
            continue
        stop = p + header
        if stop > end[i]:
            stop = end[i]
            fault[i] = SNAP_LENGTH
        else:
            shown[i] = 1
        q = p + HEADER
        seen = 0
        while q < stop:
            kind = data[q]
            if kind == NO_OPERATION:
                q += 1
                continue
            if kind == END_OF_OPTIONS:
                break
            if q + 1 >= stop:
                fault[i] = OPTIONS if fault[i] == 0 else fault[i]
                break
            size = data[q + 1]
            if size < 2 or q + size > stop:
                if size < 2 or kind != SACK or fault[i] != SNAP_LENGTH:
                    fault[i] = OPTIONS if fault[i] == 0 else fault[i]
                    break
                size = stop - q  # the blocks that the capture kept count
            if kind == TIMESTAMPS and size == 10:
                seen |= 16
                tsval[i] = cython.cast(cython.uint, data[q + 2]) << 24 | data[q + 3] << 16 | data[q + 4] << 8 | data[q + 5]
                tsecr[i] = cython.cast(cython.uint, data[q + 6]) << 24 | data[q + 7] << 16 | data[q + 8] << 8 | data[q + 9]
            elif kind == SACK and size > 2:
                seen |= 8
                sack_blocks[i] = (size - 2) >> 3
                total = 0
                for block in range(sack_blocks[i]):
                    if block == 3:
                        break
                    header = q + 2 + 8 * block
                    total += (_word(data, header + 4) - _word(data, header)) & 0xFFFFFFFF
                sack_bytes[i] = cython.cast(cython.uint, total & 0xFFFFFFFF)
            elif kind == MAXIMUM_SEGMENT_SIZE and size == 4:
                seen |= 1
                mss[i] = data[q + 2] << 8 | data[q + 3]
            elif kind == WINDOW_SCALE and size == 3:
                seen |= 2
                shift[i] = data[q + 2] if data[q + 2] < MAXIMUM_SHIFT else MAXIMUM_SHIFT
            elif kind == SACK_PERMITTED:
                seen |= 4
            elif kind == MPTCP and size > 2:
                seen |= 32
                mptcp[i] |= 1 << (data[q + 2] >> 4)
            elif kind == FAST_OPEN:
                seen |= 64
                cookie[i] = size - 2
            elif kind in (EXPERIMENT_1, EXPERIMENT_2) and size >= 4 and _word(data, q) & 0xFFFF == FAST_OPEN_EXPERIMENT:
                seen |= 64
                cookie[i] = size - 4
            q += size
        kinds[i] = seen


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _word(data: cython.const[cython.uchar][::1], q: cython.Py_ssize_t) -> cython.longlong:
    return cython.cast(cython.longlong, data[q]) << 24 | data[q + 1] << 16 | data[q + 2] << 8 | data[q + 3]
