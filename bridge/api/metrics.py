"""Prometheus metrics with bounded labels; they need an admin's token."""

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response

from bridge.api.deps import GuardedRoute, Operator, answers
from bridge.domain.tickets import FilingState
from bridge.store.measures import Measured

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_JOBS = ("todo", "doing", "failed")

router = APIRouter(tags=["operation"], route_class=GuardedRoute)


class Metrics:
    """The counters of one process; what the database knows is read when asked."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "bridge_http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "bridge_http_request_seconds",
            "Time until a request was answered.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._deliveries = Counter(
            "bridge_webhook_deliveries_total",
            "Webhook deliveries by what became of them.",
            ["integration", "result"],
            registry=self.registry,
        )
        self._waiting = self._gauge("bridge_contacts_waiting", "Contacts not looked at yet.")
        self._aside = self._gauge("bridge_contacts_quarantined", "Contacts that were set aside.")
        self._jobs = self._gauge("bridge_jobs", "Jobs by status.", "status")
        self._filings = self._gauge("bridge_filings", "Filings by state.", "state")

    def _gauge(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(name, help_text, labels, registry=self.registry)

    def note_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; `route` is a template, never an address."""
        verb = method if method in _METHODS else "other"
        self._requests.labels(verb, route, str(status)).inc()
        self._seconds.labels(verb, route).observe(seconds)

    def note_delivery(self, integration: str, result: str) -> None:
        """Count one webhook delivery."""
        self._deliveries.labels(integration, result).inc()

    def text(self, measured: Measured) -> bytes:
        """Everything in Prometheus' text format."""
        self._waiting.set(measured.contacts_waiting)
        self._aside.set(measured.contacts_quarantined)
        for status in _JOBS:
            self._jobs.labels(status).set(measured.jobs.get(status, 0))
        for state in FilingState:
            self._filings.labels(state.value).set(measured.filings.get(state.value, 0))
        return generate_latest(self.registry)


def metrics_of(request: Request) -> Metrics:
    """The metrics of this process."""
    found = request.app.state.metrics
    assert isinstance(found, Metrics)
    return found


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={
        200: {"description": "Prometheus' text format", "content": {"text/plain": {}}},
        **answers(),
    },
)
def metrics(request: Request, call: Operator) -> Response:
    """Requests, webhooks, contacts, jobs and filings in numbers."""
    return Response(
        metrics_of(request).text(call.store.measures.take()), media_type=CONTENT_TYPE_LATEST
    )
