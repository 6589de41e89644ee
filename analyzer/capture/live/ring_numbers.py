"""What af_packet.py and the walk over its rings (ring.py) tell each other, as places in two arrays of numbers."""

from __future__ import annotations

from enum import IntEnum


class Kind(IntEnum):
    """What the frames of a ring are."""

    PLAIN = 0
    ETHERNET = 1  #: a VLAN tag that the kernel took out is put back
    COOKED = 2  #: a header of LINKTYPE_LINUX_SLL2 is put before them


class Stop(IntEnum):
    """Why a walk ended."""

    DRY = 0  #: there is no frame
    FULL = 1  #: there is no room for the next block
    ENOUGH = 2  #: that was the last frame wanted
    EARLY = 3  #: the next frame waits for the other rings
    LOSING = 4  #: frames were dropped: PACKET_STATISTICS have to be read


class State(IntEnum):
    """Of a walk: the first three are given."""

    FILLED = 0  #: where to write; then: how far it was written
    MOST = 1  #: frames at most
    HORIZON = 2  #: ns since 1970: older frames wait for no other ring
    FRAMES = 3  #: that were written
    STOP = 4
    RING = 5  #: where that ring is described because of which it ended
    NEED = 6  #: bytes of the block that has no room
    NEXT = 7  #: ns since 1970: the frame that waits
    SIZE = 8


class Ring(IntEnum):
    """Of each ring: all up to ASKED are given, and DROPPED becomes 0 once it was told."""

    BASE = 0  #: where it begins in the memory
    BLOCKS = 1
    BLOCK_BYTES = 2
    NUMBER = 3  #: of its interface
    KIND = 4
    SNAP_LENGTH = 5
    DROPPED = 6  #: frames that were
    DROPPED_BEFORE = 7  #: the block before which they were, counted as PASSED
    ASKED = 8  #: the block for which PACKET_STATISTICS were read
    PASSED = 9  #: blocks that went back to the kernel
    LEFT = 10  #: frames left in the present block; -1: none was begun
    AT = 11  #: where the next of them is in the memory
    TIME = 12  #: ns since 1970: its time stamp
    WIDTH = 13
