"""The parts of Jira's answers that we read; anything else in them is left alone."""

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel


class Answer(BaseModel):
    """A part of an answer; members we do not name are left alone."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Created(Answer):
    """Answer to a create: no more than this."""

    id: str
    key: str


class Category(Answer):
    """Category of a status; its key is new, indeterminate, done or undefined."""

    key: str


class Status(Answer):
    """Status of an issue; its name is free and translated, so only the category counts."""

    status_category: Category


class Resolution(Answer):
    """Why an issue was closed."""

    id: str
    name: str = ""


class Version(Answer):
    """A version of the project, embedded in an issue or listed."""

    id: str
    name: str
    released: bool = False
    release_date: date | None = None


class Fields(Answer):
    """The fields of an issue that we ask for."""

    status: Status | None = None
    resolution: Resolution | None = None
    fix_versions: list[Version] = Field(default_factory=list)
    updated: AwareDatetime | None = None


class Issue(Answer):
    """An issue as bulk fetch and search give it."""

    id: str
    key: str = ""
    fields: Fields = Field(default_factory=Fields)
    properties: dict[str, JsonValue] = Field(default_factory=dict)


class Whole(Answer):
    """An issue with whatever fields were asked for, as they are."""

    id: str
    fields: dict[str, JsonValue] = Field(default_factory=dict)
    properties: dict[str, JsonValue] = Field(default_factory=dict)


class BulkFetch(Answer):
    """Issues read by id or key; unknown ones are missing, errors are worth a retry."""

    issues: list[Issue] = Field(default_factory=list)
    issue_errors: list[JsonValue] = Field(default_factory=list)


class SearchPage(Answer):
    """One page of a search."""

    issues: list[Issue] = Field(default_factory=list)
    next_page_token: str | None = None


class StoredProperty(Answer):
    """An entity property with its value."""

    value: JsonValue


class Person(Answer):
    """Somebody with an account."""

    account_id: str


class Comment(Answer):
    """A comment and its body as a tree."""

    id: str
    author: Person | None = None
    body: JsonValue = None


class Comments(Answer):
    """One page of an issue's comments."""

    comments: list[Comment]
    total: int


class Target(Answer):
    """The status that a transition leads to."""

    id: str
    name: str = ""
    status_category: Category | None = None


class AllowedValues(Answer):
    """What a field on the screen of a transition takes."""

    required: bool = False
    allowed_values: list[Resolution] = Field(default_factory=list)


class ScreenOfMove(Answer):
    """The one field of a transition's screen that we can fill in."""

    resolution: AllowedValues | None = None


class Transition(Answer):
    """A move that is open to a ticket now."""

    id: str
    name: str = ""
    to: Target
    fields: ScreenOfMove = Field(default_factory=ScreenOfMove)


class Transitions(Answer):
    """The moves that are open to a ticket now."""

    transitions: list[Transition]


class Permission(Answer):
    """Whether the account has one permission."""

    have_permission: bool


class Permissions(Answer):
    """The account's permissions by key."""

    permissions: dict[str, Permission]


class IssueType(Answer):
    """An issue type one may create in the project."""

    id: str
    name: str
    subtask: bool = False


class IssueTypes(Answer):
    """One page of the issue types."""

    issue_types: list[IssueType]
    total: int | None = None


class FieldSchema(Answer):
    """What a field holds, in Jira's words."""

    type: str = ""
    items: str | None = None
    custom: str | None = None
    system: str | None = None


class ScreenField(Answer):
    """A field on the create screen."""

    field_id: str
    name: str
    field_schema: FieldSchema = Field(default_factory=FieldSchema, alias="schema")
    required: bool = False
    has_default_value: bool = False
    default_value: JsonValue = None
    allowed_values: list[JsonValue] = Field(default_factory=list)

    def choices(self) -> tuple[str, ...]:
        """Ids of the allowed values, in the order Jira shows them."""
        named = [value for value in self.allowed_values if isinstance(value, dict)]
        return tuple(str(value["id"]) for value in named if "id" in value)


class ScreenFields(Answer):
    """One page of the create screen's fields."""

    fields: list[ScreenField]
    total: int | None = None


class AdminWebhook(Answer):
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
