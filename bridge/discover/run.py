"""From a file of contacts to a folder of answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.discover.common_lines import without_common_lines
from bridge.discover.grouping import group
from bridge.discover.preparing import Watch, prepare
from bridge.discover.reading import choose_columns
from bridge.discover.report import Findings, findings_of, write_files
from bridge.settings import Settings
from bridge.wiring import finder_parts, reader_of
from integrations.files.reading import read_rows


@dataclass(frozen=True, slots=True)
class DiscoverOptions:
    """What to read and where to write."""

    file: Path
    out: Path
    text_column: str | None = None
    id_column: str | None = None
    min_contacts: int = 5


def discover(
    options: DiscoverOptions, settings: Settings, *, say: Callable[[str], None], watch: Watch
) -> Findings:
    """Find the issues in a file and write the files of docs/discover.md."""
    columns = choose_columns(options.file, text=options.text_column, id=options.id_column)
    used = f"text from column {columns.text}"
    used += f", id from {columns.id}" if columns.id else ", the line number as id"
    say(used + (f", time from {columns.moment}" if columns.moment else ", no times"))
    total = sum(1 for _ in read_rows(options.file))
    prepared = prepare(
        options.file, columns, max_bytes=settings.max_text_bytes, total=total, watch=watch
    )
    encoder, finder = finder_parts(settings, say=say)
    contacts = without_common_lines(prepared.contacts, encoder, finder)
    prepared = replace(prepared, contacts=contacts)
    encoder = reader_of([one.text for one in contacts], encoder, settings, say=say)
    grouping = group(
        contacts,
        encoder,
        settings=finder,
        min_contacts=options.min_contacts,
        watch=watch,
    )
    findings = findings_of(
        options.file,
        prepared,
        grouping,
        encoder=encoder.name,
        min_contacts=options.min_contacts,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    write_files(options.out, findings, contacts, grouping)
    return findings
