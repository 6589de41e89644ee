"""What may go wrong under `analyzer live`: each case prints what was said, and what of it was wrong; see scene.py."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench_programs import analyzer

from . import load
from .compare import summarised
from .pair import DEVICE, join, pair
from .running import TRACES, environment, until
from .scene import RATE, Case, Scene, begun, closed, packets, readable, told, whole
from .traffic import make

HEAVY_RATE = 150_000  #: frames a second
STOPPED_S = 10.0
#: a user who may do nothing special, but reads what root reads: the program may lie where others must not look
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")
SMALL_DISK = "8m"
CHILDREN = ("dumpcap", "tcpdump")  #: backends that are programs of somebody else
NO_PACKETS = "no packets afterwards"
MOST_LINES = 5  #: of a message: two for how it is used, an empty one, the reason, a hint
KILLS = 20


def removed(scene: Scene) -> Case:
    """The interface is deleted; it ends by itself."""
    case = Case("interface removed")
    with scene.traffic():
        live = scene.live("-w", str(scene.out))
        if not begun(case, live):
            return case
        before = told(live)
        scene.pair.ip("near", "link", "delete", DEVICE)
    if until(lambda: live.process.poll() is not None, 10):
        case.notes.append("it ended by itself")
    else:
        case.check(False, "it did not end by itself")
    case.status = live.stop()
    join(scene.pair, True)
    case.check(bool(live.of("interface")), "no interface event")
    case.notes += [str(event) for event in live.of("interface")][:2]
    closed(case, live, before, path=scene.out)
    return case


def down_up(scene: Scene) -> Case:
    """The interface goes down and comes up; frames are captured again."""
    case = Case("interface down and up")
    with scene.traffic():
        live = scene.live("-w", str(scene.out))
        if not begun(case, live):
            return case
        scene.pair.ip("near", "link", "set", DEVICE, "down")
        went = live.has("interface", limit=10)
        before = told(live)
        time.sleep(1)
        scene.pair.ip("near", "link", "set", DEVICE, "up")
        case.check(live.has("statistics", lambda event: packets(event) > before + RATE // 2, 15), NO_PACKETS)
    case.check(went, "no interface event")
    case.notes += [str(event) for event in live.of("interface")][:3]
    case.status = live.stop()
    closed(case, live, before, path=scene.out)
    return case


def renamed(scene: Scene) -> Case:
    """The interface gets another name; it is captured further."""
    case = Case("interface renamed")
    with scene.traffic():
        live = scene.live("-w", str(scene.out))
        if not begun(case, live):
            return case
        scene.pair.ip("near", "link", "set", DEVICE, "down")
        scene.pair.ip("near", "link", "set", DEVICE, "name", "other0")
        scene.pair.ip("near", "link", "set", "other0", "up")
        case.check(live.has("interface", lambda event: "other0" in str(event), 10), "no interface event with the new name")
        before = told(live)
        if scene.backend in CHILDREN:  # they end when their interface has another name
            case.check(until(lambda: live.process.poll() is not None, 15), "it did not end")
        else:
            case.check(live.has("statistics", lambda event: packets(event) > before + RATE // 2, 15), NO_PACKETS)
    case.notes += [str(event) for event in live.of("interface")][:4]
    case.status = live.stop()
    scene.pair.ip("near", "link", "delete", "other0")
    join(scene.pair, True)
    closed(case, live, before, path=scene.out)
    return case


def paused(scene: Scene) -> Case:
    """SIGSTOP under load: what the buffer could not hold is counted as dropped, and the counters add up."""
    case = Case(f"SIGSTOP for {STOPPED_S:g} s")
    begin = scene.pair.counter()
    live = scene.live("-w", str(scene.out))
    if not live.began():
        case.check(False, "it did not begin")
        return case
    with scene.traffic(HEAVY_RATE):
        live.has("statistics", lambda event: packets(event) > 0)
        before = told(live)
        live.process.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_S)
        live.process.send_signal(signal.SIGCONT)
        time.sleep(2)
    sent = scene.pair.counter() - begin
    load.catch_up(live.process)
    case.status = live.stop()
    event = (live.of("summary") or live.of("statistics") or [{}])[-1]
    counters = event["counters"] if isinstance(event.get("counters"), dict) else event
    got, dropped = packets(event), int(counters.get("dropped_kernel") or 0) + int(counters.get("dropped_here") or 0)
    case.notes.append(f"{sent} sent, {got} analyzed, {dropped} dropped, {sent - got - dropped} not accounted for")
    case.check(dropped > 0, "no drops were counted")
    case.check(sent == got + dropped, "packets and drops are not what was sent")
    drops = [one["text"] for one in summarised(event).get("findings") or [] if "drops" in one["kind"]]
    case.notes += drops
    case.check(bool(drops), "no finding that the capture lost packets")
    closed(case, live, before, path=scene.out)
    return case


def full_disk(scene: Scene) -> Case:
    """A small tmpfs is full: writing stops, analyzing goes on."""
    case = Case("disk full")
    place = scene.folder / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(place)], check=True)
    try:
        out = place / "out.pcapng"
        with scene.traffic():
            live = scene.live("-w", str(out))
            if not begun(case, live):
                return case
            stopped = live.has("writing", lambda event: event["what"] == "stopped" and bool(event["reason"]))
            case.check(stopped, "no writing event that says that the disk is full")
            before = told(live)
            case.check(live.has("statistics", lambda event: packets(event) > before + RATE, 20), "it did not go on analyzing")
        case.status = live.stop()
        case.notes += [str(event) for event in live.of("writing")][-2:]
        closed(case, live, 1, path=out)
        case.check(whole(out)[1] == 0, f"{whole(out)[1]} bytes of half a block at the end of the file")
    finally:
        subprocess.run(["umount", str(place)], check=False)
    return case


def killed(scene: Scene) -> Case:
    """SIGKILL at random moments under load: is the file whole up to its end?"""
    case = Case(f"kill -9, {KILLS} times")
    cut = unreadable = short = 0
    chance = random.Random(1)
    with scene.traffic(HEAVY_RATE):
        for _ in range(KILLS):
            scene.out.unlink(missing_ok=True)
            live = scene.live("-w", str(scene.out))
            if not live.began():
                case.check(False, "it did not begin")
                break
            until(lambda: scene.out.exists() and scene.out.stat().st_size > 100_000, 10)
            time.sleep(chance.random() * 1.5)
            before = told(live)
            case.status = live.stop(signal.SIGKILL)
            count, rest = whole(scene.out)
            cut += rest > 0
            found = readable(scene.out)
            unreadable += found is None and rest == 0
            short += count < before
    case.notes.append(f"{cut} files end within a block, {unreadable} whole ones cannot be read, {short} lack packets told of")
    case.check(not unreadable, "files cannot be read")
    case.check(not short, "packets that were told of are not in the file")
    closed(case, live, 0, summary=False)
    return case


def ended_by(number: int, times: int = 1) -> Callable[[Scene], Case]:
    """A signal, or the same one twice."""

    def ended(scene: Scene) -> Case:
        case = Case(f"{signal.Signals(number).name}{' twice' if times > 1 else ''}")
        with scene.traffic():
            live = scene.live("-w", str(scene.out))
            if not begun(case, live):
                return case
            before = told(live)
            for _ in range(times):
                with contextlib.suppress(ProcessLookupError):
                    live.process.send_signal(number)
                time.sleep(0.02)
            case.status = live.wait()
        closed(case, live, before, summary=times == 1, path=scene.out)
        return case

    return ended


def refused(
    name: str, words: tuple[str, ...], *options: str, interface: str = DEVICE, prefix: tuple[str, ...] = ()
) -> Callable[[Scene], Case]:
    """It must not begin, and say why; one of the words is in what it says."""

    def ended(scene: Scene) -> Case:
        case = Case(name)
        live = scene.live(*options, interface=interface, prefix=prefix)
        if not until(lambda: live.process.poll() is not None, 20):
            case.check(False, "it did not end")
        case.status = live.stop(signal.SIGKILL)
        closed(case, live, 0, summary=False)
        case.check(case.status not in (0, -9), "the exit status says that all is well")
        case.check(any(word in case.said for word in words), f"none of {words} is said")
        case.check(len(case.said.splitlines()) <= MOST_LINES, "a long message")
        return case

    return ended


def first_line(scene: Scene) -> Case:
    """`analyzer live ... | head -1`: it ends when nobody reads any more."""
    case = Case("| head -1")
    own = [*analyzer(), "live", "-i", DEVICE, "--backend", scene.backend, "--format", "ndjson", "-n", "-w", str(scene.out)]
    with scene.traffic(), (scene.folder / "err").open("wb") as err:
        live = subprocess.Popen(scene.pair.inside("near", *own), stdout=subprocess.PIPE, stderr=err, env=environment())
        head = subprocess.run(["head", "-1"], stdin=live.stdout, capture_output=True, text=True, check=False)
        assert live.stdout is not None
        live.stdout.close()
        ended = until(lambda: live.poll() is not None, 20)
        if not ended:
            live.kill()
        case.status = live.wait()
    case.said = (scene.folder / "err").read_text(errors="replace").strip()
    case.check(ended, "it did not end")
    case.check(head.stdout.startswith("{"), "no line came")
    case.check(not any(word in case.said for word in TRACES), "a traceback")
    case.check(whole(scene.out)[1] == 0 and readable(scene.out) is not None, "the file is not whole")
    return case


CASES: dict[str, Callable[[Scene], Case]] = {
    "removed": removed,
    "down-up": down_up,
    "renamed": renamed,
    "sigstop": paused,
    "disk-full": full_disk,
    "kill": killed,
    "no-permission": refused("no permission", ("CAP_NET_RAW",), prefix=POWERLESS),
    "unknown-interface": refused("unknown interface", ("nope0",), interface="nope0"),
    "invalid-filter": refused("invalid filter", ("filter", "syntax"), "-f", "tcp prot 443"),
    "ctrl-c": ended_by(signal.SIGINT),
    "ctrl-c-twice": ended_by(signal.SIGINT, 2),
    "sigterm": ended_by(signal.SIGTERM),
    "head": first_line,
}


def faults(names: list[str], backends: list[str]) -> int:
    """Run cases; 0 if nothing is wrong."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, pair(str(os.getpid())) as both:
        Path(folder).chmod(0o755)
        capture = make("udp64", Path(folder))
        for backend in backends:
            for name in names:
                place = Path(folder) / f"{backend}-{name}"
                place.mkdir()
                case = CASES[name](Scene(both, place, capture, backend))
                show(backend, case)
                wrong += bool(case.wrong)
                shutil.rmtree(place, ignore_errors=True)
    print(f"\n{wrong} of {len(names) * len(backends)} cases have something wrong")
    return 1 if wrong else 0


def show(backend: str, case: Case) -> None:
    """Print a case."""
    print(f"\n{'WRONG' if case.wrong else 'ok   '} {backend}: {case.name}, status {case.status}")
    lines = case.said.splitlines()
    for line in lines if len(lines) <= MOST_LINES else [lines[0], "...", lines[-1]]:
        print(f"      says: {line}")
    for text in case.notes:
        print(f"      {text}")
    for text in case.wrong:
        print(f"      WRONG: {text}")
    sys.stdout.flush()
