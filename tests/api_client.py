"""A client of the API for tests: a token per role, and the application's own store."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bridge.api.app import create_app
from bridge.domain.people import Role
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.wiring import Application

CONTACT = {
    "source": "zendesk",
    "external_id": "4711",
    "channel": "email",
    "occurred_at": "2026-03-02T08:15:00Z",
    "subject": "Export",
    "text": "The export button does nothing when I press it, please help me.",
    "version": "4.1",
    "customer": {"email": "mia@customer.example", "external_ids": {"zendesk": "9"}},
    "agent": {"email": "ada@support.example"},
}


class Api:
    """Talks to the API as whoever holds a token; `as_` makes one for another role."""

    def __init__(self, application: Application, app: FastAPI, client: TestClient) -> None:
        self.application = application
        self.app = app
        self.client = client
        self.admin = self.as_(Role.ADMIN)

    def as_(
        self, role: Role, *, user: str | None = None, product: str | None = DEFAULT_PRODUCT
    ) -> "Caller":
        """A caller with a new token of that role; product None sees all products."""
        with self.application.open() as store:
            known = store.people.known(user) if user else None
            secret = store.people.create_token(
                role,
                store.products.by_slug(product).id if product else None,
                name=f"{role.value} token",
                user_id=known.id if known else None,
            )
        return Caller(self.client, secret)


class Caller:
    """One token."""

    def __init__(self, client: TestClient, secret: str) -> None:
        self._client = client
        self.secret = secret
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **params: str | int | list[str]) -> httpx2.Response:
        """GET below /api/v1."""
        return self._client.get(f"/api/v1{path}", params=params, headers=self.headers)

    def post(
        self, path: str, body: object = None, *, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """POST below /api/v1; without a body nothing is sent."""
        given = self.headers | (headers or {})
        if body is None:
            return self._client.post(f"/api/v1{path}", headers=given)
        return self._client.post(f"/api/v1{path}", json=body, headers=given)

    def patch(self, path: str, body: object) -> httpx2.Response:
        """PATCH below /api/v1."""
        return self._client.patch(f"/api/v1{path}", json=body, headers=self.headers)

    def delete(self, path: str) -> httpx2.Response:
        """DELETE below /api/v1."""
        return self._client.delete(f"/api/v1{path}", headers=self.headers)

    def send(
        self, path: str, content: bytes, *, media_type: str = "application/json"
    ) -> httpx2.Response:
        """POST raw bytes below /api/v1."""
        headers = self.headers | {"Content-Type": media_type}
        return self._client.post(f"/api/v1{path}", content=content, headers=headers)


@contextmanager
def serving(application: Application) -> Iterator[Api]:
    """The API of an application, answering as a server would: errors never reach the test."""
    app = create_app(application)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(application, app, client)
