"""Letters as the API and the command line show them."""

from bridge.api.letter_schemas import (
    AddresseeOut,
    FixWordsOut,
    LetterIssueOut,
    LetterOut,
    LetterPlanOut,
    PreviewOut,
    TextOut,
)
from bridge.domain.letters import LetterPlan, LetterState, LetterText, Why
from bridge.domain.products import Product
from bridge.steps.context import Context
from bridge.steps.letter_look import why_fallen_of
from bridge.steps.letter_sending import Writer
from bridge.steps.letters import missing_words
from bridge.store import Store
from bridge.store.addressees import Addressee
from bridge.store.letters import Letter

_CAN_BE_READ = (
    LetterState.DRAFTED,
    LetterState.APPROVED,
    LetterState.SENDING,
    LetterState.SENT,
)


def letter(one: Letter, *, store: Store) -> LetterOut:
    """A letter with its numbers as of now."""
    drafted = store.addressees.of_letter(one.id, [LetterState.DRAFTED])
    issues = [
        LetterIssueOut(
            issue=store.issues.get(one.product_id, told.issue_id).name,
            holds=why_fallen_of(told, one, store) is None,
            words={
                name: FixWordsOut(title=words.title, note=words.note)
                for name, words in told.words.items()
            },
        )
        for told in store.letters.issues(one.id)
    ]
    return LetterOut(
        id=one.id,
        kind=one.kind,
        version=one.version,
        edition=one.edition,
        approved_edition=one.approved_edition,
        approved_by=one.approved_by,
        issues=issues,
        texts={name: _text(text) for name, text in one.texts.items()},
        counts=dict(store.addressees.counts([one.id])[one.id]),
        joined_late=store.addressees.count_why(one.id, Why.JOINED_LATE),
        lacking=missing_words(one, drafted, store),
        created_by=one.created_by,
        created_at=one.created_at,
        begun_at=one.begun_at,
    )


def addressee(one: Addressee) -> AddresseeOut:
    """One customer a letter is for."""
    return AddresseeOut(
        id=one.id,
        customer=one.customer_id,
        email=one.email,
        name=one.name,
        language=one.language,
        state=one.state,
        why=one.why,
        reason=one.reason,
        versions=list(dict.fromkeys(fix.version for fix in one.fixes)),
        sent_at=one.sent_at,
    )


def previews(
    one: Letter, product: Product, *, store: Store, context: Context, limit: int
) -> list[PreviewOut]:
    """What the first of those who can be written to would read."""
    writer = Writer(one, product, store=store, context=context)
    found = []
    for reader in store.addressees.of_letter(one.id, _CAN_BE_READ, limit=limit):
        subject, text = writer.write(reader)
        found.append(
            PreviewOut(
                addressee=reader.id,
                email=reader.email,
                language=reader.language,
                subject=subject,
                text=text,
            )
        )
    return found


def plan(one: LetterPlan) -> LetterPlanOut:
    """How a product writes."""
    return LetterPlanOut(
        reply_to=one.reply_to,
        language=one.language,
        check_in_days=one.check_in_days,
        texts={
            kind: {name: _text(text) for name, text in by_language.items()}
            for kind, by_language in one.texts.items()
        },
    )


def _text(one: LetterText) -> TextOut:
    return TextOut(subject=one.subject, body=one.body, notes=one.notes)
