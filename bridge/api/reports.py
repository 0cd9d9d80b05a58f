"""Reports: the week for engineering, the day for leads."""

from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from bridge.api.deps import Call, Reader, answers, area
from bridge.api.report_schemas import ReportOut
from bridge.domain.reports import ReportKind, Span
from bridge.reporting.text import as_markdown
from bridge.steps.report import link_of, report_of
from bridge.store.reports import as_json

router = area("reports")

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/markdown": {"schema": {"type": "string"}}}},
    **answers(),
}

Format = Annotated[Literal["json", "md"], Query(alias="format", description="md is Markdown.")]
Name = Annotated[str | None, Query(max_length=20)]


@router.get(
    "/reports/weekly", summary="The weekly report", response_model=ReportOut, responses=_ANSWERS
)
def show_weekly(call: Reader, week: Name = None, form: Format = "json") -> Response:
    """What was said about a week, such as 2026-W47; without one, the last that has ended."""
    return _shown(ReportKind.WEEKLY, week, form, call)


@router.get(
    "/reports/daily", summary="The daily digest", response_model=ReportOut, responses=_ANSWERS
)
def show_daily(call: Reader, day: Name = None, form: Format = "json") -> Response:
    """What was said about a day, such as 2026-11-20; without one, yesterday."""
    return _shown(ReportKind.DAILY, day, form, call)


def _shown(kind: ReportKind, name: str | None, form: str, call: Call) -> Response:
    span = Span.named(kind, name) if name else Span.holding(kind, call.now).before
    found = report_of(call.product, span, store=call.store, context=call.context)
    link = link_of(call.product, call.context)
    if form == "md":
        return Response(as_markdown(found, link), media_type="text/markdown; charset=utf-8")
    shown = ReportOut.model_validate(
        as_json(found) | {"title": found.title, "link": link(found.path)}
    )
    return Response(shown.model_dump_json(), media_type="application/json")
