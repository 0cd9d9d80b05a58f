"""Recurring questions over HTTP and on their page: who reads, who decides, what comes out."""

from html import unescape

import pytest

from bridge.domain.contacts import ContactNature
from bridge.domain.faq import FaqState
from bridge.domain.people import Role
from bridge.steps.faq import suggest_for
from bridge.store.waiting import JudgedContact
from tests.api_client import serving
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.pages_bench import PagesBench, press


def ask(pipeline: Pipeline) -> None:
    """One issue whose contacts are all questions, found as such."""
    sent = pipeline.send(*contacts_about_export(6))
    pipeline.consolidate()
    with pipeline.application.open() as store:
        ids = [one.contact_id for one in sent]
        store.waiting.judge_again(
            [JudgedContact(one, ContactNature.MESSAGE, "question", 0.9) for one in ids]
        )
        suggest_for(pipeline.product, store=store, now=pipeline.clock.moment)


def test_a_question_goes_from_suggestion_to_a_watched_article_over_the_api(
    pipeline: Pipeline,
) -> None:
    ask(pipeline)
    reply = {
        **{"external_id": "r-1", "source": "test", "contact": "export-0"},
        **{"text": "Press Export in the menu.", "sent_at": "2026-03-02T09:30:00Z"},
    }
    with serving(pipeline.application) as api:
        lead, agent = api.as_(Role.LEAD, user="lena@support.example"), api.as_(Role.AGENT)
        assert [agent.post("/replies", reply).status_code for _ in range(2)] == [201, 200]
        unknown = agent.post("/replies", reply | {"contact": "nobody"})
        assert (unknown.status_code, "send it first" in unknown.json()["detail"]) == (404, True)
        (faq,) = agent.get("/faqs").json()["items"]
        assert (faq["issue"], faq["state"], faq["answer"]) == ("ISS-1", "open", "")
        path = f"/faqs/{faq['id']}"
        assert agent.post(f"{path}/accept").status_code == 403
        assert lead.post(f"{path}/accept").status_code == 409
        words = {"question": "How do I export?", "answer": "Press Export.", "edition": 1}
        assert lead.post(f"{path}/edit", words).status_code == 200
        assert lead.post(f"{path}/edit", words | {"answer": "x"}).status_code == 412
        assert lead.post(f"{path}/publish", {"link": "https://help.example"}).status_code == 409
        assert lead.post(f"{path}/accept").json()["state"] == "accepted"
        done = lead.post(f"{path}/publish", {"link": "https://help.example/export"}).json()
        assert (done["state"], done["decided_by"]) == ("published", "lena@support.example")
        assert done["words"].startswith("There is not enough before or since")
        assert lead.get("/faqs", state="open").json()["items"] == []
        history = lead.get("/issues/ISS-1/history").json()["items"]
        told = [one["action"] for one in history if one["action"].startswith("faq")]
        assert told == ["faq_edited", "faq_accepted", "faq_published"]


@pytest.mark.parametrize("name", ["faq_state", "state"], ids=["now", "as once recorded"])
def test_a_question_nobody_wants_leaves_its_issue_as_it_is(pipeline: Pipeline, name: str) -> None:
    ask(pipeline)
    bench = PagesBench(pipeline)
    lead = bench.signed_in(Role.LEAD)
    press(lead, "/faq", "/faq/1/dismiss", reason="it is in the manual")
    with pipeline.application.open() as store:
        issue = store.issues.by_number(pipeline.product.id, 1)
        last = store.decisions.history(issue.id)[-1]
        assert (last.action, "state" in last.after) == ("faq_dismissed", False)
        store.decisions.record(
            pipeline.product.id,
            "faq_dismissed",
            at=pipeline.clock.moment,
            actor=last.actor,
            issue_id=issue.id,
            before={name: "published"},
            after={"faq": 1, name: "dismissed"},
        )
        assert store.invariants.violations(now=pipeline.clock.moment) == []
    with serving(pipeline.application) as api:
        assert api.as_(Role.LEAD).get("/issues/ISS-1/fix").status_code == 200
    assert lead.get("/issues/ISS-1").status_code == 200


def test_a_lead_decides_on_the_page_and_others_read(pipeline: Pipeline) -> None:
    ask(pipeline)
    bench = PagesBench(pipeline)
    lead, agent = bench.signed_in(Role.LEAD), bench.signed_in(Role.AGENT)
    shown = agent.get("/faq")
    assert "No answer yet: no agent’s answer is known after which customers were quiet." in (
        unescape(shown.text)
    )
    assert "nobody has looked at the answers yet" in shown.text
    assert "nobody has looked at the answers yet" not in agent.get("/faq?state=published").text
    assert "/faq/1/edit" not in shown.text
    assert press(agent, "/faq", "/faq/1/accept").status_code == 403
    assert press(lead, "/faq", "/faq/1/accept").status_code == 409
    press(lead, "/faq", "/faq/1/edit", question="How <b>?", answer="Press it.", edition=1)
    assert "How &lt;b&gt;?" in lead.get("/faq").text
    stale = press(lead, "/faq", "/faq/1/edit", question="x", answer="y", edition=1)
    assert (stale.status_code, "read it again" in stale.text) == (412, True)
    press(lead, "/faq", "/faq/1/accept")
    refused = press(lead, "/faq", "/faq/1/publish", link="javascript:alert(1)")
    assert refused.status_code == 422
    press(lead, "/faq", "/faq/1/publish", link="https://help.example/export")
    page = lead.get("/faq?state=published").text
    assert 'href="https://help.example/export"' in page
    assert press(lead, "/faq", "/faq/1/dismiss", reason="").status_code == 422
    told = press(lead, "/faq?state=published", "/faq/1/dismiss", reason="the menu is gone")
    assert "It counts as taken down: its link is gone" in lead.get(told.headers["location"]).text
    gone = lead.get("/faq?state=dismissed").text
    assert "The menu is gone." in gone
    assert "help.example" not in gone, "an article that is not out has no link"
    assert "out since" not in gone, "and nothing is watched"
    assert "Article taken down" in lead.get("/issues/ISS-1").text
    with bench.application.open() as store:
        assert store.faqs.get(bench.product.id, 1).state is FaqState.DISMISSED
