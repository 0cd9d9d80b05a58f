"""Who is likely to meet an issue and has not written: a list of its own, in no count."""

from typing import Annotated

from pydantic import Field

from bridge.api.deps import Reader, answers, area
from bridge.api.issues import IssueIdPath
from bridge.api.paging import PageDep, page_of
from bridge.api.wire import Answer, issue_number
from bridge.domain.issues import Issue
from bridge.steps.likely import Likely, likely_customers, likely_words
from bridge.store.likely import LikelyCustomer

router = area("issues")


class SharedFactOut(Answer):
    """What nearly all affected customers have in common."""

    name: Annotated[str, Field(description="version, platform, plan, region or language.")]
    values: list[str]
    affected: int
    affected_known: Annotated[int, Field(description="Of so many affected ones it is known.")]
    others: int
    others_known: int
    is_telling: Annotated[
        bool, Field(description="Commoner among the affected than chance would have it.")
    ]
    words: str


class FactsOut(Answer):
    """What the directory tells of a customer, else of the account; null where nobody said."""

    version: str | None
    platform: str | None
    plan: str | None
    region: str | None
    language: str | None


class LikelyCustomerOut(Answer):
    """Somebody who has all of it and has not written."""

    id: int
    name: str | None
    account: str | None
    facts: FactsOut


class LikelyOut(Answer):
    """Never part of any count of affected customers."""

    issue: str
    words: str
    shared: list[SharedFactOut]
    count: int
    perhaps: Annotated[
        int, Field(description="So many more may have it: a shared fact is not known of them.")
    ]
    items: list[LikelyCustomerOut]
    next: str | None


@router.get("/issues/{id}/likely", summary="Who is likely to meet it", responses=answers())
def list_likely(issue_id: IssueIdPath, call: Reader, page: PageDep) -> LikelyOut:
    """Customers who share what the affected have in common, by the directory."""
    issue = call.store.issues.by_number(call.product.id, issue_number(issue_id))
    found = likely_customers(issue, store=call.store, limit=page.limit + 1, after=page.after() or 0)
    items, after = page_of(found.people, page, lambda one: (one.id,))
    return likely_out(issue, found, [person_out(one) for one in items], after=after)


def likely_out(
    issue: Issue, found: Likely, items: list[LikelyCustomerOut], *, after: str | None
) -> LikelyOut:
    """The answer to the question who is likely to meet it."""
    return LikelyOut(
        issue=issue.name,
        words=likely_words(found),
        shared=[
            SharedFactOut(
                name=one.name,
                values=list(one.values),
                affected=one.affected,
                affected_known=one.affected_known,
                others=one.others,
                others_known=one.others_known,
                is_telling=one.is_telling,
                words=one.words,
            )
            for one in found.pattern.shared
        ],
        count=found.pattern.fitting,
        perhaps=found.pattern.perhaps,
        items=items,
        next=after,
    )


def person_out(one: LikelyCustomer) -> LikelyCustomerOut:
    """One of them."""
    facts = one.facts
    return LikelyCustomerOut(
        id=one.id,
        name=one.name,
        account=one.account,
        facts=FactsOut(
            version=facts.version,
            platform=facts.platform,
            plan=facts.plan,
            region=facts.region,
            language=facts.language,
        ),
    )
