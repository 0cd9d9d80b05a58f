"""The files that `bridge discover` leaves: assignments, issues, refused rows, a page to read."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bridge.cleaning import door_text
from bridge.discover.grouping import Grouping
from bridge.discover.issues import FoundIssue, Neighbor, Quote, describe, middles
from bridge.discover.map import IssueMap, draw_map
from bridge.discover.preparing import FileContact, Prepared
from bridge.discover.reading import RefusedRow
from bridge.discover.trends import Period, course, period_of
from bridge.domain.contacts import ContactNature

_TEMPLATES = Path(__file__).parent / "templates"
_MOST_NAME_BYTES = 200


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything the report tells."""

    name: str
    """Of the file, fit to be shown."""
    contact_count: int
    issues: tuple[FoundIssue, ...]
    left_alone: Mapping[str, int]
    """Contacts in no issue by the reason: empty, chatter, machine_mail or message."""
    refused: tuple[RefusedRow, ...]
    period: Period | None
    issue_map: IssueMap
    encoder: str
    min_contacts: int

    @property
    def assigned_count(self) -> int:
        """Contacts in an issue."""
        return sum(issue.contact_count for issue in self.issues)

    @property
    def left_alone_count(self) -> int:
        """Contacts in no issue."""
        return self.contact_count - self.assigned_count

    def share_of_biggest(self, count: int) -> float:
        """The share of all contacts that the biggest so many issues have."""
        biggest = sum(issue.contact_count for issue in self.issues[:count])
        return biggest / max(self.contact_count, 1)

    def summary(self) -> dict[str, object]:
        """The totals."""
        return {
            "contacts": self.contact_count,
            "issues": len(self.issues),
            "assigned": self.assigned_count,
            "left_alone": self.left_alone_count,
            "refused": len(self.refused),
        }


def findings_of(
    path: Path, prepared: Prepared, grouping: Grouping, *, encoder: str, min_contacts: int
) -> Findings:
    """Put together what the report tells."""
    contacts = prepared.contacts
    issues = describe(contacts, grouping)
    grouped = {row for rows in grouping.groups for row in rows.tolist()}
    alone = Counter(
        (ContactNature.CHATTER if row in grouping.chatter else contact.nature).value
        for row, contact in enumerate(contacts)
        if row not in grouped
    )
    period = period_of([at for contact in contacts if (at := contact.occurred_at) is not None])
    return Findings(
        name=door_text(path.name, max_bytes=_MOST_NAME_BYTES)[0],
        contact_count=len(contacts),
        issues=tuple(issues),
        left_alone={nature.value: alone[nature.value] for nature in ContactNature},
        refused=tuple(prepared.refused),
        period=period,
        issue_map=draw_map(issues, middles(grouping), period),
        encoder=encoder,
        min_contacts=min_contacts,
    )


def write_files(
    out: Path, findings: Findings, contacts: Sequence[FileContact], grouping: Grouping
) -> None:
    """Write everything into a folder."""
    homes = {row: number for number, rows in enumerate(grouping.groups, 1) for row in rows.tolist()}
    _write_lines(
        out / "assignments.jsonl",
        ({"id": contact.id, "issue": homes.get(row)} for row, contact in enumerate(contacts)),
    )
    answer = {
        **findings.summary(),
        "file": findings.name,
        "encoder": findings.encoder,
        "min_contacts": findings.min_contacts,
        "left_alone_by_reason": dict(findings.left_alone),
        "issues": [_as_json(issue) for issue in findings.issues],
    }
    (out / "issues.json").write_text(json.dumps(answer, ensure_ascii=False, indent=1) + "\n")
    refused = out / "refused.jsonl"
    if findings.refused:
        _write_lines(refused, ({"line": r.line, "reason": r.reason} for r in findings.refused))
    else:
        refused.unlink(missing_ok=True)
    (out / "report.html").write_text(render(findings), encoding="utf-8")


def render(findings: Findings) -> str:
    """The report as one page that needs nothing else."""
    css = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return (
        _environment()
        .get_template("report.html")
        .render(
            findings=findings,
            # Our own style sheet; nothing of the contacts is in it.
            css=Markup(css),  # noqa: S704
            policy=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
            "base-uri 'none'; form-action 'none'",
            course=course,
        )
    )


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": _number, "percent": _percent, "day": _day, "plural": _plural}
    return made


def _number(value: int) -> str:
    """With narrow gaps: 12 345."""
    return f"{value:,}".replace(",", "\u202f")


def _plural(count: int, one: str) -> str:
    return f"{_number(count)} {one if count == 1 else one + 's'}"


def _percent(share: float) -> str:
    return "< 1 %" if 0 < share < 0.01 else f"{share:.0%}".replace("%", "\u202f%")


def _day(moment: date) -> str:
    return moment.strftime("%Y-%m-%d")


def _as_json(issue: FoundIssue) -> dict[str, object]:
    return {
        "number": issue.number,
        "title": issue.title,
        "terms": list(issue.terms),
        "contacts": issue.contact_count,
        "first_seen_at": _iso(issue.first_seen_at),
        "last_seen_at": _iso(issue.last_seen_at),
        "quotes": [_quote_json(quote) for quote in issue.quotes],
        "nearest": _nearest_json(issue.nearest),
    }


def _quote_json(quote: Quote) -> dict[str, object]:
    return {"id": quote.id, "text": quote.text, "occurred_at": _iso(quote.occurred_at)}


def _nearest_json(nearest: Neighbor | None) -> dict[str, object] | None:
    if nearest is None:
        return None
    return {
        "number": nearest.number,
        "title": nearest.title,
        "similarity": nearest.similarity,
        "only_here": list(nearest.only_here),
        "only_there": list(nearest.only_there),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _write_lines(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
