"""`bridge faq`: recurring questions, with the answers of the API."""

from typing import Annotated

import typer

from bridge.api.faq_schemas import faq_out
from bridge.cli.issues import operator
from bridge.cli.opening import opened, read_settings
from bridge.cli.options import AsJson, DataDir, ProductName, new_app
from bridge.cli.output import emit, show_facts, show_table
from bridge.domain.faq import FaqState
from bridge.domain.products import DEFAULT_PRODUCT
from bridge.steps.faq import faq_proof, faq_words, publish_faq

app = new_app()
_SHOWN = (FaqState.OPEN, FaqState.ACCEPTED, FaqState.PUBLISHED)


@app.callback()
def faq() -> None:
    """List recurring questions that are worth an article, and say where an article is."""


@app.command("list", short_help="List recurring questions and what their articles brought.")
def list_faqs(
    state: Annotated[
        list[FaqState] | None, typer.Option("--state", help="Repeat it for several.")
    ] = None,
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge faq list --state open

    List questions that customers keep asking, with the draft of an answer and what it rests on.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        now = application.context.now()
        shown = []
        for one in store.faqs.all(home.id, state or _SHOWN):
            proof = faq_proof(one, store=store, now=now)
            name = store.issues.get(home.id, one.issue_id).name
            shown.append(faq_out(one, issue=name, proof=proof, words=faq_words(one, proof)))
    if as_json:
        emit({"items": [one.model_dump(mode="json") for one in shown], "next": None})
        return
    show_table(
        ("id", "issue", "state", "question", "answer", "evidence", "since"),
        (
            (one.id, one.issue, one.state, one.question, one.answer, one.evidence, one.words)
            for one in shown
        ),
    )


@app.command(short_help="Say where the article of a question is.")
def publish(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="Its id in the list.")],
    link: Annotated[str, typer.Argument(metavar="LINK", help="Address of the article.")],
    product: ProductName = DEFAULT_PRODUCT,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """\b
    Example:
      bridge faq publish 7 https://help.example/export

    Say where the article is; from then on the question's contacts are watched.
    """
    with opened(read_settings(data_dir)) as application, application.open() as store:
        home = store.products.by_slug(product)
        found = store.faqs.get(home.id, number, lock=True)
        done = publish_faq(found, link, store=store, cause=operator())
        proof = faq_proof(done, store=store, now=application.context.now())
        name = store.issues.get(home.id, done.issue_id).name
        shown = faq_out(done, issue=name, proof=proof, words=faq_words(done, proof))
    if as_json:
        emit(shown.model_dump(mode="json"))
    else:
        show_facts(shown.model_dump(exclude={"fewer"}))
