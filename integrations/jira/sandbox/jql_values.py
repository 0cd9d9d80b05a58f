"""Reads the values of a JQL clause: what names an existing thing must name one that exists."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from integrations.jira.sandbox import catalog
from integrations.jira.sandbox.catalog import Named
from integrations.jira.sandbox.errors import JiraRefusal
from integrations.jira.sandbox.jql import Call, Operand
from integrations.jira.sandbox.records import Version
from integrations.jira.sandbox.site import Site

Value = str | float
Reader = Callable[[Site, str, Operand], tuple[Value, ...]]

UNRESOLVED = "(none)"
_SPAN = re.compile(r"([+-]?)((?:\d{1,6}[wdhm]\s*)+)")
_STEP = re.compile(r"(\d+)([wdhm])")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y/%m/%d %H:%M")
_WORD = re.compile(r"\w+")


def _unknown(field: str, value: str) -> JiraRefusal:
    return JiraRefusal(400, f"The value '{value}' does not exist for the field '{field}'.")


def _literal(field: str, operand: Operand) -> str:
    if isinstance(operand, Call):
        raise JiraRefusal(
            400, f"Unable to find JQL function '{operand.name}()' for the field '{field}'."
        )
    return operand


def one_of(items: Iterable[Named]) -> Reader:
    """Reads an entry of the catalogue, by id or name, as its id."""
    known = tuple(items)

    def read(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
        text = _literal(field, operand)
        for item in known:
            if text == item.id or text.casefold() == item.name.casefold():
                return (item.id,)
        raise _unknown(field, text)

    return read


def as_resolution(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """A resolution; `Unresolved` means none."""
    if isinstance(operand, str) and operand.casefold() == "unresolved":
        return (UNRESOLVED,)
    return one_of(catalog.RESOLUTIONS)(site, field, operand)


def as_project(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """The only project, by key or id."""
    text = _literal(field, operand)
    if text.upper() == site.project or text == catalog.PROJECT_ID:
        if site.lacks("BROWSE_PROJECTS"):
            raise _unknown(field, text)
        return (site.project,)
    raise _unknown(field, text)


def as_issue_type(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """A type of ticket, by id or by the name it has by now, as its id."""
    return one_of(site.issue_types)(site, field, operand)


def as_status_category(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """A status category, by key, name or id, as its key."""
    text = _literal(field, operand)
    for item in catalog.CATEGORIES:
        if text.casefold() in (item.key, item.name.casefold(), str(item.id)):
            return (item.key,)
    raise _unknown(field, text)


def as_key(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """A ticket by key or id, as its number; it must exist."""
    text = _literal(field, operand)
    ticket = site.ticket(text)
    if ticket is None:
        raise JiraRefusal(400, f"An issue with key '{text}' does not exist for field '{field}'.")
    return (float(ticket.number),)


def as_version(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """A version by id or name, as its id; two functions stand for many."""
    known = site.store.records(Version)
    if isinstance(operand, Call):
        wanted = {"releasedversions": True, "unreleasedversions": False}.get(
            operand.name.casefold()
        )
        if wanted is None or not {site.project}.issuperset(a.upper() for a in operand.arguments):
            _literal(field, operand)
        return tuple(str(item.id) for item in known if item.released is wanted)
    for item in known:
        if operand == str(item.id) or operand.casefold() == item.name.casefold():
            return (str(item.id),)
    raise _unknown(field, operand)


def as_label(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """A label; case does not count and it need not exist."""
    return (_literal(field, operand).casefold(),)


def as_number(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """A number."""
    text = _literal(field, operand)
    try:
        return (float(text),)
    except ValueError as error:
        raise JiraRefusal(
            400, f"The value '{text}' for the field '{field}' is not a number."
        ) from error


def as_moment(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """A moment as seconds: a date with or without a time (UTC), `-5m`, `now()`."""
    if isinstance(operand, Call) and operand.name.casefold() == "now" and not operand.arguments:
        return (site.store.now().timestamp(),)
    text = _literal(field, operand).strip()
    for form in _FORMATS:
        try:
            return (datetime.strptime(text, form).replace(tzinfo=UTC).timestamp(),)
        except ValueError:
            continue
    match = _SPAN.fullmatch(text)
    if match is None:
        raise JiraRefusal(
            400,
            f"Date value '{text}' for field '{field}' is invalid. Valid formats include: "
            "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', "
            "or a period format e.g. '-5d', '4w 2d'.",
        )
    span = timedelta()
    for amount, unit in _STEP.findall(match[2]):
        span += timedelta(**{_UNITS[unit]: int(amount)})
    moment = site.store.now().timestamp()
    return (moment - span.total_seconds() if match[1] == "-" else moment + span.total_seconds(),)


def as_text(site: Site, field: str, operand: Operand) -> tuple[Value, ...]:
    """Words to look for; a phrase in double quotes must stand as it is."""
    text = _literal(field, operand)
    if not _WORD.search(text):
        raise JiraRefusal(400, f"The field '{field}' does not support searching for '{text}'.")
    return (text,)


def has_words(text: str, sought: str) -> bool:
    """Whether the text holds all words sought; `word*` means its beginning."""
    words = _WORD.findall(text.casefold())
    sought = sought.casefold().strip()
    if len(sought) > 2 and sought[0] == sought[-1] == '"':
        return f" {' '.join(_WORD.findall(sought))} " in f" {' '.join(words)} "
    for part in sought.split():
        pieces = _WORD.findall(part)
        if part.endswith("*") and pieces:
            if not any(word.startswith(pieces[-1]) for word in words):
                return False
            pieces.pop()
        if not set(words).issuperset(pieces):
            return False
    return True
