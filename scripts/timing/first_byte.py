"""How right the first byte of an encrypted answer is that the analyzer finds without keys: against what the keys show.

Every kind of server and client is run at several round trip times; the frames of request and answer come from the key log
(decrypted.py), and are compared with the rows of handshakes at each capture point.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from . import servers
from .decrypted import Truth, key_log, talks, truth
from .network import POINTS, SERVER, Network, network
from .rows import rows

ROUND_TRIPS = (1.0, 5.0, 20.0, 50.0, 100.0)  #: ms
LOSSES = (0.0,)  #: shares of the frames
ANSWERS = ("0/100", "0/50000", "3/300", "30/2000", "150/2000")  #: milliseconds that the server thinks, bytes that it sends
PIECES = ("0/9000/1369", "0/1500/250", "30/9000/1369")  #: answers in records of one size
LATE = 2.5  #: round trips that a client thinks, if it does
TOGETHER = 4  #: clients at the same time
SETTLE = 1.5  #: seconds until every server listens
KEYS = "keys.log"
CHROMIUM = "chromium"
LOADED = "6"  #: seconds in which a page is loaded


@dataclass(frozen=True)
class Case:
    """One connection."""

    label: str
    client: str  #: curl, openssl, chromium, together, behind, late
    server: int
    tls: str
    answer: str
    alpn: str = "http/1.1"
    mutual: bool = False
    resumed: bool = False


def cases() -> Iterator[Case]:
    """Everything with everything that makes sense."""
    named = {
        "nginx": servers.NGINX,
        "nginx, no tickets": servers.NGINX_NO_TICKETS,
        "python": servers.PYTHON,
        "python, no tickets": servers.PYTHON_NO_TICKETS,
    }
    two = {"nginx h2": servers.NGINX_H2, "nginx h2, no tickets": servers.NGINX_H2_NO_TICKETS}
    for tls in ("1.2", "1.3"):
        for answer in ANSWERS:
            for label, port in named.items():
                for client in ("curl", "together", "behind", "late"):
                    yield Case(label, client, port, tls, answer)
            for label, port in two.items():
                for client in ("curl", "together", "behind", "late"):
                    yield Case(label, client, port, tls, answer, "h2")
        for answer in PIECES:
            for label in ("python", "python, no tickets"):
                for client in ("curl", "together", "behind", "late"):
                    yield Case(label, client, named[label], tls, answer)
        for answer in ANSWERS:
            yield Case("nginx, client certificate", "curl", servers.NGINX_MUTUAL, tls, answer, mutual=True)
            yield Case("nginx, resumed", "curl", servers.NGINX, tls, answer, resumed=True)
        for label, port in {"openssl": servers.OPENSSL, "openssl, no tickets": servers.OPENSSL_NO_TICKETS}.items():
            for client in ("curl", "openssl", "late"):
                yield Case(label, client, port, tls, "0/0")
    if shutil.which(CHROMIUM):
        for label, port in {**named, **two}.items():
            for answer in ("0/100", "30/2000"):
                yield Case(label, CHROMIUM, port, "1.3", answer)


def fetch(running: Network, case: Case, rtt: float) -> list[tuple[int, Case]]:
    """Run it; the client's port of each connection."""
    keys = str(running.folder / KEYS)
    path = f"/{case.answer}" if case.label != "openssl" else "/"
    if case.client == "curl":
        options = ["--cert", "client.pem", "--key", "client.key"] if case.mutual else []
        options += ["--tls-max", "1.2"] if case.tls == "1.2" else ["--tlsv1.3"]
        options += ["--http2"] if case.alpn == "h2" else ["--http1.1"]
        url = f"https://{SERVER}:{case.server}{path}"
        urls = [url, url] if case.resumed else [url]
        options += ["--header", "Connection: close"] if case.resumed else []
        outputs = [part for one in urls for part in ("--output", "/dev/null", one)]
        said = running.run(
            "curl", "--silent", "--insecure", "--max-time", "20", "--write-out", "%{local_port}\n", *options, *outputs,
            environment={"SSLKEYLOGFILE": keys},
        )  # fmt: skip
        return [(int(port), case) for port in said.split() if int(port)]
    if case.client == "openssl":
        dialled = f"openssl s_client -connect {SERVER}:{case.server} -keylogfile {keys}"
        script = f"(printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 1) | {dialled}"
        running.run("sh", "-c", f"{script} -tls{case.tls.replace('.', '_')} -quiet -ign_eof 2>/dev/null >/dev/null")
        return []
    if case.client == CHROMIUM:
        with tempfile.TemporaryDirectory() as profile:
            options = ["--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", f"--user-data-dir={profile}"]
            options += [f"--ssl-key-log-file={keys}", f"--host-resolver-rules=MAP * {SERVER}", "--dump-dom"]
            stop = ["timeout", "--kill-after=1", LOADED]  # it does not end by itself where nothing else answers
            running.run(*stop, CHROMIUM, *options, f"https://{servers.NAMES[0]}:{case.server}{path}", soon=False)
        return []
    wait = str(int(LATE * rtt) + 2)
    program = str(servers.PROGRAMS / "tls_client.py")
    words = [SERVER, str(case.server), path, case.alpn, case.tls, case.client, wait, keys]
    said = running.run(sys.executable, program, *words)
    return [(int(port), case) for port in said.split()]


def record(folder: Path, rtt: float, loss: float) -> str:
    """All cases on one network; the name of its captures."""
    name = f"first_byte_{rtt:g}ms" + (f"_{loss:g}loss" if loss else "")
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / KEYS).write_text("")
    with network(place, name, rtt, loss) as running:
        servers.start(running)
        time.sleep(SETTLE)
        with ThreadPoolExecutor(TOGETHER) as pool:
            ports = [one for some in pool.map(lambda case: fetch(running, case, rtt), cases()) for one in some]
    (place / "cases.json").write_text(json.dumps({f"{port} {case.server}": vars(case) for port, case in ports}))
    return name


@dataclass(frozen=True)
class Answer:
    """What the analyzer said of one connection, and what is true."""

    name: str
    point: str
    stream: int
    said: int | None  #: frame of the first byte
    certain: bool
    request_said: int | None
    known: Truth
    label: str
    off_ns: int  #: how much later than the truth

    @property
    def verdict(self) -> str:
        """certain or uncertain, right or wrong; or none."""
        if self.said is None:
            return "none" if not self.certain else "none, certain"
        return f"{'certain' if self.certain else 'uncertain'}, {'right' if self.said == self.known.first_byte else 'wrong'}"


def compare(folder: Path, name: str, point: str) -> Iterator[Answer]:
    """One capture."""
    place = folder / name
    path = place / f"{name}.{point}.pcap"
    labels = json.loads((place / "cases.json").read_text())
    times, found = talks(path)
    keys = key_log(place / KEYS)
    by_syn = {row["syn_frame"]: row for row in rows("handshakes", path)}
    for talk in found:
        known, row = truth(talk, keys), by_syn.get(talk.syn)
        if known is None or known.first_byte is None or row is None:
            continue
        case = labels.get(f"{talk.client_port} {talk.server_port}")
        label = f"{case['label']}, {case['client']}, TLS {case['tls']}, {case['answer']}" if case else f"port {talk.server_port}"
        said, asked = row["first_byte_likely_frame"], row["first_request_frame"]
        off = 0 if said is None else times[said] - times[known.first_byte]
        yield Answer(name, point, row["stream"], said, bool(row["first_byte_certain"]), asked, known, label, off)


def report(folder: Path, names: list[str], errors: Path | None) -> None:
    """The tables, and every answer that is wrong."""
    answers = [answer for name in names for point in POINTS for answer in compare(folder, name, point)]
    lines = []
    for version, title in ((0x0303, "TLS 1.2"), (0x0304, "TLS 1.3")):
        for point in POINTS:
            here = [answer for answer in answers if answer.point == point and answer.known.version == version]
            counts = Counter(answer.verdict for answer in here)
            asked = sum(answer.request_said in (answer.known.data, answer.known.request) for answer in here)
            shown = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
            print(f"{title} at {point:7}: {len(here)} connections: {shown}; request right: {asked}")
    for answer in answers:
        known = answer.known
        wrong = answer.said not in (None, known.first_byte) or answer.request_said not in (known.data, known.request)
        if wrong or answer.said is None:
            lines.append(
                f"{answer.verdict:18} {answer.name}.{answer.point}.pcap stream {answer.stream}: first byte {answer.said} "
                f"(true {known.first_byte}, off {answer.off_ns / 1e6:.3f} ms), request {answer.request_said} (true data "
                f"{known.data}, request {known.request}, Finished {known.finished}), {answer.label}"
            )
    if errors is not None:
        errors.write_text("".join(f"{line}\n" for line in sorted(lines)))
    print(f"{len(lines)} are wrong or not told" + (f": see {errors}" if errors else ""))
