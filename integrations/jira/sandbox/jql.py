"""Reads JQL into a tree; what the fields mean is in jql_fields.py."""

import re
from dataclasses import dataclass

from integrations.jira.sandbox.errors import JiraRefusal

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<operator>!=|!~|<=|>=|=|<|>|~)
      | (?P<mark>[(),])
      | (?P<word>cf\[\d+\]|[^\s"'()=!<>~,&|+;?*/%^$\#@\[\]{}]+)
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_RESERVED = frozenset(
    [
        "and",
        "or",
        "not",
        "in",
        "is",
        "order",
        "by",
        "empty",
        "null",
        "was",
        "changed",
        "on",
        "before",
        "after",
    ]
)
_LONGEST = 10_000
_DEEPEST = 50
_MOST_ORDERS = 7


@dataclass(frozen=True, slots=True)
class Call:
    """A function used as a value, as in `releasedVersions()`."""

    name: str
    arguments: tuple[str, ...]


Operand = str | Call


@dataclass(frozen=True, slots=True)
class Clause:
    """One test of one field: `=` `!=` `<` `<=` `>` `>=` `~` `!~` `in` `not in` `is` `is not`."""

    field: str
    operator: str
    values: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT of a condition."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions of which all, or at least one, must hold."""

    needs_all: bool
    conditions: tuple["Condition", ...]


Condition = Clause | Negation | Junction


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query; `order` is field and whether it descends."""

    condition: Condition
    order: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    @property
    def word(self) -> str:
        """The token as a key word, lower case; nothing when it was quoted."""
        return "" if self.kind == "text" else self.text.casefold()


def parse(text: str) -> Query:
    """The query as a tree; a query without any restriction is refused as Jira does."""
    if len(text) > _LONGEST:
        raise JiraRefusal(400, "The JQL query is too long.")
    return _Reader(_tokens(text)).query()


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _error(f"The character at position {position + 1} must be quoted or escaped.")
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "text":
            value = _ESCAPE.sub(r"\1", value[1:-1])
        tokens.append(_Token(kind, value))
        position = match.end()
    return tokens


def _error(message: str) -> JiraRefusal:
    return JiraRefusal(400, f"Error in the JQL Query: {message}")


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0

    def query(self) -> Query:
        if not self._tokens or self._peek().word == "order":
            raise JiraRefusal(
                400,
                "Unbounded JQL queries are not allowed here. "
                "Please add a search restriction to your query.",
            )
        condition = self._any_of()
        order = self._order() if self._takes("order") else ()
        if self._position < len(self._tokens):
            raise _error(f"Expecting either 'AND' or 'OR' but got '{self._peek().text}'.")
        return Query(condition, order)

    def _peek(self) -> _Token:
        if self._position < len(self._tokens):
            return self._tokens[self._position]
        return _Token("end", "")

    def _next(self) -> _Token:
        token = self._peek()
        if token.kind == "end":
            raise _error("The query ends where more is expected.")
        self._position += 1
        return token

    def _takes(self, word: str) -> bool:
        if self._peek().word == word:
            self._position += 1
            return True
        return False

    def _needs(self, word: str) -> None:
        if not self._takes(word):
            raise _error(f"Expecting '{word}' but got '{self._peek().text}'.")

    def _any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._takes("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Junction(False, tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Junction(True, tuple(parts))

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _error("The query is nested too deeply.")
        try:
            if self._takes("not"):
                return Negation(self._one())
            if self._takes("("):
                inner = self._any_of()
                self._needs(")")
                return inner
            return self._clause()
        finally:
            self._depth -= 1

    def _clause(self) -> Clause:
        field = self._name()
        token = self._next()
        if token.kind == "operator":
            return Clause(field, token.text, (self._operand(),))
        if token.word == "in":
            return Clause(field, "in", self._operands())
        if token.word == "not":
            self._needs("in")
            return Clause(field, "not in", self._operands())
        if token.word == "is":
            operator = "is not" if self._takes("not") else "is"
            if self._next().word not in ("empty", "null"):
                raise _error("'IS' takes EMPTY or NULL only.")
            return Clause(field, operator, ())
        raise _error(f"Expecting an operator but got '{token.text}'.")

    def _name(self) -> str:
        token = self._next()
        if token.kind not in ("word", "text") or token.word in _RESERVED:
            raise _error(f"Expecting a field name but got '{token.text}'.")
        return token.text

    def _operands(self) -> tuple[Operand, ...]:
        if self._peek().word != "(":
            value = self._operand()
            if isinstance(value, str):
                raise _error("A list of values must be put in parentheses.")
            return (value,)
        self._needs("(")
        values = [self._operand()]
        while self._takes(","):
            values.append(self._operand())
        self._needs(")")
        return tuple(values)

    def _operand(self) -> Operand:
        token = self._next()
        if token.kind not in ("word", "text") or token.word in _RESERVED:
            raise _error(f"Expecting a value but got '{token.text}'.")
        if token.kind == "text" or not self._takes("("):
            return token.text
        arguments: list[str] = []
        while not self._takes(")"):
            arguments.append(self._name())
            if self._peek().word != ")":
                self._needs(",")
        return Call(token.text, tuple(arguments))

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._needs("by")
        order: list[tuple[str, bool]] = []
        while True:
            field = self._name()
            descends = self._takes("desc")
            if not descends:
                self._takes("asc")
            order.append((field, descends))
            if not self._takes(","):
                break
        if len(order) > _MOST_ORDERS:
            raise _error(f"At most {_MOST_ORDERS} fields can be sorted by.")
        return tuple(order)
