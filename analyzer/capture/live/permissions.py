"""Which backends can capture here, and for each that cannot: what is missing, and the command that grants it.

Raw packets need CAP_NET_RAW (capabilities(7)): of this process for its own sockets, or of the file of a program that captures.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shlex
import shutil
import socket
import stat
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from analyzer.capture.live import privileges

RAW: Final = 1 << privileges.CAP_NET_RAW
ADMIN: Final = 1 << privileges.CAP_NET_ADMIN
CAPABILITY_ATTRIBUTE: Final = "security.capability"  #: vfs_cap_data: flags and revision, then permitted and inheritable
ELSEWHERE: Final = ("/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/sbin", "/Applications/Wireshark.app/Contents/MacOS")
WIRESHARK: Final = "wireshark"  #: the group that may run dumpcap, as Debian, Fedora and Arch name it
LINUX: Final = platform.system() == "Linux"
WINDOWS: Final = platform.system() == "Windows"
UNNAMED: Final = " -i INTERFACE"  #: in a command, where it is not known which interfaces are meant
LACKING: Final = "this process lacks CAP_NET_RAW"
NEVER: Final = "no program can get CAP_NET_RAW here (no_new_privs, or a container that was started without --cap-add=NET_RAW)"


@dataclass(frozen=True, slots=True)
class Backend:
    """A way to capture. It works here where nothing keeps it from it."""

    name: str
    reason: str = ""  #: what keeps it from capturing, as a part of a sentence
    command: str = ""  #: what grants it, for a shell; empty: nothing does
    note: str = ""  #: what has to be known of that command

    @property
    def usable(self) -> bool:
        return not self.reason

    def hint(self, interfaces: Sequence[str] = ()) -> str:
        """What to do where it is not usable to capture from these, as a line for an error; empty: nothing helps."""
        if not self.command:
            return f"{NEVER[0].upper()}{NEVER[1:]}" if self.reason == NEVER else ""
        named = "".join(f" -i {shlex.quote(name)}" for name in interfaces)
        command = self.command.replace(UNNAMED, named or UNNAMED)
        return f"This grants it: {command}" + (f" ({self.note})" if self.note else "")


def backends() -> list[Backend]:
    """All that there are, the best first."""
    return [check() for check in CHECKS.values()]


def permission_hint(backend: str, interfaces: Sequence[str] = ()) -> str:
    """What to do where a backend may not capture from these, as one line for an error; empty: there is none, or nothing helps."""
    check = CHECKS.get(backend)
    if check is None:
        return ""
    found = check()
    return found.hint(interfaces) or Backend(backend, "refused", _sudo()).hint(interfaces)


def program(name: str) -> str | None:
    """Where dumpcap or tcpdump is, also where PATH of a user does not lead; also one that this user may not run."""
    found = shutil.which(name)
    if found:
        return found
    places = [*os.environ.get("PATH", os.defpath).split(os.pathsep), *ELSEWHERE]
    return next((path for path in (str(Path(place) / name) for place in places) if Path(path).is_file()), None)


def raw_sockets() -> bool:
    """Whether this process may open a packet socket; of protocol 0, which gets no frame."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except OSError:
        return False
    return True


def _af_packet() -> Backend:
    if sys.platform != "linux":
        return Backend("af_packet", "only Linux has it")
    if raw_sockets():
        return Backend("af_packet")
    return _without_raw_sockets("af_packet")


def _without_raw_sockets(name: str) -> Backend:
    return Backend(name, LACKING, _sudo()) if _attainable() else Backend(name, NEVER)


def _attainable() -> bool:
    """Whether a program that is started from here can get CAP_NET_RAW: by sudo, or by a capability of its file."""
    return not privileges.limited() and privileges.held("CapBnd") & RAW != 0


def _scapy() -> Backend:
    if find_spec("scapy") is None:
        return Backend("scapy", "it is not installed", f"{sys.executable} -m pip install scapy")
    if LINUX:
        return Backend("scapy") if raw_sockets() else _without_raw_sockets("scapy")
    if WINDOWS:
        if (Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "Npcap").is_dir():
            return Backend("scapy")
        return Backend("scapy", "Npcap is not installed", "winget install Insecure.Npcap")
    devices = sorted(Path("/dev").glob("bpf*"))
    if os.geteuid() == 0 or any(os.access(device, os.R_OK) for device in devices):
        return Backend("scapy")
    return Backend("scapy", "this user may not read /dev/bpf*", _sudo(), "Wireshark's ChmodBPF grants it for good")


def _dumpcap() -> Backend:
    path = program("dumpcap")
    if path is None:
        return Backend("dumpcap", "it is not installed", _install("wireshark-common", "wireshark-cli", "wireshark"))
    if os.access(path, os.X_OK):
        granted = Backend("dumpcap", "it lacks CAP_NET_RAW", *_granted_to_dumpcap(path))
        return _able("dumpcap", path) or granted
    group = _group(path)
    if group is None:
        return Backend("dumpcap", f"this user may not run {path}", _sudo())
    user = _user()
    if _listed_in(group, user):
        return Backend(
            "dumpcap",
            f"{user} is in the group {group}, but was not yet when this session began",
            f"newgrp {group}",
            "or log in again",
        )
    return Backend("dumpcap", f"{user} is not in the group {group}", f"sudo usermod -aG {group} {user}", "then log in again")


def _granted_to_dumpcap(path: str) -> tuple[str, str]:
    """The command, and what has to be known: everybody should not get it, so a group is allowed to run it."""
    user = _user()
    if Path("/var/lib/dpkg/info/wireshark-common.list").exists():
        command = f"sudo dpkg-reconfigure wireshark-common && sudo usermod -aG {WIRESHARK} {user}"
        return command, "answer Yes, then log in again"
    real = os.path.realpath(path)
    command = (
        f"sudo groupadd -f {WIRESHARK} && sudo chgrp {WIRESHARK} {real} && sudo chmod 750 {real} && "
        f"sudo setcap cap_net_raw,cap_net_admin+eip {real} && sudo usermod -aG {WIRESHARK} {user}"
    )
    return command, "then log in again"


def _tcpdump() -> Backend:
    path = program("tcpdump")
    if path is None:
        return Backend("tcpdump", "it is not installed", _install("tcpdump", "tcpdump", "tcpdump"))
    if not os.access(path, os.X_OK):
        return Backend("tcpdump", f"this user may not run {path}", _sudo())
    command = f"sudo setcap cap_net_raw+ep {os.path.realpath(path)}"
    granted = Backend("tcpdump", "it lacks CAP_NET_RAW", command, "every user of this machine may then capture with it")
    return _able("tcpdump", path) or granted


def _able(name: str, path: str) -> Backend | None:
    """A program that may be run: None where only a capability of its file is missing."""
    if sys.platform != "linux":
        return Backend(name) if _scapy().usable else Backend(name, "this user may not capture", _sudo())
    if privileges.held("CapEff") & RAW:
        return Backend(name)
    status = Path(path).stat()
    setuid = status.st_mode & stat.S_ISUID and status.st_uid == 0
    if not setuid and not _file_capabilities(path) & RAW and _attainable():
        return None
    return Backend(name) if _attainable() else Backend(name, NEVER)


def _file_capabilities(path: str) -> int:
    """The lower 32 permitted capabilities of a file."""
    try:
        value = os.getxattr(path, CAPABILITY_ATTRIBUTE)
    except OSError:
        return 0
    return int(struct.unpack_from("<I", value, 4)[0]) if len(value) >= 8 else 0


def _sudo() -> str:
    """This program, run as root; empty: that is no help. sudo does not look into virtual environments: a full path is needed."""
    if WINDOWS or (LINUX and not _attainable()):
        return ""
    begun = sys.argv[0]
    ours = Path(begun).name == "analyzer" and Path(begun).is_file()
    path = str(Path(begun).absolute()) if ours else shutil.which("analyzer")
    command = shlex.quote(path) if path else f"{shlex.quote(sys.executable)} -m analyzer"
    return f"sudo {command} live{UNNAMED}"


def interpreter_command() -> str:
    """What gives CAP_NET_RAW to the interpreter, and so to every Python program; it has to name the file behind all links."""
    return f"sudo setcap cap_net_raw+ep {os.path.realpath(sys.executable)}"


INSTALLERS: Final = (("apt-get", "apt-get install {0}"), ("dnf", "dnf install {1}"), ("pacman", "pacman -S {1}"),
                     ("zypper", "zypper install {2}"), ("apk", "apk add {2}"))  # fmt: skip


def _install(debian: str, fedora: str, other: str) -> str:
    """The command of this distribution that installs a package, by its name there."""
    known = next((command for tool, command in INSTALLERS if shutil.which(tool)), None)
    if known is not None:
        return "sudo " + known.format(debian, fedora, other)
    return f"brew install {other}" if shutil.which("brew") else ""


def _user() -> str:
    """The user who should be given something."""
    import getpass

    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return str(os.getuid())


def _group(path: str) -> str | None:
    """The group that may run a file where not everybody may."""
    import grp

    status = Path(path).stat()
    if not status.st_mode & stat.S_IXGRP:
        return None
    with contextlib.suppress(KeyError):
        return grp.getgrgid(status.st_gid).gr_name
    return str(status.st_gid)


def _listed_in(group: str, user: str) -> bool:
    import grp

    with contextlib.suppress(KeyError):
        return user in grp.getgrnam(group).gr_mem
    return False


CHECKS: Final[dict[str, Callable[[], Backend]]] = {
    "af_packet": _af_packet, "dumpcap": _dumpcap, "tcpdump": _tcpdump, "scapy": _scapy,
}  # fmt: skip
