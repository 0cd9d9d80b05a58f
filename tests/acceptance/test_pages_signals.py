"""The page of ship signals, and what an issue's page says it waits for."""

from collections.abc import Iterator

import pytest

from bridge.domain.people import Role
from bridge.domain.products import ShipRule
from tests.conftest import Pipeline
from tests.pages_bench import PagesBench, press
from tests.signal_desk import SignalDesk, signal_desk

PAGE = "/signals"


@pytest.fixture
def desk(pipeline: Pipeline) -> Iterator[SignalDesk]:
    with signal_desk(pipeline) as made:
        yield made


def test_a_lead_sees_what_came_and_lets_it_be_read_again_and_an_agent_does_not(
    desk: SignalDesk,
) -> None:
    bench = PagesBench(desk.pipeline)
    lead, admin = bench.signed_in(Role.LEAD), bench.signed_in(Role.ADMIN)
    agent = bench.signed_in(Role.AGENT)
    assert agent.get(PAGE).status_code == 403
    assert PAGE not in agent.get("/").text
    issue = desk.done("export", "4.2")
    waiting = "Not shipped yet: waits for version 4.2 to reach customers."
    assert waiting in lead.get(f"/issues/{issue.name}").text
    strange = desk.release("<b>v1</b>", repository="acme/<script>")
    desk.deliver("ping", {}, secret="another one that is wrong")
    desk.release()
    shown = lead.get(PAGE)
    assert shown.status_code == 200
    assert f"4.2 is out; shipped: {issue.name}" in shown.text
    assert "Nothing says what acme/&lt;script&gt; is here." in shown.text
    assert "1 delivery of things that are not mapped" in shown.text
    assert "A delivery with a wrong secret or signature was refused" in shown.text
    assert f"/webhooks/github/{desk.connection.id}" in shown.text
    assert desk.secret not in shown.text
    assert "shipped:" not in lead.get(f"{PAGE}?shelf=unmapped").text
    assert "Change it…" not in shown.text
    again = press(lead, PAGE, f"{PAGE}/deliveries/{strange.id}/retry")
    assert again.headers["location"] == f"{PAGE}?done=again"
    assert press(lead, PAGE, f"{PAGE}/deliveries/{strange.id}/retry").status_code == 409
    assert press(lead, PAGE, f"{PAGE}/rule", rule="by_hand").status_code == 403
    assert press(admin, PAGE, f"{PAGE}/rule", rule="by_hand").status_code == 303
    with desk.application.open() as store:
        assert store.products.get(desk.pipeline.product.id).ship_rule is ShipRule.BY_HAND
    assert "A person says so." in lead.get(PAGE).text
    assert waiting not in lead.get(f"/issues/{issue.name}").text
