"""The parts of Jira's answers that we read; anything else in them is left alone."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Created(_Answer):
    """Answer to a create: no more than this."""

    id: str
    key: str


class Category(_Answer):
    """Category of a status; its key is new, indeterminate, done or undefined."""

    key: str


class Status(_Answer):
    """Status of an issue; its name is free and translated, so only the category counts."""

    status_category: Category


class Resolution(_Answer):
    """Why an issue was closed."""

    id: str
    name: str = ""


class Version(_Answer):
    """A version of the project, embedded in an issue or listed."""

    id: str
    name: str
    released: bool = False
    release_date: date | None = None


class Fields(_Answer):
    """The fields of an issue that we ask for."""

    status: Status | None = None
    resolution: Resolution | None = None
    fix_versions: list[Version] = Field(default_factory=list)
    updated: AwareDatetime | None = None


class Issue(_Answer):
    """An issue as bulk fetch and search give it."""

    id: str
    key: str = ""
    fields: Fields = Field(default_factory=Fields)
    properties: dict[str, JsonValue] = Field(default_factory=dict)


class Whole(_Answer):
    """An issue with whatever fields were asked for, as they are."""

    id: str
    fields: dict[str, JsonValue] = Field(default_factory=dict)
    properties: dict[str, JsonValue] = Field(default_factory=dict)


class TextFields(Fields):
    """What people wrote into an issue, beside how it stands."""

    summary: str | None = None
    description: JsonValue = None
    labels: list[str] = Field(default_factory=list)


class TextIssue(_Answer):
    """An issue with its words, as search gives it."""

    id: str
    key: str = ""
    fields: TextFields = Field(default_factory=TextFields)


class TextResults(_Answer):
    """One page of a search for words."""

    issues: list[TextIssue] = Field(default_factory=list)
    next_page_token: str | None = None


class LinkType(_Answer):
    """The kind of a link; sites may translate its name and phrases."""

    name: str = ""
    inward: str = ""
    outward: str = ""


class LinkEnd(_Answer):
    """The other end of a link."""

    id: str


class Link(_Answer):
    """A link as one of its ends shows it: with the other end, inward or outward."""

    id: str
    type: LinkType
    inward_issue: LinkEnd | None = None
    outward_issue: LinkEnd | None = None

    @property
    def is_duplicate(self) -> bool:
        """Whether it says that one is a duplicate of the other."""
        return self.type.name.casefold() == "duplicate"


class LinkFields(_Answer):
    """The one field that holds an issue's links."""

    # All lower case, unlike the members of the links themselves.
    issuelinks: list[Link] = Field(default_factory=list, alias="issuelinks")


class LinkedIssue(_Answer):
    """An issue with its links."""

    id: str
    fields: LinkFields = Field(default_factory=LinkFields)


class BulkFetch(_Answer):
    """Issues read by id or key; unknown ones are missing, errors are worth a retry."""

    issues: list[Issue] = Field(default_factory=list)
    issue_errors: list[JsonValue] = Field(default_factory=list)


class SearchPage(_Answer):
    """One page of a search."""

    issues: list[Issue] = Field(default_factory=list)
    next_page_token: str | None = None


class StoredProperty(_Answer):
    """An entity property with its value."""

    value: JsonValue


class Person(_Answer):
    """Somebody with an account."""

    account_id: str


class Comment(_Answer):
    """A comment and its body as a tree."""

    id: str
    author: Person | None = None
    body: JsonValue = None


class Comments(_Answer):
    """One page of an issue's comments."""

    comments: list[Comment]
    total: int


class Target(_Answer):
    """The status that a transition leads to."""

    id: str
    name: str = ""


class AllowedValues(_Answer):
    """What a field on the screen of a transition takes."""

    required: bool = False
    allowed_values: list[Resolution] = Field(default_factory=list)


class ScreenOfMove(_Answer):
    """The one field of a transition's screen that we can fill in."""

    resolution: AllowedValues | None = None


class Transition(_Answer):
    """A move that is open to a ticket now."""

    id: str
    name: str = ""
    to: Target
    fields: ScreenOfMove = Field(default_factory=ScreenOfMove)


class Transitions(_Answer):
    """The moves that are open to a ticket now."""

    transitions: list[Transition]


class Permission(_Answer):
    """Whether the account has one permission."""

    have_permission: bool


class Permissions(_Answer):
    """The account's permissions by key."""

    permissions: dict[str, Permission]


class IssueType(_Answer):
    """An issue type one may create in the project."""

    id: str
    name: str
    subtask: bool = False


class IssueTypes(_Answer):
    """One page of the issue types."""

    issue_types: list[IssueType]
    total: int | None = None


class ScreenField(_Answer):
    """A field on the create screen."""

    field_id: str
    name: str
    required: bool = False
    has_default_value: bool = False
    default_value: JsonValue = None
    allowed_values: list[JsonValue] = Field(default_factory=list)

    def choices(self) -> tuple[str, ...]:
        """Ids of the allowed values, in the order Jira shows them."""
        named = [value for value in self.allowed_values if isinstance(value, dict)]
        return tuple(str(value["id"]) for value in named if "id" in value)


class ScreenFields(_Answer):
    """One page of the create screen's fields."""

    fields: list[ScreenField]
    total: int | None = None


class AdminWebhook(_Answer):
    """A webhook registered by an administrator; `self` is its address."""

    name: str = ""
    url: str
    self_: str | None = Field(default=None, alias="self")


class Written(BaseModel):
    """What we last wrote on a ticket, kept in our property and changed in the same request.

    So what stands on the ticket can be told from what people made of it, whatever dies when.
    """

    model_config = ConfigDict(frozen=True)

    summary: str | None = None
    """Hash of the summary."""
    section: str | None = None
    """Hash of our part of the description."""
    nodes: int = 0
    """How many top-level nodes that part has."""
    priority: str | None = None
    """Id of the priority we suggested."""
    link: str | None = None
    """Hash of the remote link."""
    comment: str | None = None
    """Id of the one comment that we keep up to date."""
    comment_text: str | None = None
    """Hash of its text."""
    theirs: tuple[str, ...] = ()
    """Fields that a person has taken over: ours no more, for ever."""
    customers: int | None = None
    accounts: int | None = None


class Mark(BaseModel):
    """Our entity property on a ticket: the proof that it is ours."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    instance: str
    attempt: str | None = None
    ticket: str | None = None
    """The ticket's own id, written after the create; a copied ticket carries another's."""
    written: Written | None = None
    schema_: int = Field(default=1, alias="schema")
