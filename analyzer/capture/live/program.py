"""Capture filters (pcap-filter(7)) as programs for a socket: compiled by libpcap, or by tcpdump where that is all there is.

Both compile for the very interface: the kernel takes VLAN tags out of a frame, and code for `vlan` has to ask it for them. For
cooked sockets they make code for the header that a program would see (LINKTYPE_LINUX_SLL and _SLL2); the kernel sees the payload
only, and has the fields of the header as ancillary data: the offsets are moved, as in libpcap's pcap-linux.c (fix_offset).
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

from analyzer.capture.live.packet_socket import (
    ANY,
    BPF_RET_K,
    LINKTYPE_ETHERNET,
    LINKTYPE_LINUX_SLL2,
    LINKTYPE_RAW,
    SKF_AD_OFF,
    SKF_AD_PKTTYPE,
    Instruction,
)
from analyzer.capture.live.permissions import program
from analyzer.capture.live.source import FilterError

LIBRARIES: Final = ("libpcap.so.1", "libpcap.so.0.8", "libpcap.so")
ERROR_BYTES: Final = 256  #: PCAP_ERRBUF_SIZE
UNKNOWN_NETMASK: Final = 0xFFFFFFFF  #: PCAP_NETMASK_UNKNOWN
DLT_RAW: Final = 12
DLT_LINUX_SLL: Final = 113
LOOPBACK: Final = "lo"
SURROGATES: Final = range(0xD800, 0xE000)  #: bytes of an argument that are not UTF-8
TIMEOUT_S: Final = 10.0  #: of tcpdump; a filter may contain names to be resolved

LOADS: Final = (0x00, 0x01)  #: classes BPF_LD and BPF_LDX (linux/bpf_common.h)
OF_THE_FRAME: Final = (0x20, 0x40, 0xA0)  #: their modes BPF_ABS, BPF_IND and BPF_MSH
SKF_AD_PROTOCOL: Final = SKF_AD_OFF
SKF_AD_IFINDEX: Final = SKF_AD_OFF + 8
#: length of the header, and which of its fields the kernel has: offset -> ancillary data
HEADERS: Final = {
    DLT_LINUX_SLL: (16, {0: SKF_AD_PKTTYPE, 14: SKF_AD_PROTOCOL}),
    LINKTYPE_LINUX_SLL2: (20, {0: SKF_AD_PROTOCOL, 4: SKF_AD_IFINDEX, 10: SKF_AD_PKTTYPE}),
}


class _Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint32)]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint), ("instructions", ctypes.POINTER(_Instruction))]


def compiled(interface: str, linktype: int, expression: str, snap_length: int) -> list[Instruction]:
    """The program for a socket whose frames are of that link type; it keeps so many bytes of a frame."""
    if not expression.strip():
        return [(BPF_RET_K, 0, 0, snap_length)]
    if "\0" in expression or any(character in SURROGATES for character in map(ord, expression)):
        raise FilterError("the capture filter has a character in it that no filter can have")
    library = libpcap()
    if library is not None:
        return _by_libpcap(library, interface, linktype, expression, snap_length)
    path = program("tcpdump")
    if path is not None:
        return _by_tcpdump(path, interface, linktype, expression, snap_length)
    raise FilterError(
        "a capture filter is compiled by libpcap, or by tcpdump, and neither is here\n"
        "Install one of them: apt install libpcap0.8, dnf install libpcap, or apk add libpcap"
    )


def moved(instructions: Sequence[Instruction], header: int) -> list[Instruction]:
    """A program for that cooked header (a key of HEADERS) as one for what the kernel sees."""
    length, fields = HEADERS[header]
    made = []
    for code, jt, jf, k in instructions:
        loads = code & 0x07 in LOADS and code & 0xE0 in OF_THE_FRAME
        if loads and k < SKF_AD_OFF:
            if k >= length:
                k -= length
            elif k in fields:
                k = fields[k]
            else:
                raise FilterError(f"the kernel cannot filter by byte {k} of the header of cooked frames")
        made.append((code, jt, jf, k))
    return made


@cache
def libpcap() -> Any | None:
    """The library; None: it is not here."""
    for name in LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.pcap_create.restype = library.pcap_open_dead.restype = ctypes.c_void_p
        library.pcap_geterr.restype = ctypes.c_char_p
        for function in (library.pcap_activate, library.pcap_close, library.pcap_datalink, library.pcap_geterr):
            function.argtypes = [ctypes.c_void_p]
        for function in (library.pcap_set_snaplen, library.pcap_set_datalink):
            function.argtypes = [ctypes.c_void_p, ctypes.c_int]
        library.pcap_compile.argtypes = [
            ctypes.c_void_p, ctypes.POINTER(_Program), ctypes.c_char_p, ctypes.c_int, ctypes.c_uint32,
        ]  # fmt: skip
        return library
    return None


def _by_libpcap(library: Any, interface: str, linktype: int, expression: str, snap_length: int) -> list[Instruction]:
    with _handle(library, interface, linktype, snap_length) as handle:
        made = _Program()
        if library.pcap_compile(handle, ctypes.byref(made), expression.encode(), 1, UNKNOWN_NETMASK) != 0:
            raise FilterError(_invalid(expression, _text(library.pcap_geterr(handle))))
        instructions = [(one.code, one.jt, one.jf, one.k) for one in made.instructions[: made.length]]
        library.pcap_freecode(ctypes.byref(made))
        header = library.pcap_datalink(handle)
    return moved(instructions, header) if header in HEADERS else instructions


@contextmanager
def _handle(library: Any, interface: str, linktype: int, snap_length: int) -> Iterator[Any]:
    """Active on that interface; where it is down, on another of its kind, else on none: then `vlan` does not find all."""
    others = [LOOPBACK] if linktype == LINKTYPE_ETHERNET else []
    handle = None
    for name in (interface, *others):
        handle = _active(library, name, linktype, snap_length)
        if handle is not None:
            break
    if handle is None:
        handle = library.pcap_open_dead(DLT_RAW if linktype == LINKTYPE_RAW else linktype, snap_length)
    try:
        yield handle
    finally:
        library.pcap_close(handle)


def _active(library: Any, interface: str, linktype: int, snap_length: int) -> Any | None:
    """None: it cannot be opened so, or has frames of another type there."""
    errors = ctypes.create_string_buffer(ERROR_BYTES)
    handle = library.pcap_create(os.fsencode(interface), errors)
    if not handle:
        return None
    library.pcap_set_snaplen(handle, snap_length)
    if library.pcap_activate(handle) >= 0:
        if linktype == LINKTYPE_LINUX_SLL2:
            library.pcap_set_datalink(handle, LINKTYPE_LINUX_SLL2)
        if library.pcap_datalink(handle) in _fitting(linktype):
            return handle
    library.pcap_close(handle)
    return None


def _fitting(linktype: int) -> tuple[int, ...]:
    """DLT_ numbers of libpcap whose code is right for such a socket, if need be when moved."""
    if linktype == LINKTYPE_RAW:
        return DLT_RAW, *HEADERS
    return tuple(HEADERS) if linktype == LINKTYPE_LINUX_SLL2 else (linktype,)


def _by_tcpdump(path: str, interface: str, linktype: int, expression: str, snap_length: int) -> list[Instruction]:
    cooked = interface == ANY
    command = [path, "-i", interface, "-s", str(snap_length), "-ddd", *(["-y", "LINUX_SLL2"] if cooked else []), "--", expression]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S, errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FilterError(f"the capture filter cannot be compiled by tcpdump: {error}") from None
    if said.returncode != 0:
        reason = said.stderr.strip().rpartition("\n")[2].removeprefix("tcpdump: ")
        raise FilterError(_invalid(expression, reason))
    lines = said.stdout.split("\n")[1:]
    instructions = [tuple(map(int, line.split())) for line in lines if line]
    made = [(code, jt, jf, k) for code, jt, jf, k in instructions]
    if linktype == LINKTYPE_LINUX_SLL2:
        return moved(made, LINKTYPE_LINUX_SLL2 if cooked else DLT_LINUX_SLL)
    return made


def _invalid(expression: str, reason: str) -> str:
    return f"the capture filter {expression!r} is not valid: {reason}"


def _text(said: bytes) -> str:
    return said.decode(errors="replace")
