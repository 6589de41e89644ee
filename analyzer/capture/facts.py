"""What a capture says besides its frames: interfaces, names of addresses, secrets, comments."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.batch import Interface

MAXIMUM_NAMES = 100_000  #: most addresses with a name
MAXIMUM_NAME_BYTES = 16 << 20  #: most characters of all names together, those of interfaces too
MAXIMUM_SECRETS = 16 << 20  #: most bytes of decryption secrets
SECRET_BYTES = 128  #: that a secret takes besides its own
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
class FileFacts:
    """Filled while reading; `dropped` counts what did not fit under the caps, by kind."""

    interfaces: list[Interface] = field(default_factory=list)
    names: dict[bytes, str] = field(default_factory=dict)
    secrets: list[tuple[int, bytes]] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    _name_bytes: int = 0
    _secret_bytes: int = 0
    _comment_bytes: int = 0

    def add_name(self, address: bytes, name: str) -> None:
        if address not in self.names and (name := self.held(name, len(self.names) < MAXIMUM_NAMES)):
            self.names[address] = name

    def held(self, name: str, fits: bool = True) -> str:
        """A name, if there is room for it; else it is counted, and there is none."""
        if fits and self._name_bytes + len(name) <= MAXIMUM_NAME_BYTES:
            self._name_bytes += len(name)
            return name
        self.drop("names")
        return ""

    def add_secret(self, kind: int, data: bytes) -> None:
        if self._secret_bytes + len(data) + SECRET_BYTES <= MAXIMUM_SECRETS:
            self._secret_bytes += len(data) + SECRET_BYTES
            self.secrets.append((kind, data))
        else:
            self.drop("secrets")

    @property
    def full_of_comments(self) -> bool:
        """One did not fit any more, and none will."""
        return "comments" in self.dropped

    def add_comment(self, comment: Comment) -> None:
        fits = self._comment_bytes + len(comment.text) <= MAXIMUM_COMMENT_BYTES and len(self.comments) < MAXIMUM_COMMENTS
        if fits and not self.full_of_comments:
            self._comment_bytes += len(comment.text)
            self.comments.append(comment)
        else:
            self.drop("comments")

    def drop(self, kind: str, times: int = 1) -> None:
        self.dropped[kind] = self.dropped.get(kind, 0) + times
