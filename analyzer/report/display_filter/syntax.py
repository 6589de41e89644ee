"""The grammar of display filters, as Wireshark 4.0 has it: tokens, and a parser by recursive descent.

    filter     = conjunction {("||" | "or") conjunction}
    conjunction= negation {("&&" | "and") negation}
    negation   = {"!" | "not"} test
    test       = "(" filter ")" | ["any" | "all"] field ["&" number] [asked]
    asked      = comparison (value | field) | ["not"] "in" set | text-test value
    set        = "{" value [".." value] {"," value [".." value]} "}"

Not here: slices, functions, arithmetic, fields in sets and behind text tests, and names in place of a field's numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from analyzer.dissect import stack
from analyzer.report.fields import FIELDS, Field, UnknownField, find
from analyzer.report.fields.kinds import BOOLEAN, INTEGER, LABEL, MAC, PRESENCE

from . import value
from .error import FilterError
from .node import All, Comparison, Exists, FieldComparison, Node, Not, Octets, OneOf, Some, Text

MAX_DEPTH: Final = 100  #: nested parentheses and negations

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<string>r?"(?:[^"\\]|\\.)*")|(?P<char>'(?:[^'\\]|\\.)')
    |(?P<sign>===|!==|==|!=|~=|<=|>=|&&|\|\||\.\.|[!<>(){},~&[\]])
    |(?P<word>(?:[\w:/+*-]|\.(?!\.))+))""",
    re.VERBOSE,
)
_SIGNS: Final = {
    "==": "==", "eq": "==", "any_eq": "==", "===": "===", "all_eq": "===",
    "!=": "!=", "ne": "!=", "all_ne": "!=", "!==": "!==", "any_ne": "!==", "~=": "!==",
    "<": "<", "lt": "<", ">": ">", "gt": ">", "<=": "<=", "le": "<=", ">=": ">=", "ge": ">=",
}  # fmt: skip
_AND: Final = ("&&", "and")
_OR: Final = ("||", "or")
_NOT: Final = ("!", "not")
_MATCHES: Final = ("matches", "~")
_BYTES: Final = re.compile(r"[0-9a-fA-F]{2}(?:[:.-][0-9a-fA-F]{2})*")
_ESCAPED: Final = re.compile(r"\\x([0-9a-fA-F]{2})|\\(.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


class Token(NamedTuple):
    kind: str  #: string, char, sign, word; "end" behind the last one
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """The words and signs of a filter."""
    found = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            position += len(text[position:]) - len(text[position:].lstrip())
            unclosed = text[position] in "\"'"
            raise FilterError("this text has no end" if unclosed else f"{text[position]!r} means nothing here", text, position)
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind)))
        position = match.end()
    found.append(Token("end", "", len(text)))
    return found


def parse(text: str) -> Node:
    """The test that a filter is. Raises FilterError."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.next = 0
        self.depth = 0

    def whole(self) -> Node:
        if self._peek().kind == "end":
            raise FilterError("it is empty", self.text, 0)
        test = self._filter()
        if self._peek().kind != "end":
            raise self._error("expected && or || or the end")
        return test

    def _filter(self) -> Node:
        nodes = [self._conjunction()]
        while self._sign() in _OR:
            self.next += 1
            nodes.append(self._conjunction())
        return Some(tuple(nodes)) if len(nodes) > 1 else nodes[0]

    def _conjunction(self) -> Node:
        nodes = [self._negation()]
        while self._sign() in _AND:
            self.next += 1
            nodes.append(self._negation())
        return All(tuple(nodes)) if len(nodes) > 1 else nodes[0]

    def _negation(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._error(f"it is nested more than {MAX_DEPTH} deep")
        if self._sign() in _NOT:
            self.next += 1
            test: Node = Not(self._negation())
        elif self._sign() == "(":
            self.next += 1
            test = self._filter()
            self._expect(")")
        else:
            test = self._test()
        self.depth -= 1
        return test

    def _test(self) -> Node:
        every = self._sign() == "all" and self.tokens[self.next + 1].kind == "word"
        some = self._sign() == "any" and self.tokens[self.next + 1].kind == "word"
        self.next += every or some
        field = self._field()
        bits = 0
        if self._sign() == "&":
            self.next += 1
            bits = self._bits(field)
        sign = self._sign()
        if sign in _SIGNS:
            self.next += 1
            return self._comparison(field, _SIGNS[sign], bits, every, some)
        if bits:
            return Comparison(field, "!=", 0, every, bits)
        if sign == "in" or (sign == "not" and self.tokens[self.next + 1].text == "in"):
            self.next += 1 if sign == "in" else 2
            one: Node = OneOf(field, self._set(field), every)
            return one if sign == "in" else Not(one)
        if sign == "contains" or sign in _MATCHES:
            self.next += 1
            return self._text(field, sign, every)
        if sign in ("[", "("):
            raise self._error("slices are not supported" if sign == "[" else "functions are not supported")
        return Exists(field)

    def _comparison(self, field: Field, sign: str, bits: int, every: bool, some: bool) -> Node:
        strict = sign in ("===", "!==")  # these say themselves whether all occurrences must pass
        every = sign == "===" if strict else every or (sign == "!=" and not some)
        right = self._right_field(field)
        if right is not None:
            return FieldComparison(field, sign[:2], right, every, bits)
        return Comparison(field, sign[:2], self._value(field), every, bits)

    def _right_field(self, left: Field) -> Field | None:
        """The field on the right side; None where a value stands there."""
        token = self._peek()
        field = FIELDS.get(token.text) if token.kind == "word" else None
        if field is None or left.kind in value.VALUELESS or field.kind in value.VALUELESS:
            return None
        if not value.comparable(left, field):
            kinds = f"{left.name} ({left.kind.name}) and {field.name} ({field.kind.name})"
            raise FilterError(f"{kinds} cannot be compared", self.text, token.position)
        self.next += 1
        return field

    def _field(self) -> Field:
        token = self._peek()
        if token.kind != "word":
            raise self._error("expected a field")
        try:
            (field,) = find([token.text])
        except UnknownField as error:
            raise FilterError(str(error), self.text, token.position) from None
        self.next += 1
        return field

    def _bits(self, field: Field) -> int:
        if field.kind not in (INTEGER, BOOLEAN):
            raise FilterError(f"{field.name} is no number of which bits could be tested", self.text, self._peek().position)
        token = self._peek()
        bits = self._value(field)
        if not isinstance(bits, int) or not 0 < bits < 1 << 63:
            raise FilterError(f"{token.text} has no bits to test", self.text, token.position)
        return bits

    def _set(self, field: Field) -> tuple[tuple[Any, Any], ...]:
        self._expect("{")
        ranges = []
        while True:
            low = high = self._value(field)
            if self._sign() == "..":
                self.next += 1
                high = self._value(field)
            ranges.append((low, high))
            if self._sign() == "}":
                self.next += 1
                return tuple(ranges)
            if self._sign() != ",":
                raise self._error("expected , or }")
            self.next += 1

    def _value(self, field: Field) -> Any:
        token = self._peek()
        if token.kind not in ("word", "string", "char"):
            raise self._error("expected a value")
        self.next += 1
        try:
            return value.read(field, token.text if token.kind == "char" else _unquoted(token))
        except ValueError as error:
            raise FilterError(str(error), self.text, token.position) from None

    def _text(self, field: Field, sign: str, every: bool) -> Node:
        token = self._peek()
        if token.kind not in ("word", "string"):
            raise self._error("expected a text")
        if token.kind == "word" and token.text in FIELDS and FIELDS[token.text].kind not in value.VALUELESS:
            raise self._error(f"a field behind {sign} is not supported; a text that looks like one stands in quotes")
        self.next += 1
        if field.kind is LABEL:
            return Text(field, _passes(sign, _unquoted(token), self._pattern), every)
        wanted = _octets(token) if sign == "contains" else _unquoted(token).encode()
        if field.kind is MAC:
            return Text(field, _passes(sign, wanted, self._pattern), every)
        if field.kind is PRESENCE and (field.name == "frame" or field.name in stack.DISSECTORS):
            return Octets(field.name, _passes(sign, wanted, self._pattern))
        known = "texts, MAC addresses and the bytes of dissected protocols"
        raise FilterError(f"this program knows {sign} only for {known}, not for {field.name}", self.text, token.position)

    def _pattern(self, pattern: Any) -> re.Pattern[Any]:
        try:
            return re.compile(pattern, re.IGNORECASE)
        except re.error as error:
            token = self.tokens[self.next - 1]
            raise FilterError(f"this is no regular expression: {error}", self.text, token.position) from None

    def _peek(self) -> Token:
        return self.tokens[self.next]

    def _sign(self) -> str:
        token = self.tokens[self.next]
        return token.text if token.kind in ("sign", "word") else ""

    def _expect(self, sign: str) -> None:
        if self._sign() != sign:
            raise self._error(f"expected {sign}")
        self.next += 1

    def _error(self, reason: str) -> FilterError:
        return FilterError(reason, self.text, self._peek().position)


def _passes(sign: str, wanted: Any, pattern: Callable[[Any], re.Pattern[Any]]) -> Callable[[Any], bool]:
    if sign == "contains":
        return lambda whole: wanted in whole
    search = pattern(wanted).search
    return lambda whole: search(whole) is not None


def _octets(token: Token) -> bytes:
    if token.kind == "word" and _BYTES.fullmatch(token.text):
        return bytes.fromhex(re.sub(r"[:.-]", "", token.text))
    return _unquoted(token).encode()


def _unquoted(token: Token) -> str:
    """The text that a token stands for."""
    if token.kind != "string":
        return token.text
    if token.text.startswith("r"):
        return token.text[2:-1]
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPES.get(m[2], m[2]), token.text[1:-1])
