"""A report as a mail: HTML that old mail programs show, and pictures that come along."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bridge.domain.reports import Report
from bridge.reporting.charts import as_png, draw
from bridge.reporting.text import Link, as_text, heading, named, others, sentence

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(heading=heading, named=named, others=others, sentence=sentence)


@dataclass(frozen=True, slots=True)
class Mail:
    """What goes out: the same in letters only, and with pictures."""

    subject: str
    text: str
    html: str
    images: Mapping[str, bytes]
    """PNG pictures by the content id that the HTML names."""


def as_mail(report: Report, link: Link) -> Mail:
    """A report for mail programs."""
    pictures = {
        f"{section.key}-{one.issue.lower()}": as_png(draw(one.weeks))
        for section in report.sections
        for one in section.lines
        if one.weeks is not None
    }
    html = _html(report, link, {name: f"cid:{name}" for name in pictures})
    return Mail(report.title, as_text(report, link), html, pictures)


def as_page(report: Report, link: Link) -> str:
    """The HTML of the mail as one file, its pictures inside."""
    mail = as_mail(report, link)
    sources = {
        name: f"data:image/png;base64,{b64encode(content).decode()}"
        for name, content in mail.images.items()
    }
    return _html(report, link, sources)


def _html(report: Report, link: Link, sources: Mapping[str, str]) -> str:
    template = _ENVIRONMENT.get_template("mail.html")
    return template.render(report=report, link=link, sources=sources)
