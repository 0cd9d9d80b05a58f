"""The fixed set-up of the sandbox's one project: types, workflow, screens, permissions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

PROJECT_ID = "10000"
NUMBER_FIELD = "customfield_10050"
ACCOUNTS_FIELD = "customfield_10051"
SEVERITY_FIELD = "customfield_10060"
TEXT_LIMIT = 32_767
SUMMARY_LIMIT = 255


@dataclass(frozen=True, slots=True)
class Named:
    """Something that Jira refers to by id or by name."""

    id: str
    name: str
    note: str = ""


T = TypeVar("T", bound=Named)


@dataclass(frozen=True, slots=True)
class Category:
    """The only part of a status that means the same on every site."""

    id: int
    key: str
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Status(Named):
    """A step of the workflow."""

    category: Category = Category(1, "undefined", "No Category", "medium-gray")


@dataclass(frozen=True, slots=True)
class Transition(Named):
    """A move that the workflow offers from every other status."""

    to: str = ""
    asks_resolution: bool = False


@dataclass(frozen=True, slots=True)
class LinkType(Named):
    """How two tickets relate; the source shows `outward`, the target `inward`."""

    inward: str = ""
    outward: str = ""


@dataclass(frozen=True, slots=True)
class FieldSpec(Named):
    """A field, what it holds and whether the create and edit screens show it."""

    type: str = "string"
    items: str | None = None
    custom_type: str | None = None
    operations: tuple[str, ...] = ("set",)
    on_screen: bool = False
    required: bool = False
    is_rich_text: bool = False


CATEGORIES = (
    Category(1, "undefined", "No Category", "medium-gray"),
    Category(2, "new", "To Do", "blue-gray"),
    Category(4, "indeterminate", "In Progress", "yellow"),
    Category(3, "done", "Done", "green"),
)
_NEW, _ONGOING, _DONE = CATEGORIES[1:]

STATUSES = (
    Status("10000", "To Do", category=_NEW),
    Status("10001", "In Progress", category=_ONGOING),
    Status("10002", "Done", category=_DONE),
)
FIRST_STATUS = STATUSES[0]

TRANSITIONS = (
    Transition("11", "To Do", to="10000"),
    Transition("21", "In Progress", to="10001"),
    Transition("31", "Done", to="10002", asks_resolution=True),
)

RESOLUTIONS = (
    Named("10000", "Done", "Work has been completed on this issue."),
    Named("10001", "Won't Do", "This issue won't be actioned."),
    Named("10002", "Duplicate", "The problem is a duplicate of an existing issue."),
    Named("10003", "Cannot Reproduce", "All attempts at reproducing this issue failed."),
)

PRIORITIES = (
    Named("1", "Highest", "This problem will block progress."),
    Named("2", "High", "Serious problem that could block progress."),
    Named("3", "Medium", "Has the potential to affect progress."),
    Named("4", "Low", "Minor problem or easily worked around."),
    Named("5", "Lowest", "Trivial problem with little or no impact on progress."),
)
FIRST_PRIORITY = PRIORITIES[2]

ISSUE_TYPES = (
    Named("10001", "Bug", "A problem which impairs the product."),
    Named("10002", "Task", "A task that needs to be done."),
    Named("10003", "Story", "A user story."),
)

SEVERITIES = (Named("10201", "Critical"), Named("10202", "Major"), Named("10203", "Minor"))

LINK_TYPES = (
    LinkType("10000", "Blocks", inward="is blocked by", outward="blocks"),
    LinkType("10001", "Cloners", inward="is cloned by", outward="clones"),
    LinkType("10002", "Duplicate", inward="is duplicated by", outward="duplicates"),
    LinkType("10003", "Relates", inward="relates to", outward="relates to"),
)

_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
_LIST = ("add", "set", "remove")

FIELDS = (
    FieldSpec("project", "Project", type="project", on_screen=True, required=True),
    FieldSpec("issuetype", "Issue Type", type="issuetype", on_screen=True, required=True),
    FieldSpec("summary", "Summary", on_screen=True, required=True),
    FieldSpec("description", "Description", on_screen=True, is_rich_text=True),
    FieldSpec("environment", "Environment", on_screen=True, is_rich_text=True),
    FieldSpec("labels", "Labels", type="array", items="string", operations=_LIST, on_screen=True),
    FieldSpec("priority", "Priority", type="priority", on_screen=True),
    FieldSpec(
        "fixVersions",
        "Fix versions",
        type="array",
        items="version",
        operations=_LIST,
        on_screen=True,
    ),
    FieldSpec(
        "versions",
        "Affects versions",
        type="array",
        items="version",
        operations=_LIST,
        on_screen=True,
    ),
    FieldSpec(
        NUMBER_FIELD,
        "Affected customers",
        type="number",
        custom_type=_CUSTOM + "float",
        on_screen=True,
    ),
    FieldSpec(
        ACCOUNTS_FIELD,
        "Affected accounts",
        type="number",
        custom_type=_CUSTOM + "float",
        on_screen=True,
    ),
    FieldSpec(
        SEVERITY_FIELD, "Severity", type="option", custom_type=_CUSTOM + "select", on_screen=True
    ),
    FieldSpec("status", "Status", type="status"),
    FieldSpec("statusCategory", "Status Category", type="statusCategory"),
    FieldSpec("statuscategorychangedate", "Status Category Changed", type="datetime"),
    FieldSpec("resolution", "Resolution", type="resolution"),
    FieldSpec("resolutiondate", "Resolved", type="datetime"),
    FieldSpec("created", "Created", type="datetime"),
    FieldSpec("updated", "Updated", type="datetime"),
    FieldSpec("creator", "Creator", type="user"),
    FieldSpec("reporter", "Reporter", type="user"),
    FieldSpec("assignee", "Assignee", type="user"),
    FieldSpec("issuelinks", "Linked Issues", type="array", items="issuelinks"),
    FieldSpec("comment", "Comment", type="comments-page"),
)
FIELDS_BY_ID = {spec.id: spec for spec in FIELDS}

PERMISSIONS = (
    Named("10", "BROWSE_PROJECTS"),
    Named("11", "CREATE_ISSUES"),
    Named("12", "EDIT_ISSUES"),
    Named("13", "ASSIGN_ISSUES"),
    Named("14", "RESOLVE_ISSUES"),
    Named("15", "ADD_COMMENTS"),
    Named("16", "DELETE_ISSUES"),
    Named("18", "CLOSE_ISSUES"),
    Named("21", "LINK_ISSUES"),
    Named("23", "ADMINISTER_PROJECTS"),
    Named("34", "EDIT_ALL_COMMENTS"),
    Named("36", "DELETE_ALL_COMMENTS"),
    Named("46", "TRANSITION_ISSUES"),
    Named("0", "ADMINISTER"),
)


def by_id(items: Iterable[T], id: str) -> T:
    """The entry with this id; an unknown id is a bug of the sandbox."""
    return next(item for item in items if item.id == id)


def find(items: Iterable[T], reference: object) -> T | None:
    """The entry that `{"id": …}` or `{"name": …}` means, else None; an id wins over a name."""
    if not isinstance(reference, dict):
        return None
    id, name = reference.get("id"), reference.get("name")
    if id is not None:
        return next((item for item in items if item.id == str(id)), None)
    if not isinstance(name, str):
        return None
    return next((item for item in items if item.name.casefold() == name.casefold()), None)
