"""Testing a Jira connection in named steps, each with the fix in words."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from bridge.domain.errors import (
    InvalidInput,
    NotConfigured,
    OutsideError,
    Refused,
    SignInRefused,
)
from bridge.domain.tickets import TicketField
from bridge.ports import CheckStep
from integrations.http import TlsFailed, check_address
from integrations.jira.answers import IssueType, IssueTypes, ScreenField
from integrations.jira.asked import asked_for, filled_by_us, find_field, in_words, values_of
from integrations.jira.client import API, JiraClient, Patience
from integrations.jira.registration import lacks_webhook, register_webhook
from integrations.jira.screens import screen_fields
from integrations.jira.settings import JiraSettings

__all__ = ["STEPS", "check", "register_webhook", "resolve"]

STEPS = (
    "address",
    "tls",
    "sign_in",
    "project",
    "permissions",
    "issue_type",
    "required_fields",
    "number_field",
    "accounts_field",
    "webhook",
)

_PERMISSIONS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "ADD_COMMENTS",
    "LINK_ISSUES",
)
_ISSUE_TYPES = TypeAdapter(IssueTypes)
_SOMETHING = TypeAdapter(dict[str, object])
_NOT_TRIED = "not tried: mend the step before first"


def check(
    settings: JiraSettings,
    *,
    callback_url: str | None = None,
    client: JiraClient | None = None,
) -> list[CheckStep]:
    """Try the connection without writing anything; later steps wait for earlier ones.

    `callback_url` is where our webhook should point. A step may be ok and still carry advice.
    """
    own = client or JiraClient(settings, patience=Patience(tries=1))
    try:
        return _Check(settings, own, callback_url).run()
    finally:
        if client is None:
            own.close()


def resolve(settings: JiraSettings, *, client: JiraClient | None = None) -> JiraSettings:
    """The settings with ids where a person gave names (issue type, fields).

    Raises NotConfigured, naming what there is to choose from, and what the ports raise.
    """
    own = client or JiraClient(settings)
    try:
        issue_type = _issue_type(own, settings)
        found = replace(settings, issue_type=issue_type.id)
        screen = screen_fields(own, found)
        _check_given(screen, settings)
        return replace(
            found,
            number_field=_resolved(screen, settings.number_field),
            accounts_field=_resolved(screen, settings.accounts_field),
            fields={_id_of(screen, name): value for name, value in settings.fields.items()},
        )
    finally:
        if client is None:
            own.close()


@dataclass
class _Check:
    settings: JiraSettings
    client: JiraClient
    callback_url: str | None
    screen: list[ScreenField] = field(default_factory=list)
    asks: list[TicketField] = field(default_factory=list)
    """What a person has to give before the step can pass."""

    def run(self) -> list[CheckStep]:
        tries: dict[str, Callable[[], str]] = {
            "address": self._address,
            "tls": self._tls,
            "sign_in": self._sign_in,
            "project": self._project,
            "permissions": self._permissions,
            "issue_type": self._issue_type,
            "required_fields": self._required_fields,
            "number_field": self._number_field,
            "accounts_field": self._accounts_field,
            "webhook": self._webhook,
        }
        steps: list[CheckStep] = []
        for name in STEPS:
            if any(not step.ok for step in steps):
                steps.append(CheckStep(name, ok=False, fix=_NOT_TRIED))
                continue
            steps.append(replace(_step(name, tries[name]), asks=tuple(self.asks)))
            self.asks = []
        return steps

    def _address(self) -> str:
        check_address(self.settings.url, allow_private=self.settings.allow_private)
        return ""

    def _tls(self) -> str:
        self.client.get(_SOMETHING, f"{API}/serverInfo")
        if self.settings.url.startswith("http://"):
            return "plain HTTP: fine for a sandbox on this machine only"
        return ""

    def _sign_in(self) -> str:
        self.client.get(_SOMETHING, f"{API}/myself")
        return ""

    def _project(self) -> str:
        try:
            self.client.get(_SOMETHING, f"{API}/project/{self.settings.project}")
        except Refused as error:
            raise NotConfigured(
                f"there is no project {self.settings.project} that our account may see: check "
                "the key, or add the account to the project"
            ) from error
        return ""

    def _permissions(self) -> str:
        lacking = self.client.missing_permissions(self.settings.project, _PERMISSIONS)
        if lacking:
            raise NotConfigured(f"give our account in the project: {', '.join(lacking)}")
        return ""

    def _issue_type(self) -> str:
        found = _issue_type(self.client, self.settings)
        self.settings = replace(self.settings, issue_type=found.id)
        self.screen = screen_fields(self.client, self.settings)
        return ""

    def _required_fields(self) -> str:
        _check_given(self.screen, self.settings)
        self.asks = asked_for(self.screen, self.settings)
        if self.asks:
            raise NotConfigured(
                f"the project requires {in_words(self.asks)}: give a value for each, such as "
                f'--field "{_example(self.asks[0])}", or make it optional in Jira'
            )
        lacking = sorted({"labels", "description"} - {entry.field_id for entry in self.screen})
        if lacking:
            raise NotConfigured(f"add {', '.join(lacking)} to the create screen of the project")
        return ""

    def _number_field(self) -> str:
        if self.settings.number_field is None:
            return (
                "no number field: the count of customers shows in a comment and the link; "
                "engineers can sort by it once there is a field"
            )
        _number_field(self.screen, self.settings.number_field)
        return ""

    def _accounts_field(self) -> str:
        if self.settings.accounts_field is not None:
            _number_field(self.screen, self.settings.accounts_field)
        return ""

    def _webhook(self) -> str:
        if not self.settings.webhook_secret:
            return "no webhook secret: changes are seen by polling only"
        if self.callback_url is None:
            return ""
        return lacks_webhook(self.client, self.callback_url)


def _step(name: str, try_it: Callable[[], str]) -> CheckStep:
    try:
        return CheckStep(name, ok=True, fix=try_it())
    except SignInRefused as error:
        return CheckStep(name, ok=False, fix=f"{error}. Make a new API token and try again")
    except TlsFailed as error:
        return CheckStep(name, ok=False, fix=f"{error}. The certificate must fit the address")
    except (OutsideError, NotConfigured) as error:
        return CheckStep(name, ok=False, fix=str(error))


def _issue_type(client: JiraClient, settings: JiraSettings) -> IssueType:
    """The issue type given by id or name; sub-tasks cannot be filed alone."""
    path = f"{API}/issue/createmeta/{settings.project}/issuetypes"
    page = client.get(_ISSUE_TYPES, path, params={"startAt": 0, "maxResults": 200})
    usable = [entry for entry in page.issue_types if not entry.subtask]
    wanted = settings.issue_type.strip().casefold()
    for entry in usable:
        if entry.id == settings.issue_type or entry.name.casefold() == wanted:
            return entry
    names = ", ".join(entry.name for entry in usable) or "none"
    raise NotConfigured(
        f"project {settings.project} has no issue type {settings.issue_type}; it has: {names}"
    )


def _resolved(screen: list[ScreenField], wanted: str | None) -> str | None:
    return _number_field(screen, wanted) if wanted else None


def _number_field(screen: list[ScreenField], wanted: str) -> str:
    """Id of the number field given by id or name."""
    entry = find_field(screen, wanted)
    if entry is None:
        raise NotConfigured(
            f"the field {wanted} is not on the create screen of this issue type: add it there, or "
            "connect without it"
        )
    if entry.field_schema.type != "number":
        raise NotConfigured(f"{entry.name} takes no number: make a field of the type Number")
    return entry.field_id


def _id_of(screen: list[ScreenField], name: str) -> str:
    entry = find_field(screen, name)
    return entry.field_id if entry else name


def _check_given(screen: list[ScreenField], settings: JiraSettings) -> None:
    """Raise NotConfigured when a value that a person gave has no field, or does not fit it."""
    for name in settings.fields:
        if find_field(screen, name) is None:
            names = ", ".join(entry.name for entry in screen)
            raise NotConfigured(f"there is no field {name} on the create screen; it has: {names}")
        if _id_of(screen, name) in filled_by_us(settings):
            raise NotConfigured(f"the bridge itself fills {name} on each ticket: leave it out")
    try:
        values_of(screen, settings.fields)
    except InvalidInput as error:
        raise NotConfigured(str(error)) from error


def _example(asked: TicketField) -> str:
    return f"{asked.name}={asked.choices[0] if asked.choices else '…'}"
