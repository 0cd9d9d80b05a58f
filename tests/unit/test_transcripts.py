"""Transcripts keep what the customer said, and nothing else is taken for one."""

import pytest

from bridge.cleaning import clean
from bridge.cleaning.transcripts import customer_lines


def test_only_the_customers_turns_stay() -> None:
    text = (
        "Agent: Hello, Nadia speaking.\n"
        "Caller: Hi, the export button does nothing.\n"
        "I pressed it five times.\n"
        "Agent: Thank you, I'll pass that on."
    )
    assert customer_lines(text) == ("Hi, the export button does nothing.\nI pressed it five times.")


def test_german_and_spanish_roles_are_known() -> None:
    assert customer_lines("Mitarbeiter: Ja?\nKunde: Der Export geht nicht") == (
        "Der Export geht nicht"
    )
    assert customer_lines("Agente: ¿Sí?\nCliente: La factura está mal") == "La factura está mal"


@pytest.mark.parametrize(
    "text",
    [
        "Support: please help, the export fails",
        "The log says\nSystem: out of memory\nUser: root",
        "Customer: Mia\nOrder: 12",
        "Error: agent not found",
    ],
    ids=["one side only", "text before the labels", "other labels", "no role at the start"],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert customer_lines(text) == text


def test_the_pipeline_drops_the_agent_before_anything_else() -> None:
    raw = "Agent: Good morning.\nCustomer: My invoice shows the wrong address.\nAgent: I see."
    cleaned = clean(raw, subject=None, max_bytes=1_000)
    assert cleaned.text == "My invoice shows the wrong address."
