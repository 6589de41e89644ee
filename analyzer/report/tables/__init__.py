"""Tables for people: conversations and ARP messages, and what a table is that is written while rows come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TextIO

from analyzer.flow.arp import Claims
from analyzer.report.machine import terminal_safe
from analyzer.report.text import count, duration, shortened, size

Row = Mapping[str, Any]
Paint = Callable[[str, str], str]  #: (text, style) -> text
Resolve = Callable[[str], str]  #: address -> name

MORE: Final = 112  #: columns from which on a table of conversations has round-trip time and state
MOST: Final = 140  #: and from which on packets and bytes of each direction
APPLICATION: Final = 28  #: most columns of an application with its server name
MIN_HOST: Final = 15  #: columns of an endpoint
LEFT: Final = ("stream", "client", "server", "state", "application")  #: columns that are aligned to the left


def application(row: Row, width: int = APPLICATION) -> str:
    """What a conversation speaks, and the server name that was asked for."""
    words = (row.get("application"), row.get("sni"))
    return shortened(terminal_safe(" ".join(word for word in words if word)), min(width, APPLICATION))


#: title, cell, the levels of width that show it
CONVERSATION_COLUMNS: Final[tuple[tuple[str, Callable[[Row], str], tuple[int, ...]], ...]] = (
    ("stream", lambda row: f"{row['protocol']} {row['stream']}", (0, 1, 2)),
    ("packets", lambda row: count(row["packets_client"] + row["packets_server"]), (0, 1)),
    ("packets >", lambda row: count(row["packets_client"]), (2,)),
    ("< packets", lambda row: count(row["packets_server"]), (2,)),
    ("bytes", lambda row: size(row["bytes_client"] + row["bytes_server"]), (0, 1)),
    ("bytes >", lambda row: size(row["bytes_client"]), (2,)),
    ("< bytes", lambda row: size(row["bytes_server"]), (2,)),
    ("duration", lambda row: duration(row["duration_ns"]), (0, 1, 2)),
    ("RTT", lambda row: duration(row["initial_rtt_ns"]) if row.get("initial_rtt_ns") else "", (1, 2)),
    ("resent", lambda row: _number(row.get("resent", row.get("retransmissions"))), (0, 1, 2)),
    ("stalled", lambda row: duration(row["hol_stalled_ns"]) if row.get("hol_stalls") else "", (1, 2)),
    ("state", lambda row: row.get("state", ""), (1, 2)),
    ("application", lambda row: application(row), (1, 2)),
)
ARP_OPERATIONS: Final = {
    1: "who has", 2: "is at", 3: "RARP request", 4: "RARP reply", 8: "InARP request", 9: "InARP reply",
}  # fmt: skip

#: Wireshark's kinds of events in the colours of the findings; the others are normal
EVENT_STYLES: Final = {
    "retransmission": "problem", "fast_retransmission": "problem", "spurious_retransmission": "problem",
    "lost_segment": "warning", "ack_lost_segment": "warning", "out_of_order": "warning", "zero_window": "problem",
    "window_full": "warning",
}  # fmt: skip


def endpoint(address: str, port: int, resolve: Resolve, width: int = 0) -> str:
    """host:port, in at most `width` columns if that is given; the port always stays."""
    name = terminal_safe(resolve(address))
    host = f"[{name}]" if ":" in name else name
    return f"{shortened(host, width - len(str(port)) - 1) if width else host}:{port}"


def conversations(rows: Sequence[Row], resolve: Resolve, width: int) -> str:
    """All rows at once, as a table that fits into `width` if that is not too small; the wider the more columns."""
    import tabulate

    tabulate.MIN_PADDING = 0  # else every title gets two columns that no cell needs
    level = sum(width >= least for least in (MORE, MOST))
    shown = [column for column in CONVERSATION_COLUMNS if level in column[2]]
    cells = [[cell(row) for _, cell, _ in shown] for row in rows]
    taken = sum(max([len(title), *(len(line[i]) for line in cells)]) + 2 for i, (title, _, _) in enumerate(shown))
    hosts = [[endpoint(row[side], row[f"{side}_port"], resolve) for side in ("client", "server")] for row in rows]
    if not level:
        hosts = [[client.rpartition(":")[0], server] for client, server in hosts]
    widest = min(max((len(client) for client, _ in hosts), default=0), max((width - taken - 2) // 2, MIN_HOST))
    rest = max(width - taken - widest - 2, MIN_HOST)
    for line, (client, server) in zip(cells, hosts, strict=True):
        line[1:1] = [shortened(client, widest), shortened(server, rest)]
    titles = [title for title, _, _ in shown]
    titles[1:1] = ["client", "server"]
    align = ["left" if title in LEFT else "right" for title in titles]
    text = tabulate.tabulate(cells, titles, tablefmt="plain", disable_numparse=True, colalign=align if cells else None)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


class LineTable:
    """A table that is written while the rows come: columns have fixed widths, longer cells push the rest of their line."""

    def __init__(self, out: TextIO, columns: Sequence[tuple[str, int]], paint: Paint) -> None:
        self._out = out
        self._template = "  ".join(f"%{-width}s" if width else "%s" for _, width in columns)
        self._titles = tuple(title for title, _ in columns)
        self._paint = paint
        self._begun = False

    def write(self, rows: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
        """Write (cells, style) rows; numbers are on the right of columns with a negative width."""
        template, paint = self._template, self._paint
        lines = [paint((template % cells).rstrip(), style) + "\n" for cells, style in rows]
        if lines and not self._begun:
            self._begun = True
            lines.insert(0, paint((template % self._titles).rstrip(), "title") + "\n")
        self._out.write("".join(lines))


class ArpTable(LineTable):
    """ARP messages: one line each, with what is special about them."""

    def __init__(self, out: TextIO, resolve: Resolve, paint: Paint) -> None:
        self._resolve = resolve
        super().__init__(
            out,
            (
                ("frame", -7),
                ("operation", 13),
                ("sender MAC", 17),
                ("sender", 15),
                ("target MAC", 17),
                ("target", 15),
                ("", 0),
            ),
            paint,
        )

    def messages(self, rows: Iterable[Row], claims: Claims) -> None:
        """Write messages; `claims` has seen them."""
        self.write(self._cells(row, claims) for row in rows)

    def _cells(self, row: Row, claims: Claims) -> tuple[tuple[str, ...], str]:
        marks = [name for name in ("gratuitous", "probe", "announcement") if row[name]]
        if "announcement" in marks:
            marks.remove("gratuitous")
        claimed = claims.addresses.get(row["sender_ip"] or "")
        others = [mac for mac in claimed.frames if mac != row["sender_mac"]] if claimed and row["opcode"] in (1, 2) else []
        if others and row["sender_mac"] in (claimed.frames if claimed else ()):
            marks.append(f"also claimed by {', '.join(others)}")
        opcode = row["opcode"]
        operation = "cut short" if opcode is None else ARP_OPERATIONS.get(opcode, f"operation {opcode}")
        names = [terminal_safe(self._resolve(row[name])) if row[name] else "-" for name in ("sender_ip", "target_ip")]
        cells = (
            str(row["frame"]), operation, row["sender_mac"] or "-", names[0], row["target_mac"] or "-", names[1],
            ", ".join(marks),
        )  # fmt: skip
        return cells, "problem" if others else ""


def _number(value: int | None) -> str:
    return "" if value is None else count(value)
