"""What the fields of JQL mean: a condition becomes a test of one ticket, an order a sort."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import ge, gt, le, lt

from integrations.jira.sandbox import catalog
from integrations.jira.sandbox import jql_values as values
from integrations.jira.sandbox.adf import plain_text
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.jql import Clause, Condition, Junction, Negation
from integrations.jira.sandbox.jql_values import Reader, Value
from integrations.jira.sandbox.records import Ticket
from integrations.jira.sandbox.site import Site

Test = Callable[[Ticket], bool]

_EMPTY = frozenset({"is", "is not"})
_SAME = frozenset({"=", "!=", "in", "not in"})
_ORDERED = frozenset({"<", "<=", ">", ">="})
_LIKE = frozenset({"~", "!~"})
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


@dataclass(frozen=True, slots=True)
class Field:
    """How a field is read from a ticket, how a query's value is read, and what may be asked."""

    read: Callable[[Ticket], tuple[Value, ...]]
    value: Reader
    operators: frozenset[str] = _SAME | _EMPTY


def _if_any(value: Value | None) -> tuple[Value, ...]:
    return () if value is None else (value,)


def _words(ticket: Ticket) -> tuple[Value, ...]:
    parts = [ticket.summary, plain_text(ticket.description), plain_text(ticket.environment)]
    return ("\n".join(parts),)


def _category(ticket: Ticket) -> tuple[Value, ...]:
    return (catalog.by_id(catalog.STATUSES, ticket.status).category.key,)


_KEY = Field(lambda ticket: (float(ticket.number),), values.as_key, _SAME | _ORDERED)
_CUSTOMERS = Field(
    lambda ticket: _if_any(ticket.customers), values.as_number, _SAME | _ORDERED | _EMPTY
)
_ACCOUNTS = Field(
    lambda ticket: _if_any(ticket.accounts), values.as_number, _SAME | _ORDERED | _EMPTY
)
_RESOLVED = Field(
    lambda ticket: _if_any(None if ticket.resolved is None else ticket.resolved.timestamp()),
    values.as_moment,
    _SAME | _ORDERED | _EMPTY,
)

FIELDS: Mapping[str, Field] = {
    "project": Field(lambda ticket: (ticket.project,), values.as_project),
    "key": _KEY,
    "issuekey": _KEY,
    "id": _KEY,
    "issue": _KEY,
    "issuetype": Field(lambda ticket: (ticket.issue_type,), values.as_issue_type),
    "status": Field(lambda ticket: (ticket.status,), values.one_of(catalog.STATUSES)),
    "statuscategory": Field(_category, values.as_status_category),
    "resolution": Field(lambda ticket: _if_any(ticket.resolution), values.as_resolution),
    "priority": Field(lambda ticket: (ticket.priority,), values.one_of(catalog.PRIORITIES)),
    "labels": Field(
        lambda ticket: tuple(label.casefold() for label in ticket.labels), values.as_label
    ),
    "fixversion": Field(lambda ticket: ticket.fix_versions, values.as_version),
    "affectedversion": Field(lambda ticket: ticket.versions, values.as_version),
    "summary": Field(lambda ticket: (ticket.summary,), values.as_text, _LIKE),
    "description": Field(
        lambda ticket: _if_any(plain_text(ticket.description) or None),
        values.as_text,
        _LIKE | _EMPTY,
    ),
    "text": Field(_words, values.as_text, _LIKE),
    "created": Field(
        lambda ticket: (ticket.created.timestamp(),), values.as_moment, _SAME | _ORDERED
    ),
    "updated": Field(
        lambda ticket: (ticket.updated.timestamp(),), values.as_moment, _SAME | _ORDERED
    ),
    "resolved": _RESOLVED,
    "resolutiondate": _RESOLVED,
    "affected customers": _CUSTOMERS,
    f"cf[{catalog.NUMBER_FIELD.rpartition('_')[2]}]": _CUSTOMERS,
    "affected accounts": _ACCOUNTS,
    f"cf[{catalog.ACCOUNTS_FIELD.rpartition('_')[2]}]": _ACCOUNTS,
}
_ALSO = {"type": "issuetype", "createddate": "created", "updateddate": "updated"}


def _field(name: str) -> Field:
    lowered = name.casefold()
    found = FIELDS.get(_ALSO.get(lowered, lowered))
    if found is None:
        raise JiraRefusal(
            400,
            f"Field '{name}' does not exist or you do not have permission to view it.",
        )
    return found


def compile_condition(site: Site, condition: Condition) -> Test:
    """The condition as a test; unknown fields, values and functions are refused here."""
    if isinstance(condition, Negation):
        inner = compile_condition(site, condition.condition)
        return lambda ticket: not inner(ticket)
    if isinstance(condition, Junction):
        parts = [compile_condition(site, part) for part in condition.conditions]
        if condition.needs_all:
            return lambda ticket: all(part(ticket) for part in parts)
        return lambda ticket: any(part(ticket) for part in parts)
    return _compile_clause(site, condition)


def _compile_clause(site: Site, clause: Clause) -> Test:
    field, operator = _field(clause.field), clause.operator
    if operator not in field.operators:
        raise JiraRefusal(
            400, f"The operator '{operator}' is not supported by the '{clause.field}' field."
        )
    if operator in _EMPTY:
        return lambda ticket: (not field.read(ticket)) is (operator == "is")
    sought = [
        value for operand in clause.values for value in field.value(site, clause.field, operand)
    ]
    if operator in _LIKE:
        return _looks_like(field, str(sought[0]), is_wanted=operator == "~")
    if operator in _ORDERED:
        compare, limit = _COMPARE[operator], float(sought[0])
        return lambda ticket: any(compare(float(value), limit) for value in field.read(ticket))
    return _is_among(field, frozenset(sought), is_wanted=operator in ("=", "in"))


def _looks_like(field: Field, sought: str, *, is_wanted: bool) -> Test:
    def test(ticket: Ticket) -> bool:
        return any(values.has_words(str(text), sought) is is_wanted for text in field.read(ticket))

    return test


def _is_among(field: Field, sought: frozenset[Value], *, is_wanted: bool) -> Test:
    """An empty field is never unequal to something: Jira leaves it out of `!=` and `not in`."""

    def test(ticket: Ticket) -> bool:
        held = field.read(ticket)
        if not held:
            return is_wanted and values.UNRESOLVED in sought
        return any(value in sought for value in held) is is_wanted

    return test


def sort_tickets(tickets: Sequence[Ticket], order: Sequence[tuple[str, bool]]) -> list[Ticket]:
    """Sorted by the fields of ORDER BY, empty values last; without one the newest come first."""
    ordered = sorted(tickets, key=lambda ticket: -ticket.id)
    for name, descends in reversed(order):
        read = _field(name).read
        held = [ticket for ticket in ordered if read(ticket)]
        empty = [ticket for ticket in ordered if not read(ticket)]
        held.sort(key=lambda ticket: _sortable(read(ticket)), reverse=descends)
        ordered = held + empty
    return ordered


def _sortable(held: tuple[Value, ...]) -> tuple[tuple[float, str], ...]:
    return tuple(
        (value, "") if isinstance(value, float) else (0.0, value.casefold()) for value in held
    )
