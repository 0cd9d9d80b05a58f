"""Import: chunk by chunk, going on where it stopped, changing nothing the second time."""

from dataclasses import replace

import pytest

from bridge.domain.errors import InvalidMove
from bridge.domain.products import Product
from bridge.steps.importing import (
    CHUNK,
    ImportFile,
    ImportProgress,
    ImportRow,
    RefusedRow,
    import_contacts,
    try_import,
)
from bridge.steps.ingest import IngestResult
from bridge.wiring import Application
from tests.builders import START, a_contact

FILE = ImportFile("contacts.jsonl", b"what is in it")


class PowerCut(Exception):
    """The process dies."""


def rows(count: int) -> list[ImportRow]:
    """Rows of which every hundredth cannot be used."""
    return [
        ImportRow(line, None, reason="not JSON")
        if line % 100 == 0
        else ImportRow(line, a_contact(external_id=f"row-{line}", minutes=-line))
        for line in range(1, count + 1)
    ]


def ignore(progress: ImportProgress) -> None:
    """Nobody watches."""


def cut_power(progress: ImportProgress) -> None:
    raise PowerCut


def count(application: Application, product: Product) -> int:
    with application.open() as store:
        return store.contacts.count(product.id)


def test_every_row_becomes_a_contact_or_a_reason(
    application: Application, product: Product
) -> None:
    seen: list[int] = []
    done = import_contacts(
        rows(CHUNK + 50),
        FILE,
        product,
        context=application.context,
        watch=lambda progress: seen.append(progress.done_rows),
    )
    assert seen == [CHUNK, CHUNK + 50]
    assert done.results[IngestResult.NEW] == count(application, product) == CHUNK + 48
    assert done.refused == [RefusedRow(line, "", "not JSON") for line in (100, 200)]


def test_an_import_that_died_goes_on_and_reports_every_refused_row(
    application: Application, product: Product
) -> None:
    context = application.context
    with pytest.raises(PowerCut):
        import_contacts(rows(500), FILE, product, context=context, watch=cut_power)
    assert count(application, product) == CHUNK - 2
    done = import_contacts(rows(500), FILE, product, context=context, watch=ignore)
    assert done.earlier_rows == CHUNK
    assert count(application, product) == 495
    assert done.as_dict() == {
        "rows": 500,
        "new": 495,
        "unchanged": 0,
        "updated": 0,
        "ignored_difference": 0,
        "refused": 5,
    }
    assert [row.line for row in done.refused] == [100, 200, 300, 400, 500]


def test_two_imports_of_one_file_at_a_time_lose_no_row(
    application: Application, product: Product
) -> None:
    context = application.context

    def let_another_one_in(progress: ImportProgress) -> None:
        with pytest.raises(PowerCut):
            import_contacts(rows(3 * CHUNK), FILE, product, context=context, watch=cut_power)

    with pytest.raises(InvalidMove, match="another import"):
        import_contacts(rows(3 * CHUNK), FILE, product, context=context, watch=let_another_one_in)
    import_contacts(rows(3 * CHUNK), FILE, product, context=context, watch=ignore)
    assert count(application, product) == 3 * CHUNK - 3 * CHUNK // 100


def test_a_chunk_that_fails_leaves_neither_contacts_nor_progress(
    application: Application, product: Product
) -> None:
    def dying() -> list[ImportRow]:
        good = rows(50)
        # Not a contact at all: the twentieth row makes the step itself fail.
        return [*good[:20], replace(good[20], contact="boom"), *good[21:]]  # type: ignore[arg-type]

    with pytest.raises(AttributeError):
        import_contacts(dying(), FILE, product, context=application.context, watch=ignore)
    assert count(application, product) == 0
    done = import_contacts(rows(50), FILE, product, context=application.context, watch=ignore)
    assert (done.earlier_rows, done.results[IngestResult.NEW]) == (0, 50)


def test_a_second_import_changes_nothing(application: Application, product: Product) -> None:
    for expected in (IngestResult.NEW, IngestResult.UNCHANGED):
        done = import_contacts(rows(30), FILE, product, context=application.context, watch=ignore)
        assert done.results == {expected: 30}
    assert count(application, product) == 30


def test_newer_and_different_contacts_are_told_apart(
    application: Application, product: Product
) -> None:
    context = application.context
    import_contacts(rows(3), FILE, product, context=context, watch=ignore)
    contact = a_contact("Something else entirely, it seems", external_id="row-1", minutes=-1)
    changed = [
        ImportRow(1, replace(contact, updated_at=START)),
        ImportRow(2, replace(contact, external_id="row-2")),
    ]
    other = ImportFile("later.jsonl", b"other content")
    done = import_contacts(changed, other, product, context=context, watch=ignore)
    assert done.results == {IngestResult.UPDATED: 1, IngestResult.IGNORED_DIFFERENCE: 1}


def test_a_dry_run_tells_the_same_and_keeps_nothing(
    application: Application, product: Product
) -> None:
    tried = try_import(rows(150), product, context=application.context, watch=ignore)
    assert count(application, product) == 0
    done = import_contacts(rows(150), FILE, product, context=application.context, watch=ignore)
    assert tried.as_dict() == done.as_dict()


def test_a_row_goes_to_the_product_it_names(application: Application, product: Product) -> None:
    with application.open() as store:
        shop = store.products.add("shop", "Shop")
    named = [
        ImportRow(1, a_contact(external_id="a"), product="shop"),
        ImportRow(2, a_contact(external_id="b"), product="nowhere"),
        ImportRow(3, a_contact(external_id="c")),
    ]
    done = import_contacts(named, FILE, product, context=application.context, watch=ignore)
    assert count(application, shop) == count(application, product) == 1
    assert done.refused == [RefusedRow(2, "/product", "no product is called 'nowhere'")]


def test_moments_no_contact_can_have_are_refused(
    application: Application, product: Product
) -> None:
    contact = a_contact()
    wrong = [
        ImportRow(1, replace(contact, occurred_at=START.replace(year=1))),
        ImportRow(2, replace(contact, updated_at=START.replace(year=9999))),
        ImportRow(3, replace(contact, text="  ")),
    ]
    done = import_contacts(wrong, FILE, product, context=application.context, watch=ignore)
    pointers = [row.pointer for row in done.refused]
    assert pointers == ["/occurred_at", "/updated_at", "/text"]
