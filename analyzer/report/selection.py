"""Which frames a user wants to see: --stream, --host, --port, --from, --to, --frames and -Y, all of which must hold.

The analysis always sees all frames; a selection only chooses what is shown. Of several values of one option, one must hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Final

import numpy as np

from analyzer.batch import Column

from .display_filter import DisplayFilter
from .fields import View
from .moment import Moment, moment_of

MAX_RANGES: Final = 100_000  #: in --frames
_RANGE: Final = re.compile(r"\s*([0-9]{0,18})\s*(-?)\s*([0-9]{0,18})\s*", re.ASCII)
_MAC: Final = re.compile(r"[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}", re.IGNORECASE)
_NAME: Final = re.compile(r"[\w*-][\w.*-]*")
_LAST: Final = (1 << 63) - 1

AddressesOf = Callable[[str], Mapping[str, int]]  #: name -> its addresses, each with the frame that says so
Mask = Callable[[View], Column]


class SelectionError(ValueError):
    """An option with a value that has no meaning."""


class Selection:
    """A choice of frames. Raises SelectionError or FilterError for what has no meaning.

    streams: "5" (TCP), "tcp:5" or "udp:5"; hosts: addresses, networks, MAC addresses, or names of which `addresses_of` gives
    the addresses known so far, each from behind which frame; ports: of TCP or UDP; since, until: see moment.moment_of, both
    included; frames: "1,5-9,100-".
    """

    def __init__(
        self,
        streams: Sequence[str] = (),
        hosts: Sequence[str] = (),
        ports: Sequence[int] = (),
        since: str | None = None,
        until: str | None = None,
        frames: str | None = None,
        display_filter: str | None = None,
        addresses_of: AddressesOf | None = None,
    ) -> None:
        self._masks: list[Mask] = []
        self._last = _LAST
        if frames is not None:
            ranges = frame_ranges(frames)
            self._last = ranges[-1][1]
            self._masks.append(_frames(ranges))
        if since is not None or until is not None:
            self._masks.append(_between(_moment(since, "--from"), _moment(until, "--to")))
        if streams:
            self._masks.append(DisplayFilter(" || ".join(map(_stream, streams))).mask)
        if ports:
            self._masks.append(DisplayFilter(" || ".join(f"tcp.port == {port} || udp.port == {port}" for port in ports)).mask)
        if hosts:
            self._masks.append(_one_of([_host(host, addresses_of) for host in hosts]))
        if display_filter is not None:
            self._masks.append(DisplayFilter(display_filter).mask)

    def mask(self, view: View) -> Column | None:
        """A boolean for each frame of the batch; None: all of them."""
        mask: Column | None = None
        for test in self._masks:
            mask = test(view) if mask is None else mask & test(view)
            if not mask.any():
                break
        return mask

    def over(self, view: View) -> bool:
        """No frame behind this batch can be selected. Only frame numbers tell: times may go backwards."""
        return len(view) > 0 and int(view.batch.number[-1]) >= self._last


def frame_ranges(text: str) -> list[tuple[int, int]]:
    """Ranges of frame numbers, both ends included, sorted and joined."""
    ranges = []
    for part in text.split(",", MAX_RANGES):
        match = _RANGE.fullmatch(part)
        if match is None or not (match[1] or match[3]) or (match[3] and not match[2]):
            raise SelectionError(f"--frames: {part.strip()!r} is no range; write 7, 5-9, 100- or -50")
        if match[1] and not int(match[1]):
            raise SelectionError(f"--frames: {part.strip()!r} begins at 0, but frames are numbered from 1")
        low = int(match[1] or 1)
        high = int(match[3]) if match[3] else _LAST if match[2] else low
        if high < low:
            raise SelectionError(f"--frames: {part.strip()!r} ends before it begins")
        ranges.append((low, high))
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined


def _moment(text: str | None, option: str) -> Moment | None:
    try:
        return None if text is None else moment_of(text)
    except ValueError as error:
        raise SelectionError(f"{option}: {error}") from None


def _frames(ranges: Sequence[tuple[int, int]]) -> Mask:
    low, high = np.array(ranges, np.int64).T

    def mask(view: View) -> Column:
        place = np.searchsorted(low, view.batch.number, "right") - 1
        inside: Column = (place >= 0) & (view.batch.number <= high[place])
        return inside

    return mask


def _between(since: Moment | None, until: Moment | None) -> Mask:
    def mask(view: View) -> Column:
        inside = np.ones(len(view), bool)
        if since is not None:
            inside &= view.batch.time >= since.at(view.first_ns)
        if until is not None:
            inside &= view.batch.time <= until.at(view.first_ns)
        return inside

    return mask


def _stream(text: str) -> str:
    protocol, _, number = text.strip().lower().rpartition(":")
    if protocol not in ("", "tcp", "udp") or not re.fullmatch(r"[0-9]{1,18}", number, re.ASCII):
        raise SelectionError(f"--stream: {text!r} is no stream; write 5 or tcp:5 for TCP, udp:5 for UDP")
    return f"{protocol or 'tcp'}.stream == {int(number)}"


def _host(text: str, addresses_of: AddressesOf | None) -> Mask:
    text = text.strip()
    if _MAC.fullmatch(text):
        return DisplayFilter(f"eth.addr == {text} || arp.src.hw_mac == {text} || arp.dst.hw_mac == {text}").mask
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        if addresses_of is None or not _NAME.fullmatch(text) or re.fullmatch(r"[0-9.]+", text):
            raise SelectionError(f"--host: {text!r} is no address or network") from None
        return _named(text, addresses_of)
    if network.version == 6:
        return DisplayFilter(f"ipv6.addr == {network}").mask
    return DisplayFilter(f"ip.addr == {network} || arp.src.proto_ipv4 == {network} || arp.dst.proto_ipv4 == {network}").mask


def _named(name: str, addresses_of: AddressesOf) -> Mask:
    known: dict[str, Mask] = {}

    def mask(view: View) -> Column:
        """A name counts from the frame behind the one that says it: how many frames a batch has must not matter."""
        either = np.zeros(len(view), bool)
        for address, told in addresses_of(name).items():
            if address not in known:
                known[address] = _host(address, None)
            either |= known[address](view) & (view.batch.number > told)
        return either

    return mask


def _one_of(masks: Sequence[Mask]) -> Mask:
    def mask(view: View) -> Column:
        either = np.zeros(len(view), bool)
        for each in masks:
            either |= each(view)
        return either

    return mask
