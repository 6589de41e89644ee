"""What the programs say of a capture: the analyzer's verdicts and stalls, tshark's flags."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

#: verdicts about a segment; all others are about acknowledgments and windows, or name what is in order
KINDS = {
    "capture_duplicate",
    "keep_alive",
    "late_original",
    "network_duplicate",
    "old_ack",
    "reordered",
    "retransmission",
    "unknown",
    "window_probe",
}
#: the first of these that a frame has is its kind for tshark; a probe of the window is a keep-alive too
TSHARK_FLAGS = {
    "spurious_retransmission": "retransmission",
    "fast_retransmission": "retransmission",
    "retransmission": "retransmission",
    "out_of_order": "out_of_order",
    "zero_window_probe": "window_probe",
    "keep_alive": "keep_alive",
}


class Failed(Exception):
    """The analyzer gave no answer; the text says for what."""


def has_command(command: list[str], name: str) -> bool:
    """Whether the analyzer has it."""
    done = subprocess.run([*command, name, "--help"], capture_output=True, check=False, text=True)
    return f" {name} " in done.stdout.partition("\n")[0]


def rows(command: list[str], name: str, capture: Path) -> list[dict[str, Any]]:
    """The rows of one of the analyzer's commands."""
    done = subprocess.run([*command, name, str(capture), "--format", "ndjson"], capture_output=True, check=False)
    if done.returncode not in (0, 3):
        text = done.stderr.decode(errors="replace")[-400:]
        raise Failed(f"{capture.name}: {name} ended with status {done.returncode}: {text}")
    return [json.loads(line) for line in done.stdout.splitlines() if line]


def of_frames(tcp: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """frame -> kind, trigger and need, where it is anything but an original in order."""
    found: dict[int, dict[str, Any]] = {}
    for row in tcp:
        kind = row.get("verdict")
        if kind in KINDS:
            found[row["frame"]] = {name: row.get(name) for name in ("direction", "trigger", "need")} | {"kind": kind}
    return found


def of_tshark(capture: Path) -> dict[int, dict[str, Any]]:
    """frame -> kind as tshark's flags have it."""
    fields = [option for flag in TSHARK_FLAGS for option in ("-e", f"tcp.analysis.{flag}")]
    command = ["tshark", "-r", str(capture), "-T", "fields", "-e", "frame.number", *fields]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    found = {}
    for line in done.stdout.splitlines():
        number, *flags = line.split("\t")
        kind = next((kind for kind, flag in zip(TSHARK_FLAGS.values(), flags, strict=True) if flag), None)
        if kind:
            found[int(number)] = {"kind": kind, "trigger": None, "need": None}
    return found
