"""The ways that frames went through the layers: `eth:ip:tcp`, each with a number, and how much went each way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, overload

Path = tuple[str, ...]

MAX_PATHS: Final = 1_000  #: ways that are told apart; a capture of this world has some dozens
ANY_WAY: Final = "..."  #: stands for the layers below where they are not told apart


class Paths(Sequence[Path]):
    """Protocol names from the link layer up, by path id; id 0 is the empty path."""

    def __init__(self) -> None:
        self.protocols: list[str] = [""]  #: as Wireshark writes it in frame.protocols
        self.packets: list[int] = [0]  #: occurrences
        self.bytes: list[int] = [0]  #: bytes of their frames
        self.not_told_apart = 0  #: times that a cap let a way look like a shorter one
        self.any_way: set[int] = set()  #: the paths that begin with ANY_WAY
        self._paths: list[Path] = [()]
        self._child: dict[tuple[int, str], int] = {}

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, path: int) -> Path: ...

    @overload
    def __getitem__(self, path: slice) -> Sequence[Path]: ...

    def __getitem__(self, path: int | slice) -> Path | Sequence[Path]:
        return self._paths[path]

    def child(self, parent: int, name: str, via: str = "", dissected: bool = False) -> int:
        """The path to a layer; beyond MAX_PATHS one for each protocol that is dissected, for others that of the layer below.

        `via`: what Wireshark names between the two.
        """
        path = self._child.get((parent, name))
        if path is not None:
            return path
        if len(self._paths) < MAX_PATHS:
            return self._new(parent, name, via)
        self.not_told_apart += 1
        if not dissected:
            return parent
        root = self._child.get((0, ANY_WAY)) or self._new(0, ANY_WAY, "")
        path = self._child.get((root, name)) or self._new(root, name, "")
        self.any_way.add(path)
        return path

    def _new(self, parent: int, name: str, via: str) -> int:
        path = self._child[parent, name] = len(self._paths)
        self._paths.append((*self._paths[parent], name))
        known = "data" if " " in name else name  # a number without a name is data to Wireshark
        self.protocols.append(":".join(filter(None, (self.protocols[parent], via, known))))
        self.packets.append(0)
        self.bytes.append(0)
        return path

    def add(self, path: int, packets: int, octets: int) -> None:
        """So many more occurrences, in frames of so many bytes together."""
        self.packets[path] += packets
        self.bytes[path] += octets
