"""Templates are learned from what stands around them, and left out of new contacts."""

from datetime import timedelta

from bridge.domain.contacts import RedactedText
from tests.builders import a_contact
from tests.conftest import Pipeline

FOOTER = "Written with the contact form of the shop"
THINGS = (
    "The lamp in my kitchen flickers",
    "Where can I find last year's invoices",
    "My parcel never arrived at home",
    "Please cancel the newspaper until June",
    "Search shows results of other people",
    "The zip of my bag is broken",
    "Video freezes after a few seconds",
    "Can two people share one licence",
    "Calendar entries are an hour late",
    "A discount code was refused yesterday",
    "Battery is empty after three hours",
    "Bluetooth finds no headphones any more",
)


def _send(pipeline: Pipeline, number: int, text: str, *, who: str | None = None) -> RedactedText:
    sent = pipeline.send(
        a_contact(
            text,
            external_id=f"t-{number}",
            email=f"{who or f'p{number}'}@customer.example",
            minutes=number,
        )
    )
    with pipeline.application.open() as store:
        return store.contacts.get(pipeline.product.id, sent[0].contact_id).text


def _learn(pipeline: Pipeline) -> None:
    pipeline.consolidate()
    pipeline.clock.advance(pipeline.clock.moment + timedelta(days=2), pipeline.queue)


def test_a_line_around_which_all_things_stand_is_left_out(
    pipeline: Pipeline,
) -> None:
    for number in range(2 * len(THINGS)):
        text = f"{THINGS[number % len(THINGS)]} for {number} days\n{FOOTER}"
        assert _send(pipeline, number, text).endswith(FOOTER)
    _learn(pipeline)
    text = f"The mirror in my hall has a crack\n{FOOTER.upper()}"
    assert _send(pipeline, 5000, text) == "The mirror in my hall has a crack"
    assert _send(pipeline, 5001, FOOTER) == FOOTER


def test_a_line_about_one_thing_stays(pipeline: Pipeline) -> None:
    line = "The export button does nothing at all"
    for number in range(24):
        _send(pipeline, number, f"{line}\nI pressed the export button {number} times and more")
    _learn(pipeline)
    assert line in _send(pipeline, 5000, f"{line}\nThe lamp flickers in the kitchen")


def test_one_person_who_repeats_a_line_makes_no_template(pipeline: Pipeline) -> None:
    for number in range(24):
        text = f"{THINGS[number % len(THINGS)]} for {number} days\n{FOOTER}"
        _send(pipeline, number, text, who="mia")
    _learn(pipeline)
    assert FOOTER in _send(pipeline, 5000, f"The mirror in my hall has a crack\n{FOOTER}")


def test_what_a_person_keeps_is_left_in(pipeline: Pipeline) -> None:
    for number in range(24):
        _send(pipeline, number, f"{THINGS[number % len(THINGS)]} for {number} days\n{FOOTER}")
    _learn(pipeline)
    with pipeline.application.open() as store:
        assert [one.words for one in store.templates.all(pipeline.product.id)] == [FOOTER]
        assert store.templates.keep(pipeline.product.id, FOOTER)
        assert not store.templates.keep(pipeline.product.id, "no such line")
    pipeline.clock.advance(pipeline.clock.moment + timedelta(minutes=11), pipeline.queue)
    assert FOOTER in _send(pipeline, 5000, f"The mirror in my hall has a crack\n{FOOTER}")
    _learn(pipeline)
    assert FOOTER in _send(pipeline, 9000, f"The window in my hall has a crack\n{FOOTER}")
