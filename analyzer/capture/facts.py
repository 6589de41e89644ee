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
MAXIMUM_LOSSES = 100_000  #: places that are kept: 20 MB


@dataclass(frozen=True, slots=True)
class Comment:
    """A text: what = "comment", "hardware", "os" or "application"; of a packet, an interface or a whole section."""

    what: str
    text: str
    file: int = 0
    frame: int | None = None  #: number in its file
    interface: int | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """A place where the capture itself lost frames: they passed an interface between two frames that it has."""

    file: int
    frame: int  #: number in its file of the frame behind it
    dropped: int  #: how many
    since_ns: int  #: time of the frame of that interface before it, as far as it is known
    until_ns: int  #: time of the frame behind it
    interface: int  #: index


@dataclass(slots=True)
class Losses:
    """Those of a capture, in the order of its frames."""

    places: list[Loss] = field(default_factory=list)  #: the first ones
    count: int = 0  #: of all places
    dropped: int = 0  #: at all of them
    by_interface: dict[int, int] = field(default_factory=dict)  #: index -> dropped there
    first_left_out_ns: int | None = None  #: when the first one passed that is not among `places`

    def add(self, loss: Loss) -> None:
        """One more."""
        self.count += 1
        self.dropped += loss.dropped
        self.by_interface[loss.interface] = self.by_interface.get(loss.interface, 0) + loss.dropped
        if len(self.places) < MAXIMUM_LOSSES:
            self.places.append(loss)
        elif self.first_left_out_ns is None:
            self.first_left_out_ns = loss.since_ns


@dataclass(slots=True)
class FileFacts:
    """Filled while reading; `dropped` counts what did not fit under the caps, by kind."""

    interfaces: list[Interface] = field(default_factory=list)
    names: dict[bytes, str] = field(default_factory=dict)
    secrets: list[tuple[int, bytes]] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
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
