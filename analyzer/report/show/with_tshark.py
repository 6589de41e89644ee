"""A packet as the installed tshark reads it, through pyshark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from .layer import BY_TSHARK, FRAME, Layer, Value

TIMEOUT: Final = 60.0  #: seconds that it may take at least
BYTES_PER_SECOND: Final = 5_000_000  #: and what it reads at least of the capture in any further one
MAX_VALUE: Final = 4_096  #: characters of one value
#: fields that hold the bytes of whole layers, which the dump shows already (and where secrets would have to be masked again)
OCTETS: Final = frozenset((
    "tcp.payload", "udp.payload", "tcp.segment_data", "tcp.reassembled.data", "data.data", "http.file_data", "_ws.lua.text",
    "ssl.app_data", "tls.app_data", "websocket.payload", "ip.fragment", "ip.reassembled.data",
))  # fmt: skip
SECRETS: Final = frozenset((
    "http.authorization", "http.authbasic", "http.proxy_authorization", "http.proxy_authbasic", "http.cookie", "http.cookie_pair",
    "http.set_cookie", "http2.headers.authorization", "http2.headers.proxy_authorization", "http2.headers.cookie",
    "http2.headers.set_cookie", "http3.headers.authorization", "http3.headers.proxy_authorization", "http3.headers.cookie",
    "http3.headers.set_cookie",
))  # fmt: skip
MASK: Final = "***"
_SECRET_LINE: Final = re.compile(r"\b((?:proxy-)?authorization|(?:set-)?cookie)(\s*:\s*)\S.*", re.IGNORECASE | re.DOTALL)
_HEADER_VALUE: Final = re.compile(r"http[23]\.header\.(?:unescaped_)?value(?:\..*)?|http[23]\.headers?\.raw")  #: of any name


class TsharkUnable(Exception):
    """tshark did not show the packet; the message says why."""


def read(path: str, frame: int, frame_layer: Layer, octets: bytes, show_secrets: bool = False) -> list[Layer]:
    """The layers of a frame of the file `path`, and its bytes, which we have read already. Raises TsharkUnable."""
    packet = _packet(path, frame)
    frame_layer.values = list(_values(packet.frame_info, show_secrets))
    frame_layer.by = BY_TSHARK
    layers = [frame_layer]
    for one in packet.layers:
        values = list(_values(one, show_secrets))
        name = str(one.layer_name)
        layers.append(Layer(name.lower(), name.upper(), values=values, by=BY_TSHARK))
    return [*layers, Layer("bytes", "Bytes", f"{len(octets):,} captured", data=octets)]


def without_bytes(layers: Sequence[Layer]) -> tuple[Layer, bytes]:
    """The layer of the frame itself, and all bytes of it, from the layers as we see them."""
    octets = bytearray()
    for layer in layers:
        if layer.protocol != FRAME and not layer.reassembled and layer.row is None:
            octets[layer.offset : layer.offset + len(layer.data)] = layer.data
    return layers[0], bytes(octets)


def _packet(path: str, frame: int) -> Any:
    try:
        import pyshark
        from pyshark.capture.capture import TSharkCrashException
        from pyshark.tshark.tshark import TSharkNotFoundException, TSharkVersionException
    except ImportError as error:
        raise TsharkUnable(f"pyshark, which talks with tshark, is not installed ({error})") from error
    timeout = TIMEOUT + Path(path).stat().st_size / BYTES_PER_SECOND
    options = ["-c", str(frame)]  # it need not read what stands behind the frame
    said = ""
    packets = []
    try:
        capture = pyshark.FileCapture(path, display_filter=f"frame.number == {frame}", custom_parameters=options)
        try:
            capture.load_packets(packet_count=1, timeout=timeout)
            packets = [capture[0]] if len(capture) else []
        finally:
            said = str(capture._last_error_line or "")
            capture.close()
    except TSharkNotFoundException:
        raise TsharkUnable("tshark is not installed") from None
    except (TSharkCrashException, TSharkVersionException) as error:
        if not packets:  # else it complains about what stands behind the frame
            raise TsharkUnable(f"tshark cannot read {path}: {said or error}") from error
    except (OSError, RuntimeError, AttributeError, ValueError) as error:  # asyncio's, and ValueError from lxml
        raise TsharkUnable(f"pyshark cannot talk with tshark ({type(error).__name__}: {error})") from error
    if not packets:
        why = said or ("it has no such frame" if capture.loaded else f"no answer within {timeout:.0f} s")
        raise TsharkUnable(f"tshark did not show frame {frame} of {path}: {why}")
    return packets[0]


def _values(layer: Any, show_secrets: bool) -> Iterator[Value]:
    """The fields of a layer, in its order; several of one name stand together."""
    fields = [one for name in layer._all_fields for one in layer._all_fields[name].all_fields]
    secret = not show_secrets and any(_SECRET_LINE.search(f"{one.showname or ''}: x") for one in fields)
    for one in fields:
        name = str(one.name or "")
        if name in OCTETS:
            continue
        shown, value = str(one.showname or one.show or one.raw_value or "")[:MAX_VALUE], str(one.show or "")[:MAX_VALUE]
        if not show_secrets:
            if name in SECRETS or (secret and _HEADER_VALUE.fullmatch(name)):
                shown = f"{shown.partition(': ')[0]}: {MASK}" if ": " in shown else MASK
                value = MASK
            shown, value = (_SECRET_LINE.sub(rf"\1\2{MASK}", text) for text in (shown, value))
        yield Value(name, value or None, shown, minor=bool(one.hide))
