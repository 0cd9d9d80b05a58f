"""The workaround store port on Zendesk: macros, and translations of Guide articles."""

import hashlib
import json
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from pydantic import BaseModel, JsonValue, TypeAdapter

from bridge.domain.copies import CopyKind, CopyOutcome, CopyRef, RemoteCopy
from integrations.zendesk.client import Missing, ZendeskClient
from integrations.zendesk.settings import ZendeskSettings

_MACRO = re.compile(r"/macros/(\d+)(?:[./]|$)")
_ARTICLE = re.compile(r"/hc/(?P<locale>[a-z]{2,3}(?:-[a-z0-9]+)*)/articles/(?P<id>\d+)", re.I)
_TAGS = re.compile(r"<[^>]+>")
_MOST_PAGES = 20


class _Macro(BaseModel):
    id: int
    title: str
    active: bool
    actions: list[JsonValue] = []
    usage_7d: int | None = None
    usage_30d: int | None = None


class _MacroAnswer(BaseModel):
    macro: _Macro


class _Meta(BaseModel):
    has_more: bool = False
    after_cursor: str | None = None


class _Macros(BaseModel):
    macros: list[_Macro]
    meta: _Meta = _Meta()


class _Translation(BaseModel):
    title: str
    body: str | None = ""
    draft: bool = False
    html_url: str | None = None


class _TranslationAnswer(BaseModel):
    translation: _Translation


_MACRO_ANSWER = TypeAdapter(_MacroAnswer)
_MACROS = TypeAdapter(_Macros)
_TRANSLATION = TypeAdapter(_TranslationAnswer)


class ZendeskStore:
    """Macros are made inactive, articles drafts; what they say is never written."""

    name = "zendesk"

    def __init__(self, settings: ZendeskSettings, *, client: ZendeskClient | None = None) -> None:
        self._settings = settings
        self._client = client or ZendeskClient(settings)

    def recognise(self, url: str) -> CopyRef | None:
        """A macro in the admin centre, or an article in one language, of this account."""
        parts, own = urlsplit(url.strip()), urlsplit(self._settings.base_url)
        if (parts.hostname, parts.port) != (own.hostname, own.port):
            return None
        if macro := _MACRO.search(parts.path):
            return CopyRef(CopyKind.MACRO, macro[1])
        if article := _ARTICLE.search(parts.path):
            return CopyRef(CopyKind.ARTICLE, article["id"], article["locale"].lower())
        return None

    def list(self) -> Sequence[RemoteCopy]:
        """The active macros with their uses in 7 and 30 days, the most used first."""
        found: list[_Macro] = []
        params = {
            "active": "true",
            "include": "usage_7d,usage_30d",
            "page[size]": "100",
        }
        for _ in range(_MOST_PAGES):
            page = self._client.get(_MACROS, "macros", params=params)
            found += page.macros
            if not page.meta.has_more or not page.meta.after_cursor:
                break
            params["page[after]"] = page.meta.after_cursor
        copies = [self._macro(one) for one in found]
        return sorted(copies, key=lambda one: -(one.uses_in_30_days or 0))

    def get(self, ref: CopyRef) -> RemoteCopy | None:
        """The copy as it is now; None when it is gone."""
        try:
            if ref.kind is CopyKind.MACRO:
                params = {"include": "usage_7d,usage_30d"}
                path = f"macros/{ref.remote_id}"
                return self._macro(self._client.get(_MACRO_ANSWER, path, params=params).macro)
            found = self._client.get(_TRANSLATION, _translation(ref)).translation
        except Missing:
            return None
        return RemoteCopy(
            ref=ref,
            title=found.title,
            text=_TAGS.sub(" ", found.body or "").strip(),
            url=found.html_url or self._settings.base_url,
            is_live=not found.draft,
            content_hash=_hash(found.title, found.body or ""),
        )

    def retire(self, ref: CopyRef, expected_hash: str) -> CopyOutcome:
        """Make it inactive, or a draft; CONFLICT when somebody changed what it says."""
        return self._switch(ref, expected_hash, is_live=False)

    def restore(self, ref: CopyRef, expected_hash: str) -> CopyOutcome:
        """Make it active, or published, again."""
        return self._switch(ref, expected_hash, is_live=True)

    def verify(self, ref: CopyRef, *, is_live: bool) -> bool:
        """Read it again: whether it is so."""
        found = self.get(ref)
        return found is not None and found.is_live is is_live

    def _switch(self, ref: CopyRef, expected_hash: str, *, is_live: bool) -> CopyOutcome:
        if ref.kind is CopyKind.LINK:
            return CopyOutcome.UNSUPPORTED
        now = self.get(ref)
        if now is None or now.content_hash != expected_hash:
            return CopyOutcome.CONFLICT
        if now.is_live is is_live:
            return CopyOutcome.DONE
        if ref.kind is CopyKind.MACRO:
            # This endpoint takes nothing but the switch and the position, so that it cannot
            # touch what the macro does.
            switch: JsonValue = {"id": int(ref.remote_id), "active": is_live}
            self._client.put("macros/update_many", {"macros": [switch]})
        else:
            self._client.put(_translation(ref), {"translation": {"draft": not is_live}})
        return CopyOutcome.DONE

    def _macro(self, one: _Macro) -> RemoteCopy:
        return RemoteCopy(
            ref=CopyRef(CopyKind.MACRO, str(one.id)),
            title=one.title,
            text="\n".join(_words(action) for action in one.actions if _words(action)),
            url=f"{self._settings.base_url}/admin/workspaces/agent-workspace/macros/{one.id}",
            is_live=one.active,
            content_hash=_hash(one.title, one.actions),
            uses_in_7_days=one.usage_7d,
            uses_in_30_days=one.usage_30d,
        )


def _translation(ref: CopyRef) -> str:
    return f"help_center/articles/{ref.remote_id}/translations/{ref.locale}"


def _words(action: JsonValue) -> str:
    """What an action of a macro writes to the customer."""
    if not isinstance(action, dict) or "comment" not in str(action.get("field", "")):
        return ""
    value = action.get("value")
    said = value[-1] if isinstance(value, list) and value else value
    return _TAGS.sub(" ", str(said or "")).strip()


def _hash(*parts: JsonValue) -> str:
    told = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()
