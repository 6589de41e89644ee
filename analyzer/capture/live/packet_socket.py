"""Packet sockets with a TPACKET_V3 ring (packet(7), Documentation/networking/packet_mmap.rst, linux/if_packet.h).

A socket is made for protocol 0, which gets nothing; it is bound once ring and filter stand: no frame comes past the filter.

A frame with several VLAN tags is complete on a socket for one Ethernet interface. A cooked one gives the outer tag and the type
of what is innermost (vlan_get_protocol_dgram in the kernel's af_packet.c, since Linux 6.11), but the inner tags stand before the
payload, and the type of the first of them is not told: such frames of `any` cannot be put right, as little as libpcap can.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Sequence
from typing import Final

from analyzer.capture.live.source import SNAP_LENGTH, LiveError

ANY: Final = "any"
SOL_PACKET: Final = 263
PACKET_ADD_MEMBERSHIP: Final = 1
PACKET_RX_RING: Final = 5
PACKET_STATISTICS: Final = 6
PACKET_VERSION: Final = 10
PACKET_MR_PROMISC: Final = 1
PACKET_OUTGOING: Final = 4
TPACKET_V3: Final = 2
ETH_P_ALL: Final = 3
SO_ATTACH_FILTER: Final = 26
SIOCGIFHWADDR: Final = 0x8927
IFNAMSIZ: Final = 16
TPACKET_REQ3: Final = struct.Struct("7I")  #: block size, blocks, frame size, frames, timeout in ms, private bytes, features
TPACKET_STATS_V3: Final = struct.Struct("3I")  #: packets (dropped ones among them), drops, times the queue was frozen
PACKET_MREQ: Final = struct.Struct("iHH8s")
SOCKADDR_LL: Final = struct.Struct("=H2siHBB8s")
SOCK_FILTER: Final = struct.Struct("HBBI")  #: linux/filter.h: code, jump if true, jump if false, k
SOCK_FPROG: Final = struct.Struct("HP")

SMALLEST_BLOCK: Final = 1 << 16
LONGEST_FRAME: Final = 524_288  #: of BIG TCP
AROUND_FRAME: Final = 256  #: headers of a block and of its first frame, and some more
FEWEST_BLOCKS: Final = 4
FRAME_BYTES: Final = 2048  #: TPACKET_V3 needs a number here, and makes no use of it
RETIRE_MS: Final = 20  #: after which the kernel hands over a block that is not full

# classic BPF (linux/bpf_common.h) with Linux' ancillary data (linux/filter.h)
BPF_LD_W_ABS: Final = 0x20
BPF_JEQ_K: Final = 0x15
BPF_RET_K: Final = 0x06
SKF_AD_OFF: Final = 2**32 - 0x1000
SKF_AD_PKTTYPE: Final = SKF_AD_OFF + 4
SKF_AD_HATYPE: Final = SKF_AD_OFF + 28
BPF_MAXINSNS: Final = 4096

ARPHRD_ETHER: Final = 1
ARPHRD_LOOPBACK: Final = 772
LINKTYPE_ETHERNET: Final = 1
LINKTYPE_RAW: Final = 101
LINKTYPE_LINUX_SLL2: Final = 276
#: what a raw socket of such hardware gives; everything else is captured cooked, as `any` is
LINKTYPES: Final = {
    ARPHRD_ETHER: LINKTYPE_ETHERNET, ARPHRD_LOOPBACK: LINKTYPE_ETHERNET,
    519: LINKTYPE_RAW, 768: LINKTYPE_RAW, 769: LINKTYPE_RAW, 776: LINKTYPE_RAW, 778: LINKTYPE_RAW, 65534: LINKTYPE_RAW,
    801: 105, 802: 119, 803: 127,
}  # fmt: skip

Instruction = tuple[int, int, int, int]
#: sent frames of a loopback interface come once more as received ones: the first are dropped, as libpcap does
NOT_TWICE: Final[list[Instruction]] = [
    (BPF_LD_W_ABS, 0, 0, SKF_AD_HATYPE),
    (BPF_JEQ_K, 0, 3, ARPHRD_LOOPBACK),
    (BPF_LD_W_ABS, 0, 0, SKF_AD_PKTTYPE),
    (BPF_JEQ_K, 0, 1, PACKET_OUTGOING),
    (BPF_RET_K, 0, 0, 0),
]
NOTHING: Final[list[Instruction]] = [(BPF_RET_K, 0, 0, 0)]

libc: Final = ctypes.CDLL(None, use_errno=True)


class PacketSocket:
    """One socket: frames of one interface, or of all of them."""

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self.index = 0 if interface == ANY else socket.if_nametoindex(interface)
        self.linktype = LINKTYPE_LINUX_SLL2 if interface == ANY else LINKTYPES.get(hardware_type(interface), LINKTYPE_LINUX_SLL2)
        self.cooked = self.linktype == LINKTYPE_LINUX_SLL2
        self.blocks = self.block_bytes = 0
        self.received = self.dropped = 0
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM if self.cooked else socket.SOCK_RAW, 0)

    def fileno(self) -> int:
        return self._socket.fileno()

    def make_ring(self, buffer_bytes: int, snap_length: int) -> None:
        """Of so many bytes; of fewer, if the machine has no memory for them."""
        self.block_bytes = size = block_bytes(snap_length)
        blocks = max(buffer_bytes // size, FEWEST_BLOCKS)
        self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        while True:
            frames = size // FRAME_BYTES * blocks
            request = TPACKET_REQ3.pack(size, blocks, FRAME_BYTES, frames, RETIRE_MS, 0, 0)
            try:
                self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
            except OSError as error:
                if error.errno != errno.ENOMEM or blocks <= FEWEST_BLOCKS:
                    raise
                blocks = max(blocks // 2, FEWEST_BLOCKS)
            else:
                self.blocks = blocks
                return

    def attach(self, program: Sequence[Instruction]) -> None:
        """Only frames that this program accepts come from now on."""
        if len(program) > BPF_MAXINSNS:
            raise LiveError(f"the capture filter is too long: {len(program):,} instructions, the kernel takes {BPF_MAXINSNS:,}")
        code = ctypes.create_string_buffer(b"".join(SOCK_FILTER.pack(*instruction) for instruction in program))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, SOCK_FPROG.pack(len(program), ctypes.addressof(code)))

    def bind(self, promiscuous: bool) -> None:
        """From now on frames come."""
        if promiscuous and self.index:
            request = PACKET_MREQ.pack(self.index, PACKET_MR_PROMISC, 0, b"")
            self._socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
        address = SOCKADDR_LL.pack(socket.AF_PACKET, struct.pack("!H", ETH_P_ALL), self.index, 0, 0, 0, b"")
        if libc.bind(self.fileno(), address, len(address)) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def count(self) -> int:
        """Read the kernel's counters, which begins them anew: how many frames were dropped since the last time."""
        data = self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, TPACKET_STATS_V3.size)
        received, dropped, _ = TPACKET_STATS_V3.unpack(data)
        self.received += received
        self.dropped += dropped
        return int(dropped)

    def error(self) -> int:
        """What is wrong with it: an errno, 0: nothing. It is told once."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def close(self) -> None:
        self._socket.close()


def block_bytes(snap_length: int) -> int:
    """A block holds the longest frame. Small ones are better: the kernel closes one after RETIRE_MS, however little is in it.

    With the usual snap length it is just as long: what would be cut to that is cut some bytes before.
    """
    longest = snap_length if snap_length == SNAP_LENGTH else min(snap_length, LONGEST_FRAME) + AROUND_FRAME
    return max(SMALLEST_BLOCK, 1 << (longest - 1).bit_length())


def hardware_type(interface: str) -> int:
    """ARPHRD number (linux/if_arp.h)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        request = struct.pack(f"{IFNAMSIZ}s24x", os.fsencode(interface))
        answer = fcntl.ioctl(asked, SIOCGIFHWADDR, request)
    return int(struct.unpack_from("H", answer, IFNAMSIZ)[0])
