"""Report: make the weekly report and the daily digest, keep what was said, send it once."""

from collections.abc import Callable, Mapping
from email.utils import parseaddr

import structlog

from bridge.domain.contacts import ProductId
from bridge.domain.errors import AnswerLost, InvalidInput, InvalidMove, Refused, TryAgainLater
from bridge.domain.products import Product
from bridge.domain.reports import Report, ReportKind, ReportPlan, Span
from bridge.ports import Message, Notifier
from bridge.reporting.mail import as_mail
from bridge.reporting.text import Link
from bridge.steps.bounces import why_dead
from bridge.steps.context import Context
from bridge.steps.daily import daily_digest
from bridge.steps.weekly import weekly_report
from bridge.store import Store

MAIL = "smtp"
"""The channel that reports go through."""
_MOST_TRIES = 8
_MOST_RECIPIENTS = 50
_MAKE: Mapping[ReportKind, Callable[..., Report]] = {
    ReportKind.WEEKLY: weekly_report,
    ReportKind.DAILY: daily_digest,
}

log = structlog.get_logger()


def report_of(product: Product, span: Span, *, store: Store, context: Context) -> Report:
    """What was said about that time; where nothing was yet, what would be said now."""
    now = context.now()
    if span.since > now:
        raise InvalidInput(f"{span.name} has not begun yet")
    found = store.reports.find(product.id, span.kind, span.name)
    return found or _MAKE[span.kind](product, span, store=store, context=context, now=now)


def plan_reports(product: Product, plan: ReportPlan, *, store: Store, context: Context) -> None:
    """Say who gets a report when; raises InvalidInput. No recipients: nobody."""
    if not 0 <= plan.weekday <= 6 or not 0 <= plan.hour <= 23:
        raise InvalidInput("say a weekday, and an hour from 0 to 23")
    if len(plan.recipients) > _MOST_RECIPIENTS:
        raise InvalidInput(f"at most {_MOST_RECIPIENTS} addresses: use one of a list")
    for one in plan.recipients:
        if parseaddr(one)[1] != one or one.count("@") != 1 or one[0] == "@" or one[-1] == "@":
            raise InvalidInput(f"{one[:80]!r} is no address")
    store.reports.set_plan(product.id, plan, now=context.now())


def send_now(product: Product, span: Span, *, store: Store, context: Context) -> None:
    """Send a report before its hour; whoever has it does not get it again. Raises InvalidMove."""
    if span.until > context.now():
        raise InvalidMove(f"{span.name} has not ended yet: this is a preview")
    if not store.reports.plan(product.id, span.kind).recipients:
        raise InvalidMove("nobody is named who gets it: name recipients first")
    _enqueue(product.id, span, store)


def report_all(context: Context) -> None:
    """Queue every report that is due and was not made yet."""
    now = context.now()
    with context.open() as store:
        for product_id, plan in store.reports.plans():
            span = plan.due(now)
            if span and store.reports.find(product_id, span.kind, span.name) is None:
                _enqueue(product_id, span, store)


def _enqueue(product_id: ProductId, span: Span, store: Store) -> None:
    store.enqueue(
        "report",
        once=f"report:{product_id}:{span.kind}:{span.name}",
        product_id=product_id,
        kind=span.kind.value,
        name=span.name,
    )


def report(context: Context, *, product_id: int, kind: str, name: str) -> None:
    """Keep what is said about a time, and plan one mail to each recipient."""
    span = Span.named(ReportKind(kind), name)
    has_mail = _mail(context) is not None
    with context.open() as store:
        product = store.products.get(ProductId(product_id))
        made = report_of(product, span, store=store, context=context)
        store.reports.keep(product.id, made)
        for recipient in store.reports.plan(product.id, span.kind).recipients:
            sending_id = store.reports.plan_sending(
                product.id, made, recipient=recipient, channel=MAIL, now=context.now()
            )
            if sending_id is None:
                continue
            if has_mail:
                _enqueue_sending(sending_id, product.id, span, store)
            else:
                reason = "no mail server is configured: set BRIDGE_SMTP_HOST"
                store.reports.note_sending(sending_id, "failed", reason=reason)


def _enqueue_sending(sending_id: int, product_id: ProductId, span: Span, store: Store) -> None:
    store.enqueue(
        "send_report",
        product_id=product_id,
        kind=span.kind.value,
        name=span.name,
        sending_id=sending_id,
    )


def send_again(
    sending_id: int, product_id: ProductId, named: tuple[ReportKind, str], *, store: Store
) -> None:
    """A person wants another series of tries of a mail that failed, under the same id."""
    store.reports.plan_again(sending_id)
    _enqueue_sending(sending_id, product_id, Span.named(*named), store)


def send_report(
    context: Context, *, product_id: int, kind: str, name: str, sending_id: int
) -> None:
    """Send one mail, under the same id however often it is tried."""
    notifier = _mail(context)
    if notifier is None:
        raise TryAgainLater("no mail server is configured: set BRIDGE_SMTP_HOST")
    with context.open() as store:
        sending = store.reports.take_sending(sending_id)
        made = store.reports.find(ProductId(product_id), ReportKind(kind), name)
        product = store.products.get(ProductId(product_id))
        why = why_dead(product.id, sending.recipient, store) if sending is not None else None
        if why is not None:
            store.reports.note_sending(sending_id, "suppressed", reason=why)
            return
    if sending is None or made is None:
        return
    mail = as_mail(made, link_of(product, context))
    message = Message(mail.subject, mail.text, html=mail.html, images=mail.images)
    try:
        receipt = notifier.send(message, sending.recipient, f"{sending.event}.{sending.id}")
    except TryAgainLater as error:
        state = "failed" if sending.attempts >= _MOST_TRIES else "planned"
        _note(context, sending_id, state, str(error))
        if state == "planned":
            raise
    except Refused as error:
        _note(context, sending_id, "failed", str(error))
    except AnswerLost as error:
        _note(context, sending_id, "unknown", str(error))
    else:
        with context.open() as store:
            store.reports.note_sending(sending_id, "sent", receipt=receipt)


def _note(context: Context, sending_id: int, state: str, reason: str) -> None:
    with context.open() as store:
        store.reports.note_sending(sending_id, state, reason=reason)
    log.warning("a report did not get out", sending_id=sending_id, state=state)


def _mail(context: Context) -> Notifier | None:
    return next((one for one in context.notifiers if one.name == MAIL), None)


def link_of(product: Product, context: Context) -> Link:
    """The path of a page to its address, in this product."""
    base = context.settings.public_url.rstrip("/")
    return lambda path: f"{base}{path}{'&' if '?' in path else '?'}product={product.slug}"
