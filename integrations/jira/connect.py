"""Testing a Jira connection in named steps, each with the fix in words."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pydantic import TypeAdapter

from bridge.domain.errors import NotConfigured, OutsideError, Refused, SignInRefused
from bridge.ports import CheckStep
from integrations.http import TlsFailed, check_address
from integrations.jira.answers import IssueType, IssueTypes, ScreenField
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
    "webhook",
)

_PERMISSIONS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "ADD_COMMENTS",
    "LINK_ISSUES",
)
_WE_FILL = frozenset({"project", "issuetype", "summary", "description", "labels"})
_JIRA_FILLS = frozenset({"reporter"})
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
    """The settings with ids where a person gave names (issue type, number field).

    Raises NotConfigured, naming what there is to choose from, and what the ports raise.
    """
    own = client or JiraClient(settings)
    try:
        issue_type = _issue_type(own, settings)
        found = replace(settings, issue_type=issue_type.id)
        if settings.number_field:
            screen = screen_fields(own, found)
            found = replace(found, number_field=_number_field(screen, settings.number_field))
        return found
    finally:
        if client is None:
            own.close()


@dataclass
class _Check:
    settings: JiraSettings
    client: JiraClient
    callback_url: str | None
    screen: list[ScreenField] = field(default_factory=list)

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
            "webhook": self._webhook,
        }
        steps: list[CheckStep] = []
        for name in STEPS:
            if any(not step.ok for step in steps):
                steps.append(CheckStep(name, ok=False, fix=_NOT_TRIED))
                continue
            steps.append(_step(name, tries[name]))
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
        filled = _WE_FILL | _JIRA_FILLS | self.settings.fields.keys()
        missing = [
            f"{entry.name} ({entry.field_id})"
            for entry in self.screen
            if entry.required and not entry.has_default_value and entry.field_id not in filled
        ]
        if missing:
            raise NotConfigured(
                f"the project requires {', '.join(missing)}: give them constant values in the "
                "connection, or make them optional in Jira"
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


def _number_field(screen: list[ScreenField], wanted: str) -> str:
    """Id of the number field given by id or name."""
    for entry in screen:
        if entry.field_id == wanted or entry.name.casefold() == wanted.strip().casefold():
            return entry.field_id
    raise NotConfigured(
        f"the field {wanted} is not on the create screen of this issue type: add it there, or "
        "connect without a number field"
    )
