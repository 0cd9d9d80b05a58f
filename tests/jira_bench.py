"""The Jira adapter on a sandbox, and the people who use that Jira."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from bridge.domain.issues import Outcome
from bridge.domain.tickets import StatusCategory, TicketRef
from bridge.ports import Tracker
from integrations.jira.client import JiraClient, Patience
from integrations.jira.connect import resolve
from integrations.jira.marks import is_our_label
from integrations.jira.sandbox import SandboxServer
from integrations.jira.settings import JiraSettings
from integrations.jira.tracker import JiraTracker
from tests.fakes import Trouble

# Any, because these are a foreign system's answers, read by tests only.
Json = dict[str, Any]

QUICK = Patience(first_wait_seconds=0.01)
_TRANSITIONS = {
    StatusCategory.NEW: "11",
    StatusCategory.IN_PROGRESS: "21",
    StatusCategory.DONE: "31",
}
_RESOLUTIONS = {
    Outcome.FIXED: "Done",
    Outcome.WONT_FIX: "Won't Do",
    Outcome.DUPLICATE: "Duplicate",
    Outcome.CANNOT_REPRODUCE: "Cannot Reproduce",
}
_FAULTS = {
    Trouble.DROP_BEFORE_COMMIT: "drop_before_commit",
    Trouble.DROP_AFTER_COMMIT: "drop_after_commit",
    Trouble.ERROR_503_AFTER_COMMIT: "error_503_after_commit",
    Trouble.BUSY: "rate_limited",
}


def settings_for(sandbox: SandboxServer) -> JiraSettings:
    """The connection to a running sandbox, with the issue type still by name."""
    return JiraSettings(
        url=sandbox.url,
        user=sandbox.user,
        token=sandbox.token,
        project=sandbox.project,
        issue_type=sandbox.issue_type,
        number_field=sandbox.number_field,
        webhook_secret=sandbox.webhook_secret,
        allow_private=True,
        calls_per_second=1000,
        duplicate_transition="Done",
    )


class JiraBench:
    """The Jira adapter on a sandbox (started with its control plane), and people using it."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self._url = sandbox.url
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.auth = (sandbox.user, sandbox.token)
        self.settings = resolve(settings_for(sandbox))
        self._passed = timedelta()
        self._trackers: list[JiraTracker] = []
        self.tracker: Tracker = self.tracker_with(self.settings)

    def close(self) -> None:
        """Give all connections back."""
        self._http.close()
        for tracker in self._trackers:
            tracker.close()

    def tracker_with(self, settings: JiraSettings) -> JiraTracker:
        """One more tracker on the same sandbox."""
        tracker = JiraTracker(settings, client=JiraClient(settings, patience=QUICK), now=self.now)
        self._trackers.append(tracker)
        return tracker

    def trouble_next(self, trouble: Trouble) -> None:
        if trouble is Trouble.REFUSED:
            self.tracker = self.tracker_with(
                replace(self.settings, fields={"severity": {"value": "high"}})
            )
        elif trouble is Trouble.SIGNED_OUT:
            self.tracker = self.tracker_with(replace(self.settings, token="expired"))
        else:
            fault = {"route": "POST /rest/api/3/issue$", "kind": _FAULTS[trouble], "count": 1}
            self.call("POST", "_sandbox/faults", fault)

    def end_trouble(self) -> None:
        self.tracker = self.tracker_with(self.settings)

    def ticket_count(self) -> int:
        return len(self.truth())

    def skip_numbers(self, count: int) -> None:
        for _ in range(count):
            made = self.call("POST", "rest/api/3/issue", {"fields": self._fields("In between")})
            self.call("DELETE", f"rest/api/3/issue/{made['id']}")

    def make_by_hand(self) -> str:
        body = {"fields": self._fields("Made by hand")}
        return str(self.call("POST", "rest/api/3/issue", body)["id"])

    def copy(self, ref: TicketRef) -> str:
        original = self._ticket(ref)
        properties = [{"key": key, "value": value} for key, value in original["properties"].items()]
        fields = {**self._fields("Copy"), "labels": original["labels"]}
        body = {"fields": fields, "properties": properties}
        return str(self.call("POST", "rest/api/3/issue", body)["id"])

    def write(self, title: str, text: str = "") -> TicketRef:
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text or "-"}]}
        described = {"type": "doc", "version": 1, "content": [paragraph]}
        fields = {**self._fields(title), "description": described}
        made = self.call("POST", "rest/api/3/issue", {"fields": fields})
        return TicketRef(made["id"], made["key"], self.settings.browse_url(made["key"]))

    def labels(self, ref: TicketRef) -> set[str]:
        return {label for label in self._ticket(ref)["labels"] if is_our_label(label)}

    def move(
        self, ref: TicketRef, category: StatusCategory, outcome: Outcome | None = None
    ) -> None:
        body: Json = {"transition": {"id": _TRANSITIONS[category]}}
        if outcome is not None:
            body["fields"] = {"resolution": {"name": _RESOLUTIONS[outcome]}}
        self.call("POST", f"rest/api/3/issue/{ref.remote_id}/transitions", body)

    def delete(self, ref: TicketRef) -> None:
        self.call("DELETE", f"rest/api/3/issue/{ref.remote_id}")

    def add_version(self, name: str) -> str:
        body = {"name": name, "project": self.settings.project}
        return str(self.call("POST", "rest/api/3/version", body)["id"])

    def fix_in(self, ref: TicketRef, version_id: str) -> None:
        operations = {"fixVersions": [{"add": {"id": version_id}}]}
        self.call("PUT", f"rest/api/3/issue/{ref.remote_id}", {"update": operations})

    def release(self, version_id: str, *, is_released: bool = True) -> None:
        body: Json = {"released": is_released}
        if is_released:
            body["releaseDate"] = datetime.now(UTC).date().isoformat()
        self.call("PUT", f"rest/api/3/version/{version_id}", body)

    def notes(self, ref: TicketRef) -> list[str]:
        comments = self._ticket(ref)["fields"]["comment"]["comments"]
        return [json.dumps(comment["body"]) for comment in comments]

    def customers(self, ref: TicketRef) -> float:
        return float(self._ticket(ref)["customers"])

    def duplicates(self, ref: TicketRef) -> list[str]:
        links = self._ticket(ref)["fields"]["issuelinks"]
        # What hangs on the outward side of this ticket is what it duplicates.
        return [link["outwardIssue"]["id"] for link in links if "outwardIssue" in link]

    def link_count(self, ref: TicketRef) -> int:
        return len(self._ticket(ref)["remotelinks"])

    def leave_one_way_back(self) -> None:
        self.call("PUT", "_sandbox/site", {"closed_moves": ["11"]})

    def delay_search(self, seconds: float) -> None:
        self.call("PUT", "_sandbox/lag", {"seconds": seconds})

    def now(self) -> datetime:
        return datetime.now(UTC) + self._passed

    def wait(self, *, minutes: float) -> None:
        self._passed += timedelta(minutes=minutes)
        self.call("POST", "_sandbox/clock", {"advance_seconds": 60 * minutes})

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """One call to the sandbox, which must succeed."""
        response = self._http.request(method, f"{self._url}/{path}", json=body, timeout=10)
        assert response.ok, response.text
        content: Json = response.json() if response.content else {}
        return content

    def calls(self) -> list[Json]:
        """Every REST call that the sandbox had so far."""
        response = self._http.get(f"{self._url}/_sandbox/calls", timeout=10)
        calls: list[Json] = response.json()
        return calls

    def truth(self, part: str = "tickets") -> list[Json]:
        """All tickets (or versions, webhooks, deliveries) as they really are."""
        found: list[Json] = self.call("GET", "_sandbox/truth")[part]
        return found

    def _ticket(self, ref: TicketRef) -> Json:
        return next(ticket for ticket in self.truth() if ticket["id"] == ref.remote_id)

    def _fields(self, summary: str) -> Json:
        return {
            "project": {"key": self.settings.project},
            "issuetype": {"id": self.settings.issue_type},
            "summary": summary,
        }
