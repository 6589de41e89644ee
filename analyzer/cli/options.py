"""The options that the commands share, and how their values are read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from analyzer.report.selection import AddressesOf, Selection

MACHINE_FORMATS = ("ndjson", "json", "csv")
FORMATS = ("table", *MACHINE_FORMATS)
Command = Callable[..., None]
UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


class Bytes(click.ParamType):  # type: ignore[type-arg]  # generic only in new versions of click
    """A number of bytes: 1000000, 256K, 512M, 2G (powers of 1024)."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        text = str(value).strip().lower().removesuffix("b").removesuffix("i")
        digits = text.rstrip("kmg")
        if not digits.isdecimal() or not digits.isascii() or text[len(digits) :] not in UNITS or int(digits) == 0:
            self.fail(f"{value!r} is no number of bytes such as 1000000, 512M or 2G", param, ctx)
        return int(digits) * UNITS[text[len(digits) :]]


_HELP = {
    "form": "How rows are written.",
    "streams": "TCP stream N; udp:N is UDP stream N.",
    "hosts": "An address, a network such as 10.0.0.0/8, a MAC address, or a name, from the frame after the one that tells it on.",
    "ports": "A TCP or UDP port.",
    "since": "From this time on: 1.5 or 2m after the first frame, 12:30:00, or ISO 8601 (UTC).",
    "until": "Up to this time.",
    "frames": "Frame numbers, such as 1,5-9,100-.",
    "display_filter": "A Wireshark display filter, such as 'tcp.port == 443'.",
    "numeric": "Addresses, not the names that the capture itself knows for them. Rows may show a name shortly before it is told.",
    "memory": "Most memory for conversations, 3/4 of it for TCP and 1/4 for UDP, but always enough for two batches of new ones; "
    "the least recently seen are then given up.  [default: 1G]",
}
_FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
_FORMAT = click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help=_HELP["form"]
)
_OPTIONS = (
    click.option("--stream", "streams", metavar="N", multiple=True, help=_HELP["streams"]),
    click.option("--host", "hosts", metavar="HOST", multiple=True, help=_HELP["hosts"]),
    click.option("--port", "ports", metavar="PORT", multiple=True, type=click.IntRange(0, 65535), help=_HELP["ports"]),
    click.option("--from", "since", metavar="TIME", help=_HELP["since"]),
    click.option("--to", "until", metavar="TIME", help=_HELP["until"]),
    click.option("--frames", metavar="RANGES", help=_HELP["frames"]),
    click.option("-Y", "--filter", "display_filter", metavar="FILTER", help=_HELP["display_filter"]),
    click.option("--memory", type=Bytes(), metavar="BYTES", help=_HELP["memory"]),
)
_NUMERIC = click.option("-n", "--numeric", is_flag=True, help=_HELP["numeric"])


@dataclass(frozen=True)
class Request:
    """What the shared options say."""

    files: tuple[str, ...]
    form: str
    numeric: bool
    memory: int | None
    selected: Mapping[str, Any]  #: arguments of Selection

    @property
    def wants_names(self) -> bool:
        """Whether names of addresses are to be gathered: to show them, or to select by them."""
        return (self.form not in MACHINE_FORMATS and not self.numeric) or bool(self.selected["hosts"])

    def selection(self, addresses_of: AddressesOf | None = None) -> Selection | None:
        """The frames that are selected; None: all. A value without meaning is a usage error."""
        if not any(value is not None and value != () for value in self.selected.values()):
            return None
        from analyzer.report.selection import Selection

        try:
            return Selection(**self.selected, addresses_of=addresses_of)
        except ValueError as error:
            raise click.UsageError(str(error)) from None


def common(command: Command, form: Callable[[Command], Command] | None = _FORMAT, names: bool = True) -> Command:
    """Add the shared options; the command gets them as its argument `request`.

    form: the option `form`, where it is another; None: there is but one form. names: False: it writes no names of addresses.
    """

    @functools.wraps(command)
    def wrapper(
        files: tuple[str, ...],
        memory: int | None,
        streams: tuple[str, ...],
        hosts: tuple[str, ...],
        ports: tuple[int, ...],
        since: str | None,
        until: str | None,
        frames: str | None,
        display_filter: str | None,
        form: str = "",
        numeric: bool = True,
        **own: Any,
    ) -> None:
        selected = {
            "streams": streams, "hosts": hosts, "ports": ports, "since": since, "until": until, "frames": frames,
            "display_filter": display_filter,
        }  # fmt: skip
        command(request=Request(files, form, numeric, memory, selected), **own)

    decorated: Command = wrapper
    *selecting, memory = _OPTIONS
    for option in reversed((_FILES, form, *selecting, _NUMERIC if names else None, memory)):
        decorated = decorated if option is None else option(decorated)
    return decorated
