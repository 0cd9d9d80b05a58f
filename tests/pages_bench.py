"""The pages on a test's own database, and people who use them over HTTP."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from httpx2 import Response
from starlette.testclient import TestClient

from bridge.domain.issues import Issue, IssueId
from bridge.domain.people import Role
from bridge.store.issues import IssueFilter
from bridge.web import create_pages
from bridge.wiring.jira import JiraGiven, connect_jira
from integrations.jira.sandbox import SandboxServer
from tests.builders import contacts_about_export
from tests.conftest import Pipeline

SITE = "http://bridge.test"


class PagesBench:
    """An app with the pages only, over the real steps."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.application = pipeline.application
        self.product = pipeline.product
        self.app = create_pages(self.application)

    def link(self, email: str, role: Role) -> str:
        """The code of a one-time link for that person."""
        with self.application.open() as store:
            person = store.people.known(email, name=email.split("@")[0].capitalize())
            store.people.add_member(person.id, self.product.id, role)
            until = self.pipeline.clock() + timedelta(days=365)
            return store.people.create_login(person.id, "link", expires_at=until)

    def browser(self) -> TestClient:
        """Somebody who is not signed in."""
        return TestClient(self.app, base_url=SITE, follow_redirects=False)

    def signed_in(self, role: Role, *, email: str | None = None) -> TestClient:
        """Somebody of that role, signed in."""
        client = self.browser()
        code = self.link(email or f"{role.value}@support.example", role)
        answer = client.post("/sign-in", data={"code": code}, headers={"Origin": SITE})
        assert answer.status_code == 303, answer.text
        return client

    def find_issue(self, count: int = 5) -> Issue:
        """One candidate over the thresholds, made by the real steps."""
        self.pipeline.send(*contacts_about_export(count))
        self.pipeline.consolidate()
        with self.application.open() as store:
            (found,) = store.issues.search(self.product.id, IssueFilter())
        return found.issue

    def issue(self, issue_id: IssueId) -> Issue:
        """The issue as it is now."""
        with self.application.open() as store:
            return store.issues.get(self.product.id, issue_id)

    def drain(self) -> None:
        """Run the jobs that wait."""
        self.pipeline.queue.drain(self.pipeline.clock())

    @contextmanager
    def jira(self, folder: Path) -> Iterator[SandboxServer]:
        """A connected Jira."""
        with SandboxServer(folder / "jira.db", control=True) as sandbox:
            given = JiraGiven(
                url=sandbox.url,
                user=sandbox.user,
                token=sandbox.token,
                project=sandbox.project,
                issue_type=sandbox.issue_type,
                number_field=sandbox.number_field,
                allow_private=True,
                calls_per_second=1000,
            )
            steps = connect_jira(given, self.product, context=self.application.context)
            assert all(step.ok for step in steps), steps
            yield sandbox


def token_in(page: Response) -> str:
    """The form token of a page."""
    found = re.search(r'name="token" value="([0-9a-f]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def press(client: TestClient, page: str, action: str, **fields: str | int) -> Response:
    """Look at a page, then send one of its forms."""
    token = token_in(client.get(page))
    data = {"token": token, **{key: str(value) for key, value in fields.items()}}
    return client.post(action, data=data, headers={"Origin": SITE})
