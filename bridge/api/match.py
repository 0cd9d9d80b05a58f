"""Match: is what this customer says known already, and what to tell them?"""

from fastapi import Depends

from bridge.api.bodies import MatchIn
from bridge.api.deps import BODY_ANSWERS, Matcher, area, json_only
from bridge.api.schemas import MatchOut
from bridge.steps.match import match_text

router = area("match")


@router.post(
    "/match",
    summary="Find issues a text may be about",
    response_model_exclude_none=True,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def match(body: MatchIn, call: Matcher) -> list[MatchOut]:
    """At most five, most similar first; nothing is stored."""
    return [
        MatchOut(
            issue=one.issue.name,
            title=one.issue.title,
            similarity=round(one.similarity, 4),
            state=one.issue.state,
            workaround=one.workaround,
            fixed_in=one.fixed_in,
        )
        for one in match_text(body.text, call.product, store=call.store, context=call.context)
    ]
