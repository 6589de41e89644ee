"""The command line. Each command is a module that is imported when it is used; nothing here needs more than click."""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import os
import sys
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem

#: command -> its one line of help; the module analyzer.cli.<command> holds a click command of that name.
COMMANDS = {
    "summary": "What the capture is, what is in it, and what is wrong (the default).",
    "report": "Everything as one document: where the time went, with graphs, for a browser, as Markdown, text or JSON.",
    "packets": "One row per frame; -e chooses the fields.",
    "flows": "One row per TCP or UDP conversation.",
    "tcp": "One row per TCP event: Wireshark's kind, what it really was and why, and the frames that prove it.",
    "stalls": "One row per head-of-line stall: what waited behind which hole, how long, and what ended it.",
    "rtt": "Round-trip times of each TCP connection, on both sides of the capture point.",
    "handshakes": "One row per TCP connection: connect, TLS, name lookup, first byte; --by groups, --slo objectives.",
    "diff": "Two captures compared, group by group: what got slower or faster, by how much, and whether it is more than chance.",
    "journeys": "Where the time of each request went: name lookup, connect, TLS, server, transfer.",
    "waits": "Where the time of each TCP connection went: losses, windows, the way, the server, the client.",
    "dns": "One row per DNS message, with its question or answer: DNS, multicast DNS, LLMNR.",
    "tls": "One row per TLS handshake message and alert: SNI, ALPN, versions, certificates.",
    "http": "One row per HTTP/1 request and response.",
    "websocket": "One row per WebSocket frame.",
    "sse": "One row per server-sent event.",
    "arp": "One row per ARP message.",
    "follow": "The bytes of one conversation, in order.",
    "show": "One packet as a tree of its layers, with the bytes of each.",
    "plot": "One TCP connection, or all requests, drawn into an SVG, PNG or HTML file.",
    "io": "Packets, bytes and throughput over time.",
    "har": "Requests with their times as an HTTP archive (HAR 1.2), for browsers and other tools.",
    "extract": "Write the frames behind a finding, or those selected, into a new pcapng file; also anonymized.",
    "verify": "A second opinion on the capture from dpkt, scapy and tshark.",
    "live": "What happens on an interface right now: the same rows and verdicts, as they come.",
    "interfaces": "What `live` can capture here, and what permission is missing.",
    "fields": "The fields that -e and -Y know.",
}
DEFAULT = "summary"
DISTRIBUTION = "pcap-analyzer"  #: as setup.cfg names it

CLOSED_PIPE = 0  #: exit status when the reader of our output went away: it has what it wanted
UNWRITABLE = 6  #: exit status when output cannot be written, on a full disk for example
INTERRUPTED = 130  #: as every program ended by Ctrl-C

EPILOG = """\b
Exit status: 0 read to the end; 1 a file cannot be opened or is no capture; 2 usage;
3 the capture is cut short or damaged (everything before that is printed);
4 an --slo was missed (in a damaged capture, too);
5 verify found an unexplained difference; 6 the output cannot be written; 130 interrupted.
"""


class Commands(click.Group):
    """Finds commands by module; what names no command is a file for the default one."""

    def main(self, *arguments: Any, **more: Any) -> Any:
        """Run a command. Whatever cannot be read is a CaptureError, so an OSError says that output cannot be written."""
        try:
            try:
                return super().main(*arguments, **more)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            closed_pipe()
        except OSError as error:
            _unwritable(error)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(f"analyzer.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if args and args[0] not in COMMANDS and args[0] not in own:
            if not ctx.resilient_parsing:
                self._refuse_misspelled(ctx, args[0])
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        return [*super().shell_complete(ctx, incomplete), CompletionItem(incomplete, type="file")]

    def _refuse_misspelled(self, ctx: click.Context, word: str) -> None:
        """Refuse a word that is nearly a command, unless there is such a file; most captures have a dot or a slash."""
        if not word.isalpha():
            return
        import difflib  # these two only here: they would slow down every start
        from pathlib import Path

        near = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.75)
        if near and not Path(word).exists():
            raise click.UsageError(f"No command or file {word!r}. Did you mean {near[0]!r}?", ctx)


def _version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import PackageNotFoundError, version

        from analyzer.kernels import described

        try:
            number = version(DISTRIBUTION)
        except PackageNotFoundError:
            number = "(not installed)"
        click.echo(f"analyzer {number}, {described()}")
        ctx.exit()


@click.group(
    cls=Commands,
    epilog=EPILOG,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="[COMMAND] FILE... [OPTIONS]",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Version, and what is compiled."
)
def commands() -> None:
    """Explains packet captures: what is in them, what TCP did, and what went wrong.

    FILE is pcap, pcapng or snoop, also compressed; several are merged by time; - is standard input.
    """


def main() -> None:
    """The console command."""
    if sys.stdout is None:  # the shell's >&-
        _unwritable(OSError(errno.EBADF, os.strerror(errno.EBADF)))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a character is no reason to fail
    commands.main(prog_name="analyzer")


def closed_pipe() -> NoReturn:
    """End quietly."""
    _silence()
    raise SystemExit(CLOSED_PIPE)


def _unwritable(error: OSError) -> NoReturn:
    """Say so in one line, if at least that can be written."""
    with contextlib.suppress(OSError):
        click.echo(f"analyzer: the output cannot be written: {error.strerror or error}", err=True)
    _silence()
    raise SystemExit(UNWRITABLE)


def _silence() -> None:
    """Nothing may be written to standard output any more, not even by the interpreter as it ends."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
