"""Match: is what this customer says known already, and what to tell them?"""

from fastapi import Depends

from bridge.api import workaround_schemas
from bridge.api.deps import BODY_ANSWERS, Matcher, area, json_only
from bridge.api.workaround_bodies import MatchIn
from bridge.api.workaround_schemas import MatchOut
from bridge.domain.scope import Asker
from bridge.steps.match import Question, match_text

router = area("match")


@router.post(
    "/match",
    summary="Find issues a text may be about",
    response_model_exclude_none=True,
    responses=BODY_ANSWERS,
    dependencies=[Depends(json_only)],
)
def match(body: MatchIn, call: Matcher) -> list[MatchOut]:
    """At most five, most similar first; nothing is stored.

    With each comes the best workaround that fits the customer, as far as they are known.
    """
    question = Question(
        body.text,
        Asker(body.version, body.platform, body.segment),
        email=body.customer,
        audience=body.audience,
    )
    found = match_text(question, call.product, store=call.store, context=call.context)
    return [workaround_schemas.match(one, body.audience) for one in found]
