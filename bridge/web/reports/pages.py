"""The pages of reports: which there are, one of them, its mail, and who gets it."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Response
from fastapi.responses import HTMLResponse

from bridge.domain.errors import InvalidInput, InvalidMove
from bridge.domain.permissions import Action
from bridge.domain.reports import WEEKDAYS, Report, ReportKind, ReportPlan, Span
from bridge.reporting.mail import as_page
from bridge.reporting.text import as_text
from bridge.steps.report import MAIL, link_of, plan_reports, report_of, send_now
from bridge.web import words
from bridge.web.pages import PageRoute, page, redirect, status_of
from bridge.web.visit import SubmissionDep, Typed, Visit, VisitDep, needs

router = APIRouter(prefix="/reports", route_class=PageRoute, include_in_schema=False)

_SHOWN = 12
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_DONE = {
    "planned": "Saved. It goes out from the next time on.",
    "sent": "It is on its way; whoever has it does not get it again.",
}
Kind = Annotated[ReportKind, Path()]
Name = Annotated[str, Path(max_length=20)]


@router.get("")
def list_reports(visit: VisitDep, done: Annotated[str, Query(max_length=20)] = "") -> Response:
    """What was said, newest first, and who gets what comes."""
    return _list(visit, done=done)


@router.get("/{kind}/{name}")
def show_report(
    kind: Kind, name: Name, visit: VisitDep, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One report: what was said, or what would be said now."""
    return _show(Span.named(kind, name), visit, done=done)


@router.get("/{kind}/{name}/mail")
def show_mail(
    kind: Kind,
    name: Name,
    visit: VisitDep,
    as_letters: Annotated[bool, Query(alias="text")] = False,
) -> Response:
    """The mail as it goes out, in either form."""
    context = visit.web.application.context
    found = report_of(visit.product, Span.named(kind, name), store=visit.store, context=context)
    link = link_of(visit.product, context)
    if as_letters:
        return Response(as_text(found, link), media_type="text/plain; charset=utf-8")
    headers = {"Content-Security-Policy": _MAIL_POLICY}
    return HTMLResponse(as_page(found, link), headers=headers)


@router.post("/{kind}/plan", dependencies=[needs(Action.PUBLISH)])
def plan(
    kind: Kind,
    visit: SubmissionDep,
    recipients: Annotated[Typed, Form(max_length=5_000)] = "",
    weekday: Annotated[int, Form(ge=0, le=6)] = 0,
    hour: Annotated[int, Form(ge=0, le=23)] = 7,
) -> Response:
    """Say who gets it, and when."""
    visit.caller.require(Action.PUBLISH)
    given = ReportPlan(kind, tuple(recipients.replace(",", " ").split()), weekday, hour)
    context = visit.web.application.context
    try:
        plan_reports(visit.product, given, store=visit.store, context=context)
    except InvalidInput as error:
        return _list(visit, error=error, typed=given)
    return redirect(visit.address("/reports", done="planned"))


@router.post("/{kind}/{name}/send", dependencies=[needs(Action.PUBLISH)])
def send(kind: Kind, name: Name, visit: SubmissionDep) -> Response:
    """Send it before its hour."""
    visit.caller.require(Action.PUBLISH)
    span = Span.named(kind, name)
    context = visit.web.application.context
    try:
        send_now(visit.product, span, store=visit.store, context=context)
    except InvalidMove as error:
        return _show(span, visit, error=error)
    return redirect(visit.address(f"/reports/{kind}/{name}", done="sent"))


def _list(
    visit: Visit,
    *,
    done: str = "",
    error: InvalidInput | None = None,
    typed: ReportPlan | None = None,
) -> Response:
    reads, product = visit.store.reports, visit.product
    kinds = []
    for kind in ReportKind:
        now = Span.holding(kind, visit.now)
        said = [Span.named(kind, one) for one in reads.names(product.id, kind, limit=_SHOWN)]
        plan = reads.plan(product.id, kind)
        shown = typed if typed and typed.kind is kind else plan
        kinds.append((kind, now, said, plan, shown))
    status = {"status": status_of(error)} if error else {}
    return page(
        visit,
        "reports.html",
        kinds=kinds,
        weekdays=WEEKDAYS,
        has_mail=any(one.name == MAIL for one in visit.web.application.context.notifiers),
        done=_DONE.get(done, ""),
        trouble=words.sentence(str(error)) if error else "",
        **status,
    )


def _show(
    span: Span, visit: Visit, *, done: str = "", error: InvalidMove | None = None
) -> Response:
    context = visit.web.application.context
    found: Report = report_of(visit.product, span, store=visit.store, context=context)
    status = {"status": status_of(error)} if error else {}
    return page(
        visit,
        "report.html",
        report=found,
        is_said=visit.store.reports.find(visit.product.id, span.kind, span.name) is not None,
        sendings=visit.store.reports.sendings(visit.product.id, span.kind, span.name),
        recipients=visit.store.reports.plan(visit.product.id, span.kind).recipients,
        earlier=span.before,
        done=_DONE.get(done, ""),
        trouble=words.sentence(str(error)) if error else "",
        **status,
    )
