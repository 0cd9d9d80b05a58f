"""A report as plain text and as Markdown; every line says where the pages show more."""

import re
from collections.abc import Callable, Iterator

from bridge.domain.reports import Line, Report, Section

Link = Callable[[str], str]
"""The path of a page to its whole address."""

_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+|~!])")


def as_text(report: Report, link: Link) -> str:
    """For mail programs and readers that show letters only."""
    lines = [report.title, "", *_opening(report)]
    lines += [f"{one.name}: {one.told}" for one in report.facts]
    for section in report.sections:
        lines += ["", heading(section).upper()]
        if not section.lines:
            lines.append(section.empty)
        for number, one in enumerate(section.lines, start=1):
            lines += [f"{number:2}. {named(one)}", f"    {sentence(one)}", f"    {link(one.path)}"]
            if one.weeks is not None:
                lines.append(f"    {one.weeks.told}")
        lines += [f"    {one}" for one in others(section)]
    return "\n".join([*lines, "", f"All of it: {link(report.path)}", ""])


def as_markdown(report: Report, link: Link) -> str:
    """For wikis, chats and pull requests."""
    lines = [f"# {_quiet(report.title)}", ""]
    for note in _opening(report):
        lines += [f"*{_quiet(note)}*", ""] if note else []
    lines += [f"- **{_quiet(one.name)}**: {_quiet(one.told)}" for one in report.facts]
    for section in report.sections:
        lines += ["", f"## {_quiet(heading(section))}", ""]
        lines += list(_listed(section, link)) or [_quiet(section.empty)]
    return "\n".join([*lines, "", f"[All of it]({link(report.path)})", ""])


def _listed(section: Section, link: Link) -> Iterator[str]:
    for number, one in enumerate(section.lines, start=1):
        told = _quiet(sentence(one))
        yield f"{number}. [{_quiet(named(one))}]({link(one.path)}): {told}"
        if one.weeks is not None:
            yield f"   {_quiet(one.weeks.told)}"
    yield from (f"\n{one}" for one in others(section))


def heading(section: Section) -> str:
    """The title, with how many are not told."""
    if section.total > len(section.lines):
        return f"{section.title} ({len(section.lines)} of {section.total})"
    return section.title


def others(section: Section) -> list[str]:
    """`and 4 others` where some are not told."""
    missing = section.total - len(section.lines)
    return [f"and {missing} other{'s' if missing > 1 else ''}"] if missing > 0 else []


def named(line: Line) -> str:
    """`ISS-42 The export button does nothing`."""
    return f"{line.issue} {line.title}" if line.issue else line.title


def sentence(line: Line) -> str:
    """What is told of it; where nothing has moved it begins with "Still"."""
    return f"Still: {line.told}" if line.is_still else line.told


def _opening(report: Report) -> list[str]:
    return [] if report.is_whole else ["A preview: this time has not ended yet.", ""]


def _quiet(words: str) -> str:
    """No word of a title is taken for a mark of Markdown."""
    return _MARKS.sub(r"\\\1", " ".join(words.split()))
