"""What else is killed anywhere: a version told by a webhook, and a fix that does not hold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bridge.domain.issues import IssueState
from bridge.domain.products import OnRegression
from bridge.domain.signals import Rule, SignalMap
from bridge.ports import WebhookRequest
from bridge.steps.ingest import ingest
from bridge.steps.moves import Cause
from bridge.steps.ship import ReleaseNews, ship
from bridge.steps.signals import pack, receive_soon
from bridge.store.issues import Place
from bridge.wiring import Application
from bridge.wiring.signals import SIGNALS, SignalGiven, connect_signals
from tests.builders import a_contact
from tests.contract.sandbox_client import Api
from tests.faults.fix_bench import VERSION, Released, numbers, one_with_workaround
from tests.faults.moments import REOPEN, SIGNAL
from tests.groups_bench import MIA, Groups
from tests.signal_payloads import stored

_TO_DO = "11"
_PAYLOADS = {
    "github": "release_published",
    "gitlab": "release_create",
    "cdevents": "deployed_structured",
}
"""All of them tell of version 4.2."""
_WHEN = {"published_at", "released_at", "time", "timestamp"}
_STANDS = """
    SELECT (SELECT count(*) FROM decision WHERE after ->> 'state' = 'regressed'),
        (SELECT count(*) FROM decision WHERE action = 'workarounds_revived'),
        (SELECT count(*) FROM workaround WHERE state = 'active'),
        (SELECT count(*) FROM decision WHERE action = 'ticket_reopened'),
        (SELECT count(*) FROM task WHERE kind = 'reopen' AND state = 'open'),
        (SELECT count(*) FROM outgoing WHERE state <> 'sent')
"""


def about_to_be_told(groups: Groups, folder: Path) -> None:
    """One resolved issue with a workaround, and three systems that may tell what is out."""
    one_with_workaround(groups, folder)
    context = groups.application.context
    with groups.application.open() as store:
        for name in _PAYLOADS:
            given = SignalGiven(name, name, SignalMap((Rule("*"),)))
            connect_signals(given, groups.product, store=store, context=context)


class Told(Released):
    """A webhook tells of the version, twice: senders repeat themselves under another id."""

    path: Sequence[str] = SIGNAL

    def __init__(self, integration: str) -> None:
        self._integration = integration

    def begin(self, application: Application, jira: Api) -> None:
        """The deliveries are kept, and jobs to read them are queued."""
        given = stored(self._integration, _PAYLOADS[self._integration])
        body = json.dumps(_as_of_now(json.loads(given.body))).encode()
        context, signal = application.context, SIGNALS[self._integration]
        packed = context.secrets.encrypt(pack(WebhookRequest(given.headers, body), signal))
        with application.open() as store:
            (connection,) = [
                one for one in store.connections.all() if one.integration == self._integration
            ]
            for turn in ("first", "again"):
                delivery_id = store.connections.store_delivery(
                    connection.id, turn, sealed=packed, now=context.now()
                )
                assert delivery_id is not None
                receive_soon(delivery_id, store=store)


def _as_of_now(told: object) -> object:
    """The payload with its moments moved to this one."""
    if isinstance(told, dict):
        now = datetime.now(UTC).isoformat()
        return {key: now if key in _WHEN else _as_of_now(value) for key, value in told.items()}
    return told


def shipped_before(groups: Groups, folder: Path) -> None:
    """The same issue, shipped; where its fix does not hold, its ticket is to be opened again."""
    one_with_workaround(groups, folder)
    pipeline = groups.pipeline
    context, now = groups.application.context, pipeline.clock.moment
    with groups.application.open() as store:
        product = store.products.configure(groups.product.id, on_regression=OnRegression.REOPEN)
        (issue_id,) = store.meant.meant_for(product.id, VERSION)
        news = ReleaseNews(VERSION, now, issue_ids=(issue_id,), insists=True)
        cause = Cause(MIA, now, "", "test")
        done = ship(news, product, store=store, context=context, cause=cause)
    assert [one.state for one in done.shipped] == [IssueState.SHIPPED]
    pipeline.queue.drain(now)


class CameBack:
    """A customer who has the fix writes; the ticket goes back to work, or a person is asked."""

    path: Sequence[str] = REOPEN
    # One customer is enough: forty wrote before.
    settings: Mapping[str, str] = {
        "BRIDGE_REGRESSION_SHARE": "0",
        "BRIDGE_REGRESSION_SETTLING_DAYS": "0",
    }
    notice = "regression"

    def begin(self, application: Application, jira: Api) -> None:
        """The contact is on the issue, and the question whether the fix holds is queued."""
        closed = jira.call("PUT", "/_sandbox/site", {"closed_moves": [_TO_DO]})
        assert closed.status_code == 200, closed.text
        self._before = _moves(jira)
        context, now = application.context, application.context.now()
        with application.open() as store:
            (summary,) = store.products.all()
            product = store.products.get(summary.id)
            given = a_contact(external_id="again", email="again@customer.example", version=VERSION)
            (issue_id,) = store.meant.meant_for(product.id, VERSION)
            given = replace(given, occurred_at=now)
            contact_id = ingest(given, product, store=store, context=context).contact_id
            place = Place(contact_id, issue_id, 1.0, 0.5, "", "mia@support.example", "seen")
            store.waiting.assign(product.id, [place], now=now)
            store.enqueue("watch", product_id=product.id, issue_id=issue_id, contact_id=contact_id)

    def trouble(self, application: Application, jira: Api) -> str:
        """At most one request; it is open again, or one task asks for it."""
        moves = _moves(jira) - self._before
        (ticket,) = jira.truth()["tickets"]
        is_open = ticket["statusCategory"] != "done"
        regressed, revived, active, reopened, asked, unsent = numbers(application, _STANDS)
        once = (regressed, revived, active, unsent) == (1, 1, 1, 0)
        ended = (reopened, asked) == ((1, 0) if is_open else (0, 1))
        if once and ended and moves <= 1:
            return ""
        told = f"{moves} requests, open: {is_open}, reopened {reopened}, asked {asked}"
        return f"{told}, regressed {regressed}, revived {revived}, active {active}, unsent {unsent}"


def _moves(jira: Api) -> int:
    """Transitions that the tracker was asked for."""
    calls = jira.get("/_sandbox/calls")
    return sum(one["method"] == "POST" and "transitions" in one["path"] for one in calls)
