"""What the keys of rows mean: their type, unit and a sentence, which the documentation and the tests read."""

from __future__ import annotations

from typing import Final, NamedTuple


class Key(NamedTuple):
    """What the values of a key are: null where the meaning says so; a row lacks the keys of other protocols and kinds."""

    type: str  #: "integer", "text", "boolean", "list" or "object"; or several, where the meaning says when which
    unit: str  #: "" where there is none
    meaning: str


EPOCH: Final = "since 1970-01-01 00:00:00 UTC"


def integer(meaning: str, unit: str = "") -> Key:
    return Key("integer", unit, meaning)


def frame(meaning: str) -> Key:
    """A frame number."""
    return Key("integer", "", f"number of {meaning}")


def time(meaning: str) -> Key:
    """A point in time, or a duration."""
    return Key("integer", "ns", meaning)


def text(meaning: str) -> Key:
    return Key("text", "", meaning)


def boolean(meaning: str) -> Key:
    return Key("boolean", "", meaning)


def mapping(meaning: str) -> Key:
    """An object."""
    return Key("object", "", meaning)


def listing(meaning: str) -> Key:
    """A list."""
    return Key("list", "", meaning)
