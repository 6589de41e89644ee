"""The numbers of pcapng (draft-ietf-opsawg-pcapng), for pcapng.py, blocks.py and the writer."""

from enum import IntEnum

BYTE_ORDER_MAGIC = 0x1A2B3C4D


class Block(IntEnum):
    """Block types."""

    INTERFACE = 0x00000001
    PACKET = 0x00000002  #: obsolete
    SIMPLE = 0x00000003
    NAMES = 0x00000004
    STATISTICS = 0x00000005
    ENHANCED = 0x00000006
    JOURNAL = 0x00000009
    SECRETS = 0x0000000A
    CUSTOM = 0x00000BAD
    SECTION = 0x0A0D0D0A
    CUSTOM_LOCAL = 0x40000BAD  #: not to be copied into other files


class Option(IntEnum):
    """Option codes; those from 2 on mean something else in each kind of block."""

    END = 0
    COMMENT = 1
    PACKET_DROPS = 4  #: epb_dropcount
    SECTION_HARDWARE = 2
    SECTION_OS = 3
    SECTION_APPLICATION = 4
    INTERFACE_NAME = 2
    INTERFACE_DESCRIPTION = 3
    INTERFACE_RESOLUTION = 9
    INTERFACE_FCS_LENGTH = 13
    INTERFACE_OFFSET = 14
    STATISTICS_RECEIVED = 4
    STATISTICS_DROPPED = 5
    STATISTICS_FILTERED = 6
    STATISTICS_OS_DROPPED = 7
    STATISTICS_DELIVERED = 8


class Stop(IntEnum):
    """Why the walk over packet blocks stopped; from TOO_SMALL on the block is damaged."""

    RUNNING = 0
    OTHER = 1  #: a block for blocks.py, all of it there (of a section header only the type)
    SKIP = 2  #: an unknown block that reaches beyond the bytes that are there
    NOTED = 3  #: the last row has a comment, or frames were dropped before it; the position is still that of its block
    TOO_SMALL = 4
    TOO_LARGE = 5
    NO_INTERFACE = 6
    FRAME_TOO_LONG = 7
    CAPTURED_LENGTH = 8
    LENGTHS_DIFFER = 9
    OPTIONS = 10


class Entry(IntEnum):
    """What the table of a section's interfaces holds for each."""

    INDEX = 0  #: among all interfaces
    LINKTYPE = 1
    SCALE = 2  #: ns are the time stamp times this; below 0: divided by -this; 0: exactly, later
    OFFSET = 3  #: ns to add
    TOP = 4  #: largest time stamp for which that is right
    SNAP_LENGTH = 5
    LIMIT = 6  #: longest frame
    WIDTH = 7


MAXIMUM_BLOCK = 16 << 20  #: longest block that is not skipped; most bytes around the frame of a packet block
LATER = 255  #: in the fault column: the time column holds the time stamp as it is in the file
ENTRY = 254  #: in the fault column: the row is a journal entry, with the time in its text
