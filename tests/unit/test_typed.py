"""What people type passes one door, whichever form, body or command it came by."""

import importlib
import pkgutil
from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIRouter
from pydantic import BeforeValidator, TypeAdapter

from bridge import web
from bridge.api.wire import ShortText, Words
from bridge.cleaning import door_text, plain_text
from bridge.web.visit import Typed

HIDDEN = "\u200e\u200f\u202a\u202e\u2066\u2069\u061c\u200b\u2060\ufeff\u00ad\U000e0041\x07\x1b"


def test_marks_that_nobody_sees_are_taken_out_of_what_is_typed() -> None:
    typed = f"in{HIDDEN}voice"
    for kind in (ShortText, Words, Typed):
        assert TypeAdapter(kind).validate_python(typed) == "invoice"
    assert door_text(typed, max_bytes=100)[0] == "invoice"
    assert plain_text("שלום\u200d 👩‍💻\tä\r\nb") == "שלום\u200d 👩‍💻\tä\nb"
    assert plain_text(7) == 7


def _routes() -> Iterator[APIRoute]:
    for found in pkgutil.walk_packages(web.__path__, "bridge.web."):
        router = getattr(importlib.import_module(found.name), "router", None)
        if isinstance(router, APIRouter):
            yield from (one for one in router.routes if isinstance(one, APIRoute))


def _typed_in(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Each text of a form, and whether it passes the door."""
    for one in dependant.body_params:
        info = one.field_info
        if info.annotation is str:
            yield one.name, any(isinstance(mark, BeforeValidator) for mark in info.metadata)
        elif "str" in str(info.annotation):
            yield one.name, "plain_text" in str(info.annotation)
    for further in dependant.dependencies:
        yield from _typed_in(further)


def test_every_text_of_a_form_passes_the_door() -> None:
    found = {
        (route.path, name): passes
        for route in _routes()
        for name, passes in _typed_in(route.dependant)
        if name != "token"
    }
    assert len(found) > 50
    assert [where for where, passes in found.items() if not passes] == []
