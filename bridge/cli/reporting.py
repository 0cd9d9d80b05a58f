"""`bridge report`: the weekly report and the daily digest, and who gets them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, plain, say, write
from bridge.domain.errors import InvalidInput
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.domain.reports import WEEKDAYS, ReportKind, ReportPlan, Span
from bridge.reporting.mail import as_page
from bridge.reporting.text import as_markdown
from bridge.steps.report import link_of, plan_reports, report_of
from bridge.store.reports import as_json as report_json

app = new_app()
Form = Literal["md", "json", "html"]
FormOption = Annotated[Form, typer.Option("--format", help="Markdown, JSON or HTML.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there.")]


@app.callback()
def reports() -> None:
    """Show the weekly report or the daily digest, and say who gets them."""


@app.command(short_help="Show the weekly report.")
def weekly(
    week: Annotated[
        str | None, typer.Option("--week", help="Such as 2026-W47 [default: the last whole one].")
    ] = None,
    form: FormOption = "md",
    out: Out = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Examples:
      bridge report weekly
      bridge report weekly --week 2026-W47 --format html --out week.html

    Show what was said about a week; where nothing was yet, what would be said now.
    """
    _show(ReportKind.WEEKLY, week, form, out, product, data_dir)


@app.command(short_help="Show the daily digest.")
def daily(
    of: Annotated[
        str | None, typer.Option("--day", help="Such as 2026-11-20 [default: yesterday].")
    ] = None,
    form: FormOption = "md",
    out: Out = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
) -> None:
    """\b
    Example:
      bridge report daily --day 2026-11-20

    Show what was said about a day; where nothing was yet, what would be said now.
    """
    _show(ReportKind.DAILY, of, form, out, product, data_dir)


@app.command("plan", short_help="Say who gets a report, and when.")
def plan_one(  # noqa: PLR0913 - one parameter an option
    kind: Annotated[ReportKind, typer.Argument(metavar="KIND", help="weekly or daily.")],
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="ADDRESS", help="Repeat it for several.")
    ] = None,
    weekday: Annotated[str, typer.Option("--weekday", help="Of the weekly report.")] = "monday",
    hour: Annotated[int, typer.Option("--hour", min=0, max=23, help="In UTC.")] = 7,
    nobody: Annotated[bool, typer.Option("--nobody", help="Send it to nobody any more.")] = False,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Examples:
      bridge report plan weekly --to dev@company.example --weekday monday --hour 7
      bridge report plan daily --nobody

    Say who gets a report by mail, and when; without --to or --nobody, show it.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        if to or nobody:
            if weekday.capitalize() not in WEEKDAYS:
                raise typer.BadParameter(f"a weekday is one of: {', '.join(WEEKDAYS)}")
            number = WEEKDAYS.index(weekday.capitalize())
            given = ReportPlan(kind, () if nobody else tuple(to or ()), number, hour)
            plan_reports(home, given, store=store, context=application.context)
        plan = store.reports.plan(home.id, kind)
    when = f"{WEEKDAYS[plan.weekday]} " if kind is ReportKind.WEEKLY else "each day "
    told = ", ".join(plan.recipients) or "nobody"
    if as_json:
        emit(
            {
                "kind": kind.value,
                "recipients": list(plan.recipients),
                "weekday": WEEKDAYS[plan.weekday].lower(),
                "hour": plan.hour,
            }
        )
        return
    say(f"{kind.value} report, {when}at {plan.hour}:00 UTC, to {told}")


def _show(  # noqa: PLR0913 - one parameter an option
    kind: ReportKind,
    name: str | None,
    form: Form,
    out: Path | None,
    product: str,
    data_dir: Path | None,
) -> None:
    span = _span(kind, name)
    if out is not None and not out.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {out.parent}: make it first")
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = report_of(home, span, store=store, context=application.context)
        link = link_of(home, application.context)
    if form == "json" and out is None:
        emit(report_json(found))
        return
    if form == "json":
        text = f"{_line(report_json(found))}\n"
    else:
        text = as_page(found, link) if form == "html" else as_markdown(found, link)
    if out is None:
        write(text if form == "html" else plain(text))
        return
    try:
        out.write_text(text)
    except OSError as error:
        raise typer.BadParameter(f"cannot write {out}: {error.strerror}") from error
    say(f"written: {out}")


def _span(kind: ReportKind, name: str | None) -> Span:
    """The week or day that was named, else the last whole one."""
    if not name:
        return Span.holding(kind, datetime.now(UTC)).before
    try:
        return Span.named(kind, name)
    except InvalidInput as error:
        raise typer.BadParameter(str(error)) from error


def _line(data: dict[str, object]) -> str:
    return json.dumps(data, ensure_ascii=False)
