"""A product with a system that tells what is out, for tests: signed deliveries go in over HTTP."""

import hashlib
import hmac
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from bridge.api.app import create_app
from bridge.domain.issues import Issue, IssueState
from bridge.domain.people import NoticeKind, Role
from bridge.domain.products import ShipRule
from bridge.domain.signals import Rule, SignalMap
from bridge.domain.tickets import StatusCategory
from bridge.steps.moves import Cause
from bridge.steps.review import file_issue
from bridge.steps.ship_rule import set_ship_rule, waits_for
from bridge.store.deliveries import SignalDelivery
from bridge.store.tickets import Ticket
from bridge.wiring.signals import SignalGiven, connect_signals
from tests.conftest import Pipeline
from tests.fakes import FakeTracker
from tests.groups_bench import MIA, Groups
from tests.loop import LEAD

# Any, because these are a foreign system's messages, made by tests only.
Json = dict[str, Any]
SHOP = SignalMap((Rule("acme/shop"),))


class SignalDesk:
    """GitHub and engineers as the tests play them, and what becomes of it."""

    def __init__(self, pipeline: Pipeline, client: TestClient, mapping: SignalMap) -> None:
        self.pipeline = pipeline
        self.groups = Groups(pipeline)
        self.client = client
        self.tracker = FakeTracker(now=pipeline.clock)
        pipeline.rewire(replace(pipeline.application.context, tracker=lambda _: self.tracker))
        self.application = pipeline.application
        self._numbers = itertools.count(1)
        with self.application.open() as store:
            given = SignalGiven("github", "github", mapping)
            self.connection, self.secret = connect_signals(
                given, pipeline.product, store=store, context=self.application.context
            )
            config = {"instance": "one", "policy": "retry", "project": "FAKE"}
            store.connections.save(
                pipeline.product.id, "jira", name="jira", config=config, sealed=b"-"
            )
            lead = store.people.known(LEAD)
            store.people.add_member(lead.id, pipeline.product.id, Role.LEAD)

    @property
    def now(self) -> datetime:
        return self.pipeline.clock.moment

    def later(self, **time: float) -> None:
        self.pipeline.clock.advance(self.now + timedelta(**time), self.pipeline.queue)

    def drain(self) -> None:
        self.pipeline.queue.drain(self.now)

    def poll(self) -> None:
        """Look at the tracker, some minutes later."""
        self.later(minutes=5)
        with self.application.open() as store:
            store.enqueue("poll_all")
        self.drain()

    def set_rule(self, rule: ShipRule) -> None:
        with self.application.open() as store:
            set_ship_rule(self.pipeline.product, rule, store=store, cause=self._cause())
        self.drain()

    def filed(self, topic: str) -> Issue:
        """An issue with a ticket."""
        issue = self.groups.issue(topic, state=IssueState.CONFIRMED)
        with self.application.open() as store:
            found = store.issues.get(issue.product_id, issue.id, lock=True)
            file_issue(found, self.pipeline.product, store=store, cause=self._cause())
        self.drain()
        return self.groups.now(issue)

    def finish(self, issue: Issue, *versions: str) -> None:
        """Engineers are done with its ticket, and say which versions will have it."""
        ticket = self.ticket(issue).ref.remote_id
        for one in versions:
            self.tracker.fix_in(ticket, self.tracker.add_version(one))
        self.tracker.move(ticket, StatusCategory.DONE)
        self.poll()

    def reopen(self, issue: Issue) -> None:
        self.tracker.move(self.ticket(issue).ref.remote_id, StatusCategory.IN_PROGRESS)
        self.poll()

    def done(self, topic: str, *versions: str) -> Issue:
        """An issue whose ticket is done, and names these versions."""
        issue = self.filed(topic)
        self.finish(issue, *versions)
        return issue

    def ticket(self, issue: Issue) -> Ticket:
        with self.application.open() as store:
            return store.tickets.of_issue(issue.id)[-1]

    def waits_for(self, issue: Issue) -> str:
        """What its page says about that."""
        with self.application.open() as store:
            product = store.products.get(issue.product_id)
            return waits_for(store.issues.get(issue.product_id, issue.id), product, store)

    def _cause(self) -> Cause:
        return Cause(MIA, self.now, "", "test")

    def deliver(
        self, event: str, body: Json, *, delivery: str = "", secret: str = "", times: int = 1
    ) -> list[httpx2.Response]:
        """A signed delivery, so many times, each followed by its jobs."""
        raw = json.dumps(body).encode()
        digest = hmac.new((secret or self.secret).encode(), raw, hashlib.sha256).hexdigest()
        headers = {
            "x-github-event": event,
            "x-github-delivery": delivery or f"d-{next(self._numbers)}",
            "x-hub-signature-256": f"sha256={digest}",
        }
        answers = []
        for _ in range(times):
            answers.append(
                self.client.post(
                    f"/webhooks/github/{self.connection.id}", content=raw, headers=headers
                )
            )
            self.drain()
        return answers

    def release(
        self,
        tag: str = "v4.2",
        action: str = "published",
        *,
        repository: str = "acme/shop",
        minutes_ago: float = 0,
        **more: Any,
    ) -> SignalDelivery:
        """A release is told; returns what became of the delivery."""
        at = self.now - timedelta(minutes=minutes_ago)
        told = {"tag_name": tag, "published_at": at.isoformat()}
        body = {"action": action, "release": told, "repository": {"full_name": repository}}
        for answer in self.deliver("release", body, **more):
            assert answer.status_code == 202
        return self.log()[0]

    def deploy(
        self,
        ref: str = "v4.2",
        environment: str = "production",
        *,
        state: str = "success",
        minutes_ago: float = 0,
        payload: Json | None = None,
    ) -> SignalDelivery:
        """A deployment is told."""
        at = self.now - timedelta(minutes=minutes_ago)
        status = {"state": state, "environment": environment, "created_at": at.isoformat()}
        deployment = {"ref": ref, "sha": "1a2b3c4d5e6f7081", "payload": payload or {}}
        body = {
            "deployment_status": status,
            "deployment": deployment,
            "repository": {"full_name": "acme/shop"},
        }
        for answer in self.deliver("deployment_status", body):
            assert answer.status_code == 202
        return self.log()[0]

    def log(self) -> list[SignalDelivery]:
        with self.application.open() as store:
            return store.deliveries.log([self.connection.id], limit=100)

    def state(self, issue: Issue) -> tuple[IssueState, str | None]:
        found = self.groups.now(issue)
        return found.state, found.fixed_in

    def told(self, issue: Issue) -> list[NoticeKind]:
        """What the lead heard of the issue, in order."""
        with self.application.open() as store:
            found = store.notices.of_person(self.pipeline.product.id, LEAD)
        return [one.kind for one in reversed(found) if one.issue_id == issue.id]


@contextmanager
def signal_desk(pipeline: Pipeline, mapping: SignalMap = SHOP) -> Iterator[SignalDesk]:
    """GitHub, connected to the product."""
    with TestClient(create_app(pipeline.application), raise_server_exceptions=False) as client:
        yield SignalDesk(pipeline, client, mapping)
