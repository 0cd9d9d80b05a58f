"""Who gets in: tokens, roles, products; deny by default on every route."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from bridge.api.app import create_app
from bridge.api.deps import GuardedRoute, area, permissions_of
from bridge.domain.errors import NotFound, NotSignedIn
from bridge.domain.people import Role
from bridge.domain.permissions import ALLOWED, Action, is_allowed
from bridge.wiring import Application
from bridge.wiring.access import caller_of_session, caller_of_token
from bridge.wiring.clock import SimulatedClock
from tests.api_client import CONTACT, Api, serving
from tests.builders import START

_OPEN = {
    *("/healthz", "/readyz", "/webhooks/{integration}/{connection}"),
    "/webhooks/slack/{connection}/actions",
}
_BODIES: dict[str, object] = {
    "/contacts": CONTACT,
    "/contacts/batch": [],
    "/releases": {"version": "1"},
    "/workarounds": {"issue": "ISS-1", "text": "x", "audience": "internal"},
    "/connections/jira": {"fields": {"Severity": "Major"}},
    "/match": {"text": "the export button does nothing"},
}


@pytest.fixture
def api(application: Application) -> Iterator[Api]:
    with serving(application) as found:
        yield found


def routes_of(app: FastAPI) -> list[APIRoute]:
    found = [one.original_route for one in iter_route_contexts(app.routes)]
    return [one for one in found if isinstance(one, APIRoute)]


def test_every_route_declares_a_permission_or_is_known_to_be_open(
    application: Application,
) -> None:
    routes = routes_of(create_app(application))
    assert len(routes) > 20
    for route in routes:
        if route.path not in _OPEN:
            assert isinstance(route, GuardedRoute), route.path
            assert list(permissions_of(route.dependant)), route.path


def test_a_route_without_a_permission_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="declares no permission"):
        area("new").get("/new")(lambda: None)


def test_each_role_may_do_what_its_row_says_and_nothing_else(api: Api) -> None:
    callers = {role: api.as_(role, user=f"{role}@support.example") for role in Role}
    for route in routes_of(api.app):
        if route.path in _OPEN or not route.path.startswith("/api/v1"):
            continue
        (action,) = set(permissions_of(route.dependant))
        path = route.path.removeprefix("/api/v1").replace("{id}", "1")
        path = path.replace("{name}", "jira")
        for role, caller in callers.items():
            if "POST" in (route.methods or ()):
                body = _BODIES.get(path, {"reason": "x"} if "dismiss" in path else {})
                status = caller.post(path, body).status_code
            elif "PATCH" in (route.methods or ()):
                status = caller.patch(path, _BODIES.get(path, {})).status_code
            else:
                status = caller.get(path).status_code
            assert (status == 403) is (action not in ALLOWED[role]), (route.path, role, status)


def test_a_query_parameter_that_a_route_does_not_have_is_refused_by_name(api: Api) -> None:
    for route in routes_of(api.app):
        if route.path in _OPEN:
            continue
        path = route.path.replace("{id}", "1").replace("{name}", "jira").replace("{copy}", "1")
        for method in route.methods or ():
            answer = api.client.request(
                method,
                path.replace("{use}", "1"),
                params={"sate": "filed", "product": "default"},
                headers=api.admin.headers,
            )
            assert answer.status_code == 422, (method, path)
            (error,) = answer.json()["errors"]
            assert error["parameter"] == "sate", path
            assert error["detail"].startswith("there is no such parameter here; there are: "), path
            assert "product" in error["detail"], path


def test_who_may_not_come_in_is_told_so_before_what_is_wrong(api: Api) -> None:
    assert api.client.get("/api/v1/issues", params={"sate": "filed"}).status_code == 401
    agent = api.as_(Role.AGENT)
    assert agent.get("/connections", sate="filed").status_code == 403


def test_a_role_nobody_listed_may_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.domain.permissions.ALLOWED", {})
    assert not any(is_allowed(role, action) for role in Role for action in Action)


def test_without_a_good_token_every_route_is_401(api: Api) -> None:
    revoked = api.as_(Role.ADMIN)
    with api.application.open() as store:
        store.people.revoke_token(store.people.tokens()[-1].id, now=START)
    headers = [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic YTpi"},
        revoked.headers,
    ]
    for route in routes_of(api.app):
        if route.path in _OPEN:
            continue
        for given in headers:
            for method in route.methods or ():
                path = route.path.replace("{id}", "1").replace("{name}", "jira")
                answer = api.client.request(method, path, headers=given)
                assert answer.status_code == 401, (method, path, given)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_works_until_it_expires_and_a_role_is_read_at_each_request(
    application: Application, clock: SimulatedClock
) -> None:
    with application.open() as store:
        secret = store.people.create_token(
            Role.AGENT, None, name="t", expires_at=START + timedelta(hours=1)
        )
    with application.open() as store:
        assert caller_of_token(secret, None, store=store, now=START).role is Role.AGENT
        with pytest.raises(NotSignedIn):
            caller_of_token(secret, None, store=store, now=START + timedelta(hours=1))


def test_a_token_sees_its_own_product_and_no_other(application: Application) -> None:
    with application.open() as store:
        shop = store.products.add("shop", "Shop")
        bound = store.people.create_token(Role.ADMIN, shop.id, name="bound")
        free = store.people.create_token(Role.ADMIN, None, name="free")
    with application.open() as store:

        def slug(secret: str, product: str | None) -> str:
            return caller_of_token(secret, product, store=store, now=START).product.slug

        assert [slug(bound, None), slug(bound, "shop")] == ["shop", "shop"]
        assert [slug(free, None), slug(free, "shop")] == ["default", "shop"]
        messages = set()
        for secret, product in ((bound, "default"), (free, "nowhere"), (bound, "nowhere")):
            with pytest.raises(NotFound) as caught:
                slug(secret, product)
            messages.add(str(caught.value).replace("default", "P").replace("nowhere", "P"))
        assert len(messages) == 1, "a foreign product must look like one that does not exist"


def test_a_session_starts_in_a_product_the_person_has_a_role_in(application: Application) -> None:
    with application.open() as store:
        shop = store.products.add("shop", "Shop")
        lena = store.people.known("lena@support.example", name="Lena")
        store.people.add_member(lena.id, shop.id, Role.LEAD)
        until = START + timedelta(hours=8)
        secret = store.people.create_login(lena.id, "session", expires_at=until)
    with application.open() as store:
        caller = caller_of_session(secret, None, store=store, now=START)
        assert (caller.product.slug, caller.role, caller.name) == ("shop", Role.LEAD, "Lena")
        assert caller.email == caller.actor.name == "lena@support.example"
        with pytest.raises(NotFound):
            caller_of_session(secret, "default", store=store, now=START)
        with pytest.raises(NotSignedIn):
            caller_of_session(secret, None, store=store, now=until)
        default = store.products.by_slug("default")
        store.people.add_member(lena.id, default.id, Role.AGENT)
        assert caller_of_session(secret, None, store=store, now=START).role is Role.AGENT
