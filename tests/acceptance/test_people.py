"""People are invited with a link that works once, and let go: over HTTP, on pages, in a shell."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bridge.cli import main
from bridge.domain.people import MACHINE, Role
from bridge.domain.reports import ReportKind
from bridge.settings import Settings
from bridge.steps.moves import Cause
from bridge.steps.report import plan_reports
from bridge.steps.tell import Telling, tell_fix
from bridge.wiring.installation import as_installed, note_server, note_worker
from tests.api_client import Api, serving
from tests.builders import contacts_about_export
from tests.conftest import Pipeline
from tests.fakes import FakeNotifier
from tests.pages_bench import SITE, PagesBench, press

ADA, KIM = "ada@support.example", "kim@support.example"


@pytest.fixture
def notifier(pipeline: Pipeline) -> FakeNotifier:
    made = FakeNotifier(name="smtp")
    pipeline.rewire(replace(pipeline.application.context, notifiers=[made]))
    return made


@pytest.fixture
def api(pipeline: Pipeline, notifier: FakeNotifier) -> Iterator[Api]:
    """One issue about exports, handled by ada."""
    pipeline.send(*contacts_about_export(5, version="4.1"))
    pipeline.consolidate()
    with serving(pipeline.application) as found:
        yield found


def code_of(link: str) -> str:
    found = re.search(r"/sign-in\?code=(\S+)$", link)
    assert found is not None, link
    return found[1]


def enter(bench: PagesBench, link: str) -> int:
    answer = bench.browser().post(
        "/sign-in", data={"code": code_of(link)}, headers={"Origin": SITE}
    )
    return answer.status_code


def test_an_admin_invites_and_the_link_is_shown_once_and_mailed(
    api: Api, pipeline: Pipeline, notifier: FakeNotifier
) -> None:
    given = {"email": " Kim@Support.Example", "name": "Kim  Lee", "role": "lead"}
    assert api.as_(Role.LEAD).post("/people", given).status_code == 403
    invited = api.admin.post("/people", given)
    assert invited.status_code == 201
    assert api.admin.post("/people", given).json()["is_mailed"], "a second press is one mail"
    told = invited.json()
    assert (told["email"], told["name"], told["role"], told["is_mailed"]) == (
        *(KIM, "Kim Lee", "lead", True),
    )
    pipeline.queue.drain(pipeline.clock.moment)
    ((recipient, mail),) = notifier.sent.values()
    assert recipient == KIM
    assert mail.subject == "You are invited to Default in the bridge"
    bench = PagesBench(pipeline)
    links = [told["sign_in"], mail.text.splitlines()[-1]]
    assert [enter(bench, one) for one in (*links, *links)] == [303, 303, 403, 403]
    (row,) = api.admin.get("/outgoing").json()["items"]
    with pipeline.application.open() as store:
        kept = store.messages.get(pipeline.product.id, row["id"])
    assert "code=" not in kept.text, "the link is kept nowhere"
    kim = next(one for one in api.admin.get("/people").json()["items"] if one["email"] == KIM)
    assert kim == {
        **{"id": told["id"], "email": KIM, "name": "Kim Lee", "role": "lead"},
        "is_signed_in": True,
    }


def test_what_cannot_be_an_invitation_is_refused_in_words(api: Api) -> None:
    for body, words in (
        ({"email": "kim", "role": "agent"}, "'kim' is no e-mail address"),
        ({"email": KIM, "role": "boss"}, "this must be one of: admin, lead, agent, engineer"),
        ({"email": KIM}, "this is required"),
    ):
        answer = api.admin.post("/people", body)
        assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (422, words)
    elsewhere = api.admin.post("/people", {"email": KIM, "role": "agent", "products": ["shop"]})
    assert elsewhere.status_code == 404


def test_a_link_opens_no_product_that_the_inviting_admin_has_no_say_in(
    api: Api, pipeline: Pipeline
) -> None:
    with pipeline.application.open() as store:
        store.products.add("shop", "Shop")
    of_all = api.as_(Role.ADMIN, product=None)
    both = {"email": KIM, "role": "agent", "products": ["default", "shop"]}
    assert code_of(of_all.post("/people", both).json()["sign_in"])
    asked = api.admin.post("/people", {"email": KIM, "role": "admin"})
    assert (asked.status_code, asked.json()["detail"]) == (
        409,
        f"somebody is known as {KIM} already; this would change the role in Default"
        " from agent to admin",
    )
    again = api.admin.post("/people", {"email": KIM, "role": "admin", "change": True}).json()
    assert (again["sign_in"], again["role"]) == (None, "admin")


def test_whoever_is_removed_is_told_nothing_more_and_their_history_stays(
    api: Api, pipeline: Pipeline, notifier: FakeNotifier
) -> None:
    ada = api.as_(Role.AGENT, user=ADA)
    context = pipeline.application.context
    with pipeline.application.open() as store:
        plan = replace(
            store.reports.plan(pipeline.product.id, ReportKind.WEEKLY), recipients=(ADA, KIM)
        )
        plan_reports(pipeline.product, plan, store=store, context=context)
    (person,) = [one for one in api.admin.get("/people").json()["items"] if one["email"] == ADA]
    assert ada.get("/issues").status_code == 200
    assert api.as_(Role.LEAD).delete(f"/people/{person['id']}").status_code == 403
    assert api.admin.delete(f"/people/{person['id']}").status_code == 204
    assert api.admin.delete(f"/people/{person['id']}").status_code == 404
    assert ada.get("/issues").status_code == 401
    pipeline.send(*contacts_about_export(2, first=7))
    with pipeline.application.open() as store:
        issue = store.issues.by_number(pipeline.product.id, 1)
        cause = Cause(MACHINE, pipeline.clock.moment)
        telling = Telling(pipeline.product, store, context, cause)
        assert tell_fix(issue, "4.2", [], telling=telling) == []
        assert store.reports.plan(pipeline.product.id, ReportKind.WEEKLY).recipients == (KIM,)
        agents, _ = store.issues.agents(issue.id)
        assert agents == [person["id"]], "the contacts still name them"
        actions = [one.action for one in store.decisions.of_product(pipeline.product.id)]
    assert "person_removed" in actions
    pipeline.queue.drain(pipeline.clock.moment)
    assert notifier.sent == {}
    back = api.admin.post("/people", {"email": ADA, "role": "agent"})
    assert back.json()["id"] == person["id"]


def test_the_page_invites_shows_the_link_once_and_removes(pipeline: Pipeline) -> None:
    bench = PagesBench(pipeline)
    admin, lead = bench.signed_in(Role.ADMIN), bench.signed_in(Role.LEAD)
    assert lead.get("/people").status_code == 403
    assert 'href="/people"' not in lead.get("/inbox").text
    refused = press(admin, "/people", "/people/invite", email="kim", name="Kim")
    assert (refused.status_code, 'value="kim"' in refused.text) == (422, True)
    fields = {"email": KIM, "name": "<b>Kim</b>", "role": "engineer"}
    shown = press(admin, "/people", "/people/invite", **fields)
    assert "&lt;b&gt;Kim&lt;/b&gt; is invited as engineer" in shown.text
    (link,) = re.findall(r'value="(http[^"]+)"', shown.text)
    assert enter(bench, link) == 303
    again = admin.get("/people").text
    assert "code=" not in again
    asked = press(admin, "/people", "/people/invite", email=KIM, name="Kim Lee", role="lead")
    assert asked.status_code == 409
    for told in ("from engineer to lead", "&lt;/b&gt; to Kim Lee", "Nothing was changed"):
        assert told in asked.text
    assert "is invited as" not in asked.text
    fields = {"email": KIM, "name": "Kim Lee", "role": "lead", "change": "true"}
    changed = press(admin, "/people", "/people/invite", **fields)
    assert "Kim Lee is invited as lead" in changed.text
    renewed = press(admin, "/people", "/people/invite", email=KIM, role="lead")
    assert renewed.status_code == 200, "a new link changes nothing"
    with pipeline.application.open() as store:
        kim, myself = store.people.known(KIM), store.people.known("admin@support.example")
    gone = press(admin, "/people", f"/people/{kim.id}/remove")
    assert (gone.status_code, gone.headers["location"]) == (303, "/people?done=removed")
    assert KIM not in admin.get("/people").text
    last = press(admin, "/people", f"/people/{myself.id}/remove")
    assert (last.status_code, "only admin of Default" in last.text) == (409, True)


def test_the_command_line_invites_to_where_the_server_is(
    pipeline: Pipeline,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: Settings,
) -> None:
    for name, value in (
        ("DATABASE_URL", database_url),
        ("BRIDGE_SECRET_KEY", "a secret key for tests only"),
        ("BRIDGE_DATA_DIR", str(settings.data_dir)),
        ("BRIDGE_ENCODER", "hashing"),
    ):
        monkeypatch.setenv(name, value)
    told = pipeline.application.settings.model_copy(update={"public_url": "https://b.example/"})
    server = replace(pipeline.application, settings=told)
    note_server(server, found_at="http://127.0.0.1:8000")
    note_server(pipeline.application, found_at="http://127.0.0.1:8000")
    assert as_installed(pipeline.application).settings.public_url == "https://b.example"
    assert as_installed(server) is server
    note_worker(
        replace(
            pipeline.application,
            context=replace(pipeline.application.context, notifiers=[FakeNotifier(name="smtp")]),
        )
    )
    assert main(["people", "invite", KIM, "--role", "agent", "--name", "Kim Lee"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("https://b.example/sign-in?code=")
    assert "a mail with a link is on its way" in err, "workers send mail, whatever we know"
    assert main(["people", "list"]) == 0
    assert f"{KIM}\tKim Lee\tagent\tno" in capsys.readouterr().out
    assert main(["people", "invite", KIM, "--role", "lead"]) == 1
    assert "from agent to lead: add --change" in capsys.readouterr().err
    assert main(["people", "invite", KIM, "--role", "lead", "--change"]) == 0
    capsys.readouterr()
    assert main(["doctor"]) in (0, 1)
    shown = capsys.readouterr().out
    assert "links start with https://b.example" in shown
    assert "the newest one sends mails" in shown
    assert main(["people", "remove", KIM]) == 0
    assert main(["people", "remove", KIM]) == 3
    assert "nobody here has the address" in capsys.readouterr().err
