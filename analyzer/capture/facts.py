"""What a capture says besides its frames: interfaces, names of addresses, secrets, comments."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.batch import Interface

MAXIMUM_NAMES = 100_000  #: most addresses with a name
MAXIMUM_SECRETS = 16 << 20  #: most bytes of decryption secrets
MAXIMUM_COMMENTS = 10_000
MAXIMUM_COMMENT_BYTES = 4 << 20
MAXIMUM_INTERFACES = 65_536


@dataclass(frozen=True, slots=True)
class Comment:
    """A text: what = "comment", "hardware", "os" or "application"; of a packet, an interface or a whole section."""

    what: str
    text: str
    file: int = 0
    frame: int | None = None  #: number in its file
    interface: int | None = None


@dataclass(slots=True)
class Facts:
    """Filled while reading; `dropped` counts what did not fit under the caps, by kind."""

    interfaces: list[Interface] = field(default_factory=list)
    names: dict[bytes, str] = field(default_factory=dict)
    secrets: list[tuple[int, bytes]] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    _secret_bytes: int = 0
    _comment_bytes: int = 0

    def add_name(self, address: bytes, name: str) -> None:
        if address in self.names:
            return
        if len(self.names) < MAXIMUM_NAMES:
            self.names[address] = name
        else:
            self._drop("names")

    def add_secret(self, kind: int, data: bytes) -> None:
        if self._secret_bytes + len(data) <= MAXIMUM_SECRETS:
            self._secret_bytes += len(data)
            self.secrets.append((kind, data))
        else:
            self._drop("secrets")

    def add_comment(self, comment: Comment) -> None:
        fits = self._comment_bytes + len(comment.text) <= MAXIMUM_COMMENT_BYTES
        if fits and len(self.comments) < MAXIMUM_COMMENTS:
            self._comment_bytes += len(comment.text)
            self.comments.append(comment)
        else:
            self._drop("comments")

    def _drop(self, kind: str) -> None:
        self.dropped[kind] = self.dropped.get(kind, 0) + 1
