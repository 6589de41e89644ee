"""What can be wrong with the bytes of a frame. A fault is a value: what parsed before it stays."""

from enum import IntEnum


class Fault(IntEnum):
    """Why a layer stopped, or what it could not trust, and whose length lied."""

    NONE = 0
    SNAP_LENGTH = 1  #: the capture kept too few bytes of this frame
    SHORT = 2  #: the enclosing layer leaves too few bytes for this header
    HEADER_LENGTH = 3  #: the header's own length field is below its minimum, or beyond the layer
    TOTAL_LENGTH = 4  #: the header's length of header and payload does not fit the layer around it
    VERSION = 5  #: the version field is not this protocol's
    OPTIONS = 6  #: the option list ends in the middle of an option
    DEPTH = 7  #: more layers than MAX_DEPTH
    CHAIN = 8  #: more chained headers (IPv6 extensions, labels, tags) than the cap
    TIMESTAMP = 9  #: the time stamp lies outside 1678-2262 and keeps its low 63 bits only
    FIELD = 10  #: a field holds a value that the specification forbids
