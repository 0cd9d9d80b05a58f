"""Issues: the list, one issue with its evidence, and the verbs confirm, dismiss and file."""

import json
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.responses import Response

from bridge.api import present
from bridge.api.bodies import DismissIn, FileIn, Nothing, TicketIn, UnlinkIn
from bridge.api.deps import (
    BODY_ANSWERS,
    Call,
    Filer,
    IfMatch,
    Reader,
    Reviewer,
    answers,
    area,
    json_only,
)
from bridge.api.idempotency import OnceDep
from bridge.api.paging import PageDep, page_of
from bridge.api.schemas import (
    CustomerPage,
    DecisionPage,
    IssueContactPage,
    IssueOut,
    IssuePage,
    ProofOut,
)
from bridge.api.wire import ISSUE_PATTERN, Text, issue_number
from bridge.domain.contacts import ContactId
from bridge.domain.errors import NotFound, Outdated
from bridge.domain.issues import Issue, IssueState
from bridge.domain.permissions import Action
from bridge.steps.ladder import reached
from bridge.steps.name_ticket import name_ticket
from bridge.steps.prove import prove_fix
from bridge.steps.refusal import FieldsChosen
from bridge.steps.review import confirm_issue, dismiss_issue, file_issue, take_to_file
from bridge.steps.unlink import unlink_ticket
from bridge.store.issues import IssueFilter

router = area("issues")

IssueIdPath = Annotated[
    str,
    Path(
        alias="id", description="ISS-42, or its number", pattern=ISSUE_PATTERN, examples=["ISS-42"]
    ),
]
Sort = Annotated[str, Query(pattern="^(rank|number|customers|last_seen)$")]
States = Annotated[list[IssueState], Query(description="Repeat it for several.", max_length=20)]
SearchWords = Annotated[Text, Query(max_length=200, description="Words of the title, or ISS-42.")]


@router.get("/issues", summary="List issues", responses=answers())
def list_issues(
    call: Reader,
    state: States = [],  # noqa: B006 - FastAPI copies it
    q: SearchWords = "",
    sort: Sort = "rank",
    *,
    page: PageDep,
) -> IssuePage:
    """What is affecting customers; the highest rank first unless `sort` says otherwise."""
    last = page.last(parts=2)
    wanted = IssueFilter(
        states=tuple(state),
        words=q,
        sort=sort,
        rules=call.context.settings.rank_rules,
        limit=page.limit + 1,
        after=None if last is None else (last[0], last[1]),
    )
    found = call.store.issues.search(call.product.id, wanted)
    items, after = page_of(found, page, lambda one: (one.position, one.issue.number))
    shown = present.issues(items, call.product, store=call.store, context=call.context)
    return IssuePage(items=shown, next=after)


@router.get("/issues/{id}", summary="One issue", response_model=IssueOut, responses=answers())
def show_issue(issue_id: IssueIdPath, call: Reader) -> Response:
    """Its numbers as of now; the ETag changes with every decision about it."""
    issue = find_issue(issue_id, call)
    shown = present.issue(issue.id, call.product, store=call.store, context=call.context)
    return with_etag(Response(shown.model_dump_json(), media_type="application/json"))


@router.get("/issues/{id}/contacts", summary="Its contacts", responses=answers())
def list_contacts(issue_id: IssueIdPath, call: Reader, page: PageDep) -> IssueContactPage:
    """The evidence, newest first, with why each contact is on this issue."""
    issue = find_issue(issue_id, call)
    before = page.after()
    found = call.store.contacts.on_issue(
        issue.id, limit=page.limit + 1, before=ContactId(before) if before else None
    )
    items, after = page_of(found, page, lambda one: (one.contact.id,))
    shown = present.assigned_contacts(items, issue, store=call.store, context=call.context)
    return IssueContactPage(items=shown, next=after)


@router.get("/issues/{id}/customers", summary="Its customers", responses=answers())
def list_customers(issue_id: IssueIdPath, call: Reader, page: PageDep) -> CustomerPage:
    """The people who are counted; anonymous reports are not among them."""
    issue = find_issue(issue_id, call)
    found = call.store.customers.affected(issue.id, limit=page.limit + 1, after=page.after() or 0)
    items, after = page_of(found, page, lambda one: (one.id,))
    has_fix = reached(issue, store=call.store, context=call.context)
    shown = [present.customer(one, has_fix.get(one.id)) for one in items]
    return CustomerPage(items=shown, next=after)


@router.get("/issues/{id}/proof", summary="Did its contacts stop?", responses=answers())
def show_proof(issue_id: IssueIdPath, call: Reader) -> ProofOut:
    """Its contacts before and after the last fix; 404 while none has shipped."""
    issue = find_issue(issue_id, call)
    summary = call.store.issues.summary(issue.product_id, issue.id)
    found = prove_fix(summary, store=call.store, context=call.context, now=call.context.now())
    if found is None:
        raise NotFound(f"no fix of {issue.name} has shipped")
    return present.proof(issue, found)


@router.get("/issues/{id}/history", summary="Its history", responses=answers())
def list_history(issue_id: IssueIdPath, call: Reader, page: PageDep) -> DecisionPage:
    """Who or what decided what about it, oldest first."""
    issue = find_issue(issue_id, call)
    found = call.store.decisions.page(issue.id, limit=page.limit + 1, after=page.after() or 0)
    items, after = page_of(found, page, lambda one: (one.seq,))
    return DecisionPage(items=[present.decision(one) for one in items], next=after)


@router.post(
    "/issues/{id}/confirm",
    summary="Confirm it",
    response_model=IssueOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def confirm(
    issue_id: IssueIdPath,
    call: Reviewer,
    once: OnceDep,
    if_match: IfMatch = None,
    body: Nothing | None = None,
) -> Response:
    """It is one real issue."""

    def do() -> tuple[int, IssueOut]:
        issue = take_issue(issue_id, if_match, call)
        changed = confirm_issue(issue, store=call.store, cause=call.cause())
        return 200, present.issue(changed.id, call.product, store=call.store, context=call.context)

    return with_etag(once.run(call, do))


@router.post(
    "/issues/{id}/dismiss",
    summary="Dismiss it",
    response_model=IssueOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def dismiss(
    issue_id: IssueIdPath,
    body: DismissIn,
    call: Reviewer,
    once: OnceDep,
    if_match: IfMatch = None,
) -> Response:
    """It is not an issue; the reason is kept in its history."""

    def do() -> tuple[int, IssueOut]:
        issue = take_issue(issue_id, if_match, call)
        changed = dismiss_issue(
            issue,
            store=call.store,
            cause=call.cause(body.reason),
            states_no_problem=body.states_no_problem,
        )
        return 200, present.issue(changed.id, call.product, store=call.store, context=call.context)

    return with_etag(once.run(call, do))


@router.post(
    "/issues/{id}/file",
    summary="File it in the tracker",
    response_model=IssueOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def file(
    issue_id: IssueIdPath,
    call: Filer,
    once: OnceDep,
    if_match: IfMatch = None,
    body: FileIn | None = None,
) -> Response:
    """Exactly one ticket, however often it is asked for; `filing` tells how far it has come."""

    def do() -> tuple[int, IssueOut]:
        given = body or FileIn()
        if given.for_all:
            call.caller.require(Action.OPERATE)
        issue = take_to_file(find_issue(issue_id, call), store=call.store, again=given.again)
        current = issue or find_issue(issue_id, call)
        require_version(current.name, current.version, if_match)
        if issue is not None:
            file_issue(
                issue,
                call.product,
                store=call.store,
                cause=call.cause(),
                again=given.again,
                chosen=FieldsChosen(given.fields, for_all=given.for_all),
            )
        return 200, present.issue(current.id, call.product, store=call.store, context=call.context)

    return with_etag(once.run(call, do))


@router.post(
    "/issues/{id}/link",
    summary="Say which ticket it is",
    response_model=IssueOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def link(
    issue_id: IssueIdPath,
    body: TicketIn,
    call: Filer,
    once: OnceDep,
    if_match: IfMatch = None,
) -> Response:
    """As long as no ticket is linked, or its ticket is a duplicate; a job checks that it exists."""

    def do() -> tuple[int, IssueOut]:
        issue = take_issue(issue_id, if_match, call)
        changed = name_ticket(issue, body.ticket, store=call.store, cause=call.cause())
        return 200, present.issue(changed.id, call.product, store=call.store, context=call.context)

    return with_etag(once.run(call, do))


@router.post(
    "/issues/{id}/unlink",
    summary="Take it off its ticket",
    response_model=IssueOut,
    responses=BODY_ANSWERS | answers(412),
    dependencies=[Depends(json_only)],
)
def unlink(
    issue_id: IssueIdPath,
    call: Filer,
    once: OnceDep,
    if_match: IfMatch = None,
    body: UnlinkIn | None = None,
) -> Response:
    """A job takes our marks off the ticket; then the issue may be filed again."""

    def do() -> tuple[int, IssueOut]:
        issue = take_issue(issue_id, if_match, call)
        cause = call.cause(body.reason if body else "")
        changed = unlink_ticket(issue, store=call.store, cause=cause)
        return 200, present.issue(changed.id, call.product, store=call.store, context=call.context)

    return with_etag(once.run(call, do))


def find_issue(issue_id: str, call: Call) -> Issue:
    """The issue that is called so."""
    return call.store.issues.by_number(call.product.id, issue_number(issue_id))


def take_issue(issue_id: str, if_match: str | None, call: Call) -> Issue:
    """The issue, locked; raises Outdated when it is not the version the caller decided on."""
    found = find_issue(issue_id, call)
    issue = call.store.issues.get(call.product.id, found.id, lock=True)
    require_version(issue.name, issue.version, if_match)
    return issue


def require_version(name: str, version: int, if_match: str | None) -> None:
    """Raise Outdated unless If-Match names the version as it is now, or is absent."""
    if if_match is None or if_match.strip() == "*":
        return
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(",")}
    if str(version) not in tags:
        raise Outdated(f"{name} is at version {version} now: look again")


def with_etag(answer: Response) -> Response:
    """The version in the answer is the ETag, also when the answer was stored."""
    answer.headers["ETag"] = f'"{json.loads(bytes(answer.body))["version"]}"'
    return answer
