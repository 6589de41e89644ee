# cython: language_level=3
"""The records of one connection (record.py) as the columns of a trace (trace.py)."""

import cython

from . import record
from .record import Record
from .trace import FIN as FIN_FLAG
from .trace import NONE as NOTHING
from .trace import SYN as SYN_FLAG

FRAME = cython.declare(cython.int, Record.FRAME)
TIME = cython.declare(cython.int, Record.TIME)
START = cython.declare(cython.int, Record.START)
ACKED = cython.declare(cython.int, Record.ACKED)
META = cython.declare(cython.int, Record.META)
WINDOW = cython.declare(cython.int, Record.WINDOW)
LINK = cython.declare(cython.int, Record.LINK)
TSVAL = cython.declare(cython.int, Record.TSVAL)
TSECR = cython.declare(cython.int, Record.TSECR)
BLOCKS = cython.declare(cython.int, record.BLOCKS)
IS_STAMPED = cython.declare(cython.longlong, record.IS_STAMPED)
OFFERS_SACK = cython.declare(cython.longlong, record.OFFERS_SACK)
SYN = cython.declare(cython.longlong, SYN_FLAG)
FIN = cython.declare(cython.longlong, FIN_FLAG)
NONE = cython.declare(cython.longlong, NOTHING)

SILENT = 1  # of a side: a SYN of it does not permit SACK
PERMITS = 2  # one does
_SILENT = cython.declare(cython.int, SILENT)
_PERMITS = cython.declare(cython.int, PERMITS)


def unpack(
    records: cython.const[cython.longlong][:, ::1],
    chain: cython.const[cython.longlong][::1],
    columns: cython.longlong[:, ::1],
    blocks: cython.longlong[:, ::1],
) -> tuple[int, int, int]:
    """Fill the columns of the packets, and the row, left and right edge of SACK blocks.

    The number of these blocks, and what the SYNs of directions 0 and 1 say of SACK: SILENT | PERMITS.
    """
    k: cython.Py_ssize_t
    entry: cython.Py_ssize_t
    block: cython.Py_ssize_t
    left: cython.longlong
    right: cython.longlong
    meta: cython.longlong
    flags: cython.longlong
    window: cython.longlong
    row: cython.Py_ssize_t = -1
    found: cython.Py_ssize_t = 0
    says: cython.int[2] = [0, 0]
    for k in range(chain.shape[0]):
        entry = chain[k]
        if records[entry, FRAME] < 0:
            for block in range(BLOCKS):
                left = records[entry, TIME + 2 * block]
                right = records[entry, TIME + 2 * block + 1]
                if right > left:
                    blocks[0, found] = row
                    blocks[1, found] = left
                    blocks[2, found] = right
                    found += 1
            continue
        row += 1
        meta = records[entry, META]
        window = records[entry, WINDOW]
        flags = meta >> 8 & 0xFFFF
        columns[0, row] = records[entry, FRAME]
        columns[1, row] = records[entry, TIME]
        columns[2, row] = meta & 1
        columns[3, row] = records[entry, START]
        columns[4, row] = records[entry, START] + (meta >> 32) + (flags & SYN != 0) + (flags & FIN != 0)
        columns[5, row] = meta >> 32
        columns[6, row] = records[entry, ACKED]
        columns[7, row] = flags
        columns[8, row] = window >> 17
        columns[9, row] = records[entry, TSVAL] if meta & IS_STAMPED else NONE
        columns[10, row] = records[entry, TSECR] if meta & IS_STAMPED else NONE
        columns[11, row] = window & 0xFFFF if window & 0x10000 else NONE
        columns[12, row] = meta >> 24 & 0xFF
        columns[13, row] = records[entry, LINK]
        if flags & SYN:
            says[meta & 1] |= _PERMITS if meta & OFFERS_SACK else _SILENT
    return int(found), int(says[0]), int(says[1])
