"""How well the finder does on contacts whose issue people have already named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.discover.common_lines import without_common_lines
from bridge.discover.grouping import group
from bridge.discover.preparing import FileContact, Watch, as_contact
from bridge.discover.reading import RefusedRow, choose_columns, read_contacts
from bridge.domain.errors import InvalidInput
from bridge.settings import Settings
from bridge.wiring import finder_parts, reader_of
from integrations.files.shapes import optional_text
from models.evaluation import ami, bcubed

_YES = ("true", "1", "yes")
_NO = ("false", "0", "no", "none", "")


@dataclass(frozen=True, slots=True)
class Scores:
    """What `bridge evaluate` says about one file."""

    n: int
    """Contacts, out-of-scope ones among them."""
    labels: int
    """Different labels in scope."""
    issues: int
    """Issues found."""
    ami: float
    """Adjusted mutual information on the contacts in scope; one left alone is by itself."""
    bcubed_f1: float
    """B-cubed F1 on the same."""
    oos_left_alone: float | None
    """Share of the out-of-scope contacts that are in no issue; None when there are none."""


@dataclass(frozen=True, slots=True)
class _Labelled:
    contact: FileContact
    label: str | None
    """None when out of scope."""


def evaluate(path: Path, settings: Settings, *, say: Callable[[str], None], watch: Watch) -> Scores:
    """Group the contacts as `discover` does and hold the groups against the labels.

    Raises InvalidInput at the first row that cannot be read: a score on a part would mislead.
    """
    rows = _read(path, max_bytes=settings.max_text_bytes)
    encoder, finder = finder_parts(settings, say=say)
    contacts = without_common_lines([row.contact for row in rows], encoder, finder)
    encoder = reader_of([one.text for one in contacts], encoder, settings, say=say)
    grouping = group(
        contacts,
        encoder,
        settings=finder,
        min_contacts=finder.least_contacts,
        watch=watch,
    )
    homes: dict[int, int] = {
        row: number for number, members in enumerate(grouping.groups) for row in members.tolist()
    }
    in_scope = [number for number, row in enumerate(rows) if row.label is not None]
    outside = [number for number, row in enumerate(rows) if row.label is None]
    if not in_scope:
        raise InvalidInput(f"{path.name} has no row in scope")
    gold = [rows[number].label for number in in_scope]
    found = [homes.get(number) for number in in_scope]
    alone = sum(number not in homes for number in outside)
    return Scores(
        n=len(rows),
        labels=len(set(gold)),
        issues=len(grouping.groups),
        ami=round(ami(gold, found), 4),
        bcubed_f1=round(bcubed(gold, found).f1, 4),
        oos_left_alone=round(alone / len(outside), 4) if outside else None,
    )


def _read(path: Path, *, max_bytes: int) -> list[_Labelled]:
    columns = choose_columns(path)
    rows = []
    for row in read_contacts(path, columns):
        if isinstance(row, RefusedRow):
            raise InvalidInput(f"{path.name} line {row.line}: {row.reason}")
        label = None
        if not _is_out_of_scope(row.values, f"{path.name} line {row.line}"):
            label = optional_text(row.values, "label")
            if label is None:
                raise InvalidInput(f"{path.name} line {row.line}: no label")
        rows.append(_Labelled(as_contact(row, max_bytes=max_bytes), label))
    return rows


def _is_out_of_scope(values: Mapping[str, object], where: str) -> bool:
    said = str(values.get("oos", "")).strip().lower()
    if said not in (*_YES, *_NO):
        raise InvalidInput(f"{where}: oos must be true or false")
    return said in _YES
