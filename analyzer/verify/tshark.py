"""The installed tshark: where it is, which version, and one run of it over a capture, read row by row.

It runs with a configuration directory of its own, so that no preference of the user changes its verdicts, and with its
application dissectors off: VNC, SOCKS, FTP and H.323 change stream numbers and completeness (WIRESHARK.md 1.1).
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final

from analyzer.dissect import stack

#: protocols that stay on besides those that the analyzer dissects: they lead from one of these to the next, or belong to one
BETWEEN: Final = frozenset((
    "frame", "ethertype", "fcs", "data", "loop", "ppp_hdlc", "pppoe", "pppoed", "pwethheuristic", "pwethcw", "pwethnocw",
    "erspan-marker", "pcap_pktdata", "cfp", "macsec", "wlan_radio", "igmp", "mptcp",
))  # fmt: skip
FAMILIES: Final = ("ip.options.", "ipv6.", "tcp.options.", "geneve.", "wlan_", "ppi_")  #: parts of such a protocol
RULES_OF: Final = (4, 0)  #: the version that the analyzer's verdicts follow
ERROR_BYTES: Final = 4_096  #: read of what tshark says on standard error


class TsharkError(Exception):
    """tshark cannot be asked; the message says why."""


class Tshark:
    """One installed tshark, found as pyshark finds it, with a private profile. Close it, or use it in a `with` statement."""

    def __init__(self) -> None:
        """Raises TsharkError where tshark or pyshark is missing or does not run."""
        try:
            from pyshark.tshark.tshark import TSharkNotFoundException, get_process_path
        except ImportError as error:
            raise TsharkError(f"pyshark is not installed ({error})") from error
        try:
            self.path: str = get_process_path()
        except TSharkNotFoundException as error:
            raise TsharkError("tshark is not installed") from error
        self._profile = tempfile.TemporaryDirectory(prefix="analyzer-tshark-")
        self.environment = {**os.environ, "WIRESHARK_CONFIG_DIR": self._profile.name}
        found = re.search(r"(\d+)\.(\d+)\.(\d+)", self._say("--version"))
        if found is None:
            raise TsharkError(f"{self.path} does not say its version")
        self.version = found.group()
        self.release = (int(found[1]), int(found[2]))
        names = (line.split("\t")[2] for line in self._say("-G", "protocols").splitlines() if line.count("\t") >= 2)
        kept = BETWEEN | stack.DISSECTORS.keys()
        off = sorted({name for name in names if name not in kept and not name.startswith(FAMILIES)})
        (Path(self._profile.name) / "disabled_protos").write_text("\n".join(off) + "\n")

    @property
    def other_rules(self) -> str:
        """'newer' or 'older' where this version's rules are not those of 4.0, else empty."""
        return "newer" if self.release > RULES_OF else "older" if self.release < RULES_OF else ""

    def fields(self, capture: str, fields: Sequence[str]) -> TsharkRows:
        """Start reading a capture; the rows hold these fields of each frame, occurrences separated by commas."""
        options = [word for name in fields for word in ("-e", name)]
        command = [self.path, "-n", "-r", capture, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", *options]
        return TsharkRows(command, self.environment)

    def close(self) -> None:
        self._profile.cleanup()

    def __enter__(self) -> Tshark:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _say(self, *arguments: str) -> str:
        try:
            return subprocess.run(
                [self.path, *arguments], env=self.environment, capture_output=True, text=True, errors="replace", check=True
            ).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            raise TsharkError(f"{self.path} does not run: {error}") from error


class TsharkRows:
    """The rows of one run, as they come: tshark waits while we do not read, so nothing piles up."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._error: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=self._error, text=True, errors="replace"
        )

    def __iter__(self) -> Iterator[list[str]]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield line.rstrip("\n").split("\t")

    def close(self) -> tuple[int, str]:
        """End it; the exit status and what it said on standard error. Nothing happens the second time."""
        if self._error.closed:
            return self._process.wait(), ""
        assert self._process.stdout is not None
        self._process.stdout.close()
        status = self._process.wait()
        self._error.seek(0)
        said = self._error.read(ERROR_BYTES).decode(errors="replace")
        self._error.close()
        lines = [line for line in said.splitlines() if line.strip() and not line.startswith("Running as user")]
        return status, " ".join(lines)
