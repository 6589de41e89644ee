"""The command `plot`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from analyzer.cli.follow import Stream
from analyzer.cli.options import Bytes, Request
from analyzer.cli.run import Reading, run

if TYPE_CHECKING:
    from analyzer.report.graphs.connection_graphs import ConnectionGraphs
    from analyzer.report.graphs.graph import Graph

OF_STREAM: Final = ("sequence", "rtt", "throughput", "stalls")
DIRECTED: Final = ("sequence", "throughput")  #: of them those that have one direction
OF_CAPTURE: Final = ("waterfall", "handshakes")
FORMS: Final = ("svg", "png", "html")
HELP: Final = {
    "graph": "What to draw; see above.  [default: sequence]",
    "stream": "TCP stream N, for sequence, rtt, throughput and stalls.",
    "direction": "Whose data; for sequence and throughput.  [default: with more trouble, else with more data]",
    "output": "The file to write; how it ends says what it is: .svg, .png or .html.",
    "height": "Of each graph in .svg and .png.  [default: as it needs]",
    "memory": "Most memory for conversations.  [default: 1G]",
}


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--graph", "what", type=click.Choice((*OF_STREAM, *OF_CAPTURE)), default="sequence", help=HELP["graph"])
@click.option("--stream", metavar="N", type=Stream(), help=HELP["stream"])
@click.option("--direction", type=click.Choice(("client", "server")), help=HELP["direction"])
@click.option("-o", "--output", metavar="FILE", required=True, help=HELP["output"])
@click.option("--dark", is_flag=True, help="For a dark page.")
@click.option("--width", type=click.IntRange(600, 8000), metavar="PIXELS", help="Of .svg and .png.  [default: 1200]")
@click.option("--height", type=click.IntRange(320, 8000), metavar="PIXELS", help=HELP["height"])
@click.option("--memory", type=Bytes(), metavar="BYTES", help=HELP["memory"])
def plot(
    files: tuple[str, ...],
    what: str,
    stream: tuple[str, int] | None,
    direction: str | None,
    output: str,
    dark: bool,
    width: int | None,
    height: int | None,
    memory: int | None,
) -> None:
    """Draw one TCP connection, or all requests, into an SVG, PNG or HTML file.

    Of a connection (--stream): sequence, the bytes sent, acknowledged, lost and sent again over time; rtt, its round trips;
    throughput, with the bytes in flight below it; stalls, what it waited for. Of the capture: waterfall, requests with their
    phases (the 50 of most interest: slow or failed); handshakes, how long it took to connect, for TLS, and to the first byte, by
    server.
    """
    from analyzer.capture.excerpt import is_one_of

    form = output.rpartition(".")[2].lower() if "." in output else ""
    if form not in FORMS:
        raise click.UsageError(f"{output!r} ends in none of {', '.join('.' + known for known in FORMS)}")
    if form == "html" and (width or height):
        raise click.UsageError("A page is as wide as its window: --width and --height are of .svg and .png")
    if is_one_of(output, files):
        raise click.UsageError(f"{output!r} is one of the files that are read; it is not overwritten")
    number = _number(what, stream, direction)
    request = Request(files, "table", True, memory, {"hosts": ()})

    def drawn(graphs: list[Graph]) -> None:
        _save(graphs, output, form, dark, width, height)

    if number is None:
        _of_capture(request, what, drawn)
    else:
        _of_stream(request, what, number, direction, drawn)


def _number(what: str, stream: tuple[str, int] | None, direction: str | None) -> int | None:
    """The stream, where the graph is of one."""
    if what in OF_CAPTURE:
        if stream is not None or direction is not None:
            raise click.UsageError(f"--graph {what} is of the whole capture: leave out --stream and --direction")
        return None
    if stream is None:
        raise click.UsageError(f"--graph {what} is of one connection: say which with --stream N")
    if stream[0] != "tcp":
        raise click.UsageError("only TCP streams can be drawn")
    if direction is not None and what not in DIRECTED:
        raise click.UsageError(f"--graph {what} shows both directions: leave out --direction")
    return stream[1]


def _of_stream(request: Request, what: str, number: int, direction: str | None, drawn: Callable[[list[Graph]], None]) -> None:
    from analyzer.flow.tcp.ledger.connections import Verdicts
    from analyzer.report.graphs.connection_graphs import ConnectionGraphs

    found = ConnectionGraphs(1, only=number)

    def work(reading: Reading) -> None:
        from analyzer.report.wording.graphs import nothing_to_draw
        from analyzer.report.wording.packet import no_stream

        reading.prints_rows = False
        for _ in reading:
            pass
        reading.pipeline.close()
        streams = reading.pipeline.tcp.slots.count
        if found.course(number) is None:
            if reading.interrupted:
                return
            raise click.UsageError(no_stream("tcp", number, streams))
        graphs = _chosen(found, what, number, direction)
        if not graphs:
            raise click.UsageError(nothing_to_draw(what, number, direction or found.sender(number)))
        drawn(graphs)

    run(request, work, verdicts=Verdicts(every=True, judged=found.judged))


def _chosen(found: ConnectionGraphs, what: str, number: int, direction: str | None) -> list[Graph]:
    from analyzer.report.graphs.rtt import rtt
    from analyzer.report.graphs.sequence import sequence
    from analyzer.report.graphs.stall_timeline import stall_timeline
    from analyzer.report.graphs.throughput import in_flight, throughput

    course = found.course(number)
    assert course is not None
    sender = direction or found.sender(number)
    made = {
        "sequence": lambda: [sequence(course, sender)],
        "rtt": lambda: [rtt(course)],
        "throughput": lambda: [throughput(course), in_flight(course, sender)],
        "stalls": lambda: [stall_timeline(course)],
    }
    return [graph for graph in made[what]() if not graph.empty]


def _of_capture(request: Request, what: str, drawn: Callable[[list[Graph]], None]) -> None:
    from analyzer.journey.handshakes import HandshakeRows
    from analyzer.journey.journeys import JourneyRows
    from analyzer.pipeline import Applications
    from analyzer.report.graphs.distributions import handshake_distributions
    from analyzer.report.graphs.waterfall import waterfall
    from analyzer.report.wording.graphs import nothing_to_draw

    rows = JourneyRows() if what == "waterfall" else HandshakeRows()

    def work(reading: Reading) -> None:
        reading.prints_rows = False
        found = rows.read(reading.pipeline, ((dissection.batch, mask) for dissection, mask in reading.selected()))
        graph = waterfall(found) if what == "waterfall" else handshake_distributions(found)
        if graph.empty:
            raise click.UsageError(nothing_to_draw(what, None, None))
        drawn([graph])

    run(request, work, Applications(rows.wanted), rows.verdicts)


def _save(graphs: list[Graph], output: str, form: str, dark: bool, width: int | None, height: int | None) -> None:
    from analyzer.capture.excerpt import replacing

    with replacing(output) as out:
        if form == "html":
            from analyzer.report.graphs.page import page

            out.write(page(graphs, dark).encode("utf-8", "backslashreplace"))
            return
        from analyzer.report.graphs.drawn_with_matplotlib import WIDTH, save

        save(graphs, out, form, dark, width or WIDTH, height)
