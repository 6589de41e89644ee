"""curl's own times against the phases of the journeys that the analyzer finds in the capture of the same requests.

curl's clock starts when a transfer is set up, its times are sums since then (curl(1), --write-out):

    time_namelookup     the name is resolved: behind getaddrinfo, whose first query leaves a little after the start
    time_connect        connect() is done: the SYN/ACK has arrived
    time_appconnect     the TLS library says that the handshake is done: the client's Finished has left
    time_pretransfer    the request is about to be sent
    time_starttransfer  the first byte of the answer has been read (and decrypted)
    time_total          the last byte of the answer has been read

Each is compared as the distance from the one before it with the same distance in the journey. What curl needs from connect()
to its ClientHello is time of the client in the journey, and stands in `tls` here on both sides. A record of TLS can be read when
its last byte is there: `answer` ends where the record is complete that the journey's first byte begins, found in the capture
without the analyzer.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import server_times, servers
from .decrypted import Talk, records, talks
from .network import SERVER, Network, network
from .rows import rows

ROUND_TRIPS = (1.0, 20.0, 60.0, 120.0)  #: ms
LOSSES = (0.0, 0.03)  #: shares of the frames of TCP
REPEATS = 4  #: of each kind in one network
SERIES = 4  #: requests of one curl, where it makes several
SETTLE = 1.5  #: seconds until every server listens
LARGE = 5_000_000  #: ns: a difference that must be explained
SAID = "curl.ndjson"
RECORD_HEADER = 5
HOST = servers.NAMES[0]
STEPS = ("lookup", "connect", "tls", "answer", "transfer", "total")

WHY = {
    "lookup": "getaddrinfo reads its configuration before the first query, and the thread that waited has to be scheduled",
    "connect": "curl is scheduled late; a repeated SYN that another SYN/ACK answered",
    "tls": "curl loads its certificates between connect() and the ClientHello, checks the server's, and is scheduled",
    "answer": "curl is scheduled late, or an encrypted first byte was not found",
    "transfer": "curl reads in pieces, and stops when it has the length that was promised: what comes behind is not counted",
    "total": "the sum of the others",
}


@dataclass(frozen=True)
class Kind:
    """A way to ask."""

    name: str
    port: int
    options: tuple[str, ...] = ()
    path: str = "0/2000"
    series: int = 1
    by_address: bool = False


SECURE = ("--cacert", "root.pem", "--http1.1")
OLDER, CLOSE = ("--tls-max", "1.2"), ("--header", "Connection: close")
KINDS = (
    Kind("HTTP", servers.PLAIN),
    Kind("HTTP, slow server", servers.PLAIN, path="120/2000"),
    Kind("HTTP, 200 kB", servers.PLAIN, path="0/200000"),
    Kind("HTTP, connection reused", servers.PLAIN, series=SERIES),
    Kind("HTTP, by address", servers.PLAIN, by_address=True),
    Kind("TLS 1.3", servers.NGINX, SECURE),
    Kind("TLS 1.3, slow server", servers.NGINX, SECURE, path="120/2000"),
    Kind("TLS 1.3, 200 kB", servers.NGINX, SECURE, path="0/200000"),
    Kind("TLS 1.3, resumed", servers.NGINX, (*SECURE, *CLOSE), series=SERIES),
    Kind("TLS 1.2", servers.NGINX, (*SECURE, *OLDER)),
    Kind("TLS 1.2, slow server", servers.NGINX, (*SECURE, *OLDER), path="120/2000"),
    Kind("TLS 1.2, resumed", servers.NGINX, (*SECURE, *OLDER, *CLOSE), series=SERIES),
)


def fetch(running: Network, kind: Kind) -> list[dict[str, Any]]:
    """What curl says of each request."""
    scheme = "http" if kind.port == servers.PLAIN else "https"
    url = f"{scheme}://{SERVER if kind.by_address else HOST}:{kind.port}/{kind.path}"
    outputs = [part for _ in range(kind.series) for part in ("--output", "/dev/null", url)]
    said = running.run("curl", "--silent", "--max-time", "50", *kind.options, "--write-out", r"%{json}\n", *outputs)
    return [json.loads(line) | {"kind": kind.name} for line in said.splitlines()]


def record(folder: Path, rtt: float, loss: float) -> str:
    """All kinds on one network; the name of its captures."""
    name = f"curl_{rtt:g}ms" + (f"_{loss:g}loss" if loss else "")
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    with network(place, name, rtt, loss) as running:
        servers.start(running)
        time.sleep(SETTLE)
        said = [row for _ in range(REPEATS) for kind in KINDS for row in fetch(running, kind)]
    (place / SAID).write_text("".join(f"{json.dumps(row)}\n" for row in said))
    return name


@dataclass(frozen=True)
class Pair:
    """One request: ns of each step, curl's and the journey's."""

    capture: str
    kind: str
    curl: dict[str, int]
    journey: dict[str, int]
    row: dict[str, Any]
    late: int  #: ns from the first byte of the answer to the end of its record

    def excuse(self, step: str) -> str | None:
        """What explains a difference; None: nothing that is known."""
        off = self.curl[step] - self.journey[step]
        gaps = [phase["duration_ns"] for phase in self.row["phases"] if phase["phase"] == "client"]
        own = [one for one in STEPS[:-1] if one in self.curl and one in self.journey]
        if step == "total" and all(abs(self.curl[one] - self.journey[one]) < LARGE for one in own):
            return "the sum of small differences: the client was late in several steps"
        if step in ("lookup", "connect", "tls") and gaps and max(gaps) > abs(off) - LARGE:
            return "the client was late to act on it: the client's own time behind it in the journey has it"
        return None


def of_curl(said: dict[str, Any]) -> dict[str, int]:
    """Distances between its sums."""
    at = {
        key: round(said[f"time_{key}"] * 1e9)
        for key in ("namelookup", "connect", "appconnect", "pretransfer", "starttransfer", "total")
    }
    out = {
        "lookup": at["namelookup"],
        "answer": at["starttransfer"] - at["pretransfer"],
        "transfer": at["total"] - at["starttransfer"],
    }
    out |= {"connect": at["connect"] - at["namelookup"], "total": at["total"]}
    if at["appconnect"]:
        out["tls"] = at["appconnect"] - at["connect"]
    return out


def of_journey(row: dict[str, Any], late: int) -> dict[str, int]:
    """The same distances, from the ends of its phases."""
    begin: dict[str, int] = {}
    end: dict[str, int] = {}
    for phase in row["phases"]:
        begin.setdefault(phase["phase"], phase["start_ns"])
        end[phase["phase"]] = phase["end_ns"]
    out = {"total": row["duration_ns"]}
    if "lookup" in end:
        out["lookup"] = end["lookup"] - row["start_ns"]
    if "connect" in end:
        out["connect"] = end["connect"] - end.get("lookup", row["start_ns"])
    if "tls" in end:
        out["tls"] = end["tls"] - end["connect"]
    if "request" in begin and "wait" in end:
        out["answer"] = end["wait"] + late - begin["request"]
        out["transfer"] = row["start_ns"] + row["duration_ns"] - end["wait"] - late
    return out


def pairs(folder: Path, name: str) -> Iterator[Pair | str]:
    """Each request of curl with its journey; a text where there is none."""
    place = folder / name
    capture = place / f"{name}.client.pcap"
    times, found_talks = talks(capture)
    by_talk = {(talk.client_port, talk.server_port): talk for talk in found_talks}
    by_port: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for row in rows("journeys", capture):
        if row["kind"] != "lookup":
            by_port.setdefault((row["client_port"], row["server_port"]), []).append(row)
    for line in (place / SAID).read_text().splitlines():
        said = json.loads(line)
        found = by_port.get((said["local_port"], said["remote_port"]), [])
        if not found:
            yield f"{name}: no journey of {said['kind']}, port {said['local_port']} ({said['errormsg'] or 'curl was content'})"
            continue
        row = found.pop(0)
        late = readable(by_talk[said["local_port"], said["remote_port"]], times, row) if row["encrypted"] else 0
        yield Pair(str(capture), said["kind"], of_curl(said), of_journey(row, late), row, late)


def readable(talk: Talk, times: dict[int, int], row: dict[str, Any]) -> int:
    """ns from the first byte of the answer to the moment when every byte up to the end of its record is there."""
    for at, _, content in records(bytes(talk.server.data)):
        if talk.server.frame(at) == row["first_byte_likely_frame"]:
            end = at + RECORD_HEADER + len(content)
            needed = [talk.server.frame(begin) for begin, _, _ in talk.server.starts if begin < end]
            return max(times[frame] for frame in needed) - times[row["first_byte_likely_frame"]]
    return 0


def report(folder: Path, names: list[str], errors: Path | None) -> None:
    """The table, and every difference that is large."""
    found = [one for name in names for one in pairs(folder, name)]
    lost = [one for one in found if isinstance(one, str)]
    matched = [one for one in found if isinstance(one, Pair)]
    lines = list(lost)
    print(f"{len(matched)} requests with a journey, {len(lost)} without")
    print("curl later than the journey, ms:")
    print(f"{'step':10} {'requests':>8} {'median':>9} {'90 %':>9} {'largest':>9} {'> 5 ms':>7} {'unexplained':>12}")
    for step in STEPS:
        told = [pair for pair in matched if step in pair.journey and step in pair.curl]
        if step == "lookup":
            told = [pair for pair in told if pair.row["dns_state"] == "waited"]
        apart = sorted((pair.curl[step] - pair.journey[step] for pair in told), key=abs)
        large = [pair for pair in told if abs(pair.curl[step] - pair.journey[step]) > LARGE]
        lines += [line(pair, step) for pair in large]
        if apart:
            sizes = [abs(off) for off in apart]
            strange = sum(pair.excuse(step) is None for pair in large)
            print(
                f"{step:10} {len(apart):8} {statistics.median(sizes) / 1e6:9.3f} {sizes[int(len(sizes) * 0.9)] / 1e6:9.3f} "
                f"{apart[-1] / 1e6:+9.3f} {len(large):7} {strange:12}"
            )
    lines += server_times.report(folder, names)
    if errors is not None:
        errors.write_text("".join(f"{one}\n" for one in lines))
    print(*lines if errors is None else [f"{len(lines)} lines in {errors}"], sep="\n")


def line(pair: Pair, step: str) -> str:
    """What is said of a difference."""
    shown = ", ".join(f"{phase['phase']} {phase['duration_ns'] / 1e6:.3f}" for phase in pair.row["phases"])
    told = ", ".join(f"{key} {value / 1e6:.3f}" for key, value in pair.curl.items())
    why = pair.excuse(step) or f"not explained; maybe {WHY[step]}"
    return (
        f"{step} {(pair.curl[step] - pair.journey[step]) / 1e6:+.3f} ms: {pair.capture} stream {pair.row['stream']} exchange "
        f"{pair.row['exchange']} ({pair.kind}): journey {shown}; curl {told}; record readable {pair.late / 1e6:.3f} later. {why}"
    )
