"""Give up what was needed to open the sockets (capabilities(7), PR_SET_NO_NEW_PRIVS in prctl(2)); Linux only.

Root by way of sudo becomes the user who called it, if that user may read this program and write where it has to. Root of its
own, or a program with capabilities, keeps its user and loses all capabilities. Reading a socket that is open, its statistics,
rtnetlink and /sys need none of them. The kernel keeps capabilities for each thread: `drop` is called before there are others.
Children that run already keep what they have.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

CAP_DAC_OVERRIDE: Final = 1  #: write files of others
CAP_NET_ADMIN: Final = 12
CAP_NET_RAW: Final = 13
CAPABILITY_VERSION_3: Final = 0x20080522  #: of the structures of capset(2): two words of 32 bits each
PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
MOST_CAPABILITIES: Final = 64
STATUS: Final = Path("/proc/thread-self/status")


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def drop(
    directories: Iterable[str | os.PathLike[str]] = (),
    own: Iterable[str | int] = (),
    environment: Mapping[str, str] = os.environ,
) -> str:
    """Give them up for good; a sentence that says what happened, empty where there was nothing to give up.

    directories: where files will be made from now on. Where the user behind sudo may not do that, this stays root without
    capabilities; and keeps the right to write there, if it is another user's directory.
    own: paths and descriptors of what was made until now, which that user gets, or could neither read nor delete it.
    """
    directories = list(directories)
    if sys.platform != "linux" or not held():
        return ""
    user = _behind_sudo(environment)
    if user is not None and _may_go_on(user[1], user[2], directories):
        name, uid, gid = user
        for made in own:
            os.chown(made, uid, gid)
        _become(name, uid, gid)
        _clear(0)
        return f"Privileges were given up: this runs as {name} now."
    kept = 0
    if os.geteuid() == 0 and not all(_may_write(directory) for directory in directories):
        kept = 1 << CAP_DAC_OVERRIDE & held()
    _clear(kept)
    if kept:
        return "Privileges were given up: no capability is left but that of writing files of other users."
    return "Privileges were given up: no capability is left."


def held(kind: str = "CapPrm") -> int:
    """The capabilities of this thread, one bit each: those permitted, or those effective (CapEff) or ever possible (CapBnd)."""
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1], 16) for line in lines if line.startswith(f"{kind}:")), 0)


def limited() -> bool:
    """Whether no program that is started from here gets capabilities of its file (no_new_privs, as in many containers)."""
    try:
        return "\nNoNewPrivs:\t1\n" in STATUS.read_text()
    except OSError:
        return False


def _behind_sudo(environment: Mapping[str, str]) -> tuple[str, int, int] | None:
    """Name, user and group of who called sudo, where that is not root."""
    if os.geteuid() != 0:
        return None
    try:
        uid, gid = int(environment["SUDO_UID"]), int(environment["SUDO_GID"])
    except (KeyError, ValueError):
        return None
    return (environment.get("SUDO_USER") or str(uid), uid, gid) if uid > 0 and gid >= 0 else None


def _may_go_on(uid: int, gid: int, directories: Iterable[str | os.PathLike[str]] = ()) -> bool:
    """Whether that user may write there, and read this program and its Python: modules are imported when they are needed."""
    try:
        os.setegid(gid)  # fails where even root may not change users, in some containers
        os.seteuid(uid)
        read = (os.__file__, __file__, sys.executable)
        return all(os.access(path, os.R_OK, effective_ids=True) for path in read) and all(
            os.access(path, os.W_OK | os.X_OK, effective_ids=True) for path in directories
        )
    except PermissionError:
        return False
    finally:
        os.seteuid(0)
        os.setegid(os.getgid())


def _become(name: str, uid: int, gid: int) -> None:
    try:
        os.initgroups(name, gid)
    except OSError:
        os.setgroups([gid])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _clear(kept: int) -> None:
    """Leave only the capabilities `kept`, for this program and whatever it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(MOST_CAPABILITIES):
        if libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # it needs CAP_SETPCAP, or there are no more
    header = _Header(CAPABILITY_VERSION_3, 0)
    low = _Sets(kept, kept, 0)
    sets = (_Sets * 2)(low, _Sets())
    if libc.capset(ctypes.byref(header), sets) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _may_write(directory: str | os.PathLike[str]) -> bool:
    """Whether this user may write there by the permissions of the directory alone."""
    try:
        status = Path(directory).stat()
    except OSError:
        return True
    if status.st_uid == os.geteuid():
        return bool(status.st_mode & stat.S_IWUSR)
    if status.st_gid in {os.getegid(), *os.getgroups()}:
        return bool(status.st_mode & stat.S_IWGRP)
    return bool(status.st_mode & stat.S_IWOTH)
