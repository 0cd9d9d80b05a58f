"""Our part of a description is found wherever it stands, and any visible change is noticed."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from integrations.jira.adf import section
from integrations.jira.section import find_section, section_digest
from tests.drafts import a_draft

OURS = section(a_draft())
DIGEST = section_digest(OURS)

_texts = st.builds(lambda text: {"type": "text", "text": text}, st.text(min_size=1))
_nodes = st.recursive(
    st.builds(lambda kind: {"type": kind}, st.sampled_from(["rule", "mention", "hardBreak"])),
    lambda inside: st.builds(
        lambda kind, content: {"type": kind, "content": content},
        st.sampled_from(["paragraph", "panel", "bulletList", "heading"]),
        st.lists(inside | _texts, max_size=3),
    ),
    max_leaves=8,
)


@given(st.lists(_nodes, max_size=6), st.lists(_nodes, max_size=6))
def test_it_is_found_between_whatever_people_wrote(
    before: list[JsonValue], after: list[JsonValue]
) -> None:
    whole: list[JsonValue] = [*before, *OURS, *after]
    assert find_section(whole, DIGEST, len(OURS)) == len(before)
    assert find_section([*before, *OURS[1:], *after], DIGEST, len(OURS)) is None


@given(st.data())
def test_a_changed_letter_anywhere_is_noticed(data: st.DataObject) -> None:
    changed = copy.deepcopy(OURS)
    texts = [node for top in changed for node in _texts_in(top)]
    chosen = data.draw(st.sampled_from(texts))
    place = data.draw(st.integers(0, len(str(chosen["text"])) - 1))
    text = str(chosen["text"])
    chosen["text"] = text[:place] + ("y" if text[place] == "x" else "x") + text[place + 1 :]
    assert section_digest(changed) != DIGEST


@given(st.data())
def test_how_texts_are_cut_and_ids_inside_make_no_difference(data: st.DataObject) -> None:
    changed = copy.deepcopy(OURS)
    for top in changed:
        _cut(top, data)
    assert section_digest(changed) == DIGEST


def test_another_target_of_the_link_is_noticed() -> None:
    changed = copy.deepcopy(OURS)
    link = next(node for top in changed for node in _texts_in(top) if "marks" in node)
    link["marks"] = [{"type": "link", "attrs": {"href": "https://evil.example"}}]
    assert section_digest(changed) != DIGEST


@pytest.mark.parametrize(("wanted", "count"), [(None, 3), ("", 3), (DIGEST, 0), (DIGEST, 99)])
def test_nothing_is_found_without_knowing_what(wanted: str | None, count: int) -> None:
    assert find_section([*OURS], wanted, count) is None


def _texts_in(node: JsonValue) -> list[dict[str, JsonValue]]:
    if not isinstance(node, dict):
        return []
    if "text" in node:
        return [node]
    content = node.get("content")
    inside = content if isinstance(content, list) else []
    return [found for child in inside for found in _texts_in(child)]


def _cut(node: JsonValue, data: st.DataObject) -> None:
    """Give a node an id, and split the texts in it somewhere."""
    if not isinstance(node, dict):
        return
    attributes = node.get("attrs")
    node["attrs"] = {**(attributes if isinstance(attributes, dict) else {}), "localId": "1"}
    content = node.get("content")
    pieces: list[JsonValue] = []
    for child in content if isinstance(content, list) else []:
        text = child.get("text") if isinstance(child, dict) else None
        if not isinstance(child, dict) or not isinstance(text, str):
            _cut(child, data)
            pieces.append(child)
            continue
        place = data.draw(st.integers(0, len(text)))
        pieces += [{**child, "text": part} for part in (text[:place], text[place:]) if part]
    if content is not None:
        node["content"] = pieces
