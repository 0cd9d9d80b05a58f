"""Names of weeks, when a report is due, what is usual, and how reports look."""

import struct
import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from bridge.domain.errors import InvalidInput
from bridge.domain.reports import (
    Fact,
    Line,
    Report,
    ReportKind,
    ReportPlan,
    Section,
    Span,
    Weeks,
)
from bridge.reporting.charts import HEIGHT, WIDTH, as_png, as_svg, draw
from bridge.reporting.mail import as_mail, as_page
from bridge.reporting.text import as_markdown, as_text
from models.usual import is_more_than_usual

WEEKLY, DAILY = ReportKind.WEEKLY, ReportKind.DAILY
WEEKS = Weeks(before=(10, 12, 8), after=(2, 0), expected=11, low=7, high=15)


def a_report(title: str = "The export does nothing") -> Report:
    line = Line(title, "3 customers.", "/issues/ISS-1", "ISS-1", "filed", weeks=WEEKS)
    still = Line(title, "3 customers.", "/issues/ISS-2", "ISS-2", "filed", is_still=True)
    return Report(
        WEEKLY,
        "shop",
        "The shop",
        "2026-W47",
        datetime(2026, 11, 23, 7, tzinfo=UTC),
        True,
        (Fact("Contacts", "12 contacts of 3 customers"),),
        (
            Section("verified", "Verified", (line, still), 5, "None."),
            Section("quiet", "Quiet", (), 0, "All is heard."),
        ),
    )


@pytest.mark.parametrize(
    ("name", "since"),
    [("2026-W47", "2026-11-16"), ("2020-W53", "2020-12-28"), ("2026-W01", "2025-12-29")],
)
def test_a_week_is_named_as_iso_says(name: str, since: str) -> None:
    span = Span.named(WEEKLY, name)
    assert (span.since.date().isoformat(), span.name) == (since, name)
    assert span.until - span.since == timedelta(weeks=1)
    assert Span.holding(WEEKLY, span.until - timedelta(seconds=1)) == span
    assert Span.holding(WEEKLY, span.until).before == span


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((WEEKLY, one) for one in ("2026-W54", "2025-W53", "2026W47", "9999-W53", "x", "")),
        *((DAILY, one) for one in ("2026-02-30", "20260220", "2026-W47", "0000-00-00")),
    ],
)
def test_what_names_no_time_is_refused_with_an_example(kind: ReportKind, name: str) -> None:
    with pytest.raises(InvalidInput, match="say it as 2026-"):
        Span.named(kind, name)


def test_a_plan_is_due_on_its_weekday_and_hour_and_never_for_times_before_it() -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    plan = ReportPlan(WEEKLY, ("dev@x.example",), weekday=1, hour=9, since=monday)
    tuesday = monday + timedelta(days=1, hours=9)
    assert plan.due(tuesday - timedelta(seconds=1)) is None
    due = plan.due(tuesday)
    assert due is not None
    assert due.name == "2026-W47"
    assert plan.due(tuesday + timedelta(days=5)) == due, "a worker that was away comes late"
    late = ReportPlan(WEEKLY, ("dev@x.example",), 1, 9, since=tuesday + timedelta(seconds=1))
    assert late.due(tuesday + timedelta(days=1)) is None
    assert ReportPlan(WEEKLY, (), 1, 9).due(tuesday) is None
    daily = ReportPlan(DAILY, ("a@x.example",), weekday=5, hour=7)
    found = daily.due(monday + timedelta(hours=7))
    assert found is not None
    assert found.name == "2026-11-22"


@pytest.mark.parametrize(
    ("number", "before", "expected"),
    [
        (12, [3, 4, 2, 3], True),
        (4, [3, 4, 2, 3], False),
        (5, [4, 4], False),
        (30, [], False),
        (30, [1], False),
        (2, [0, 0, 0, 0], False),
        (6, [0, 0, 0, 0], True),
    ],
)
def test_more_than_usual_is_more_than_chance(
    number: int, before: list[int], expected: bool
) -> None:
    assert is_more_than_usual(number, before) is expected


def test_chance_alone_is_seldom_taken_for_growth() -> None:
    random = np.random.default_rng(3)
    for rate in (1.0, 4.0, 20.0):
        weeks = random.poisson(rate, size=(2_000, 9))
        alarms = [is_more_than_usual(int(one[-1]), one[:-1].tolist()) for one in weeks]
        assert np.mean(alarms) < 0.015


def test_a_picture_has_the_bars_of_its_numbers() -> None:
    drawing = draw(WEEKS)
    heights = [one.height for one in drawing.shapes if one.kind in ("before", "after")]
    assert heights[0] / heights[2] == pytest.approx(10 / 8)
    assert len(heights) == 5
    assert drawing.top == 15
    svg = as_svg(drawing)
    assert svg.count("<rect") == len(drawing.shapes) + 1
    assert "Contacts a week before the fix: 10, 12, 8. Since the fix: 2, 0." in svg


def test_a_png_is_one_and_shows_what_the_drawing_says() -> None:
    png = as_png(draw(WEEKS))
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(kind + content)
        chunks[kind] = content
        at += 12 + length
    width, height, depth, color = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (width, height, depth, color) == (2 * WIDTH, 2 * HEIGHT, 8, 3)
    rows = zlib.decompress(chunks[b"IDAT"])
    dots = np.frombuffer(rows, dtype=np.uint8).reshape(height, width + 1)[:, 1:]
    first_bar = dots[:, round(width / 5 / 2)]
    assert (first_bar == first_bar[-4]).sum() == pytest.approx(2 * 115 * 10 / 15, abs=3)


def test_a_report_reads_well_without_pictures_and_says_still() -> None:
    def link(path: str) -> str:
        return f"https://bridge.example{path}?product=shop"

    text = as_text(a_report(), link)
    assert text.startswith("Weekly report: The shop, week 47 of 2026, 16 to 22 November\n")
    assert "VERIFIED (2 OF 5)\n 1. ISS-1 The export does nothing\n    3 customers.\n" in text
    assert "Still: 3 customers." in text
    assert "\n    and 3 others\n" in text
    assert "https://bridge.example/issues/ISS-1?product=shop" in text
    assert "All is heard." in text
    assert "10, 12, 8" in text
    told = as_markdown(a_report("*bold* [x](evil) <b>"), link)
    assert r"\*bold\* \[x\]\(evil\) \<b\>" in told
    assert "\nand 3 others\n" in told
    assert "and 3 others</p>" in as_mail(a_report(), link).html


def test_a_mail_carries_its_pictures_and_escapes_titles() -> None:
    mail = as_mail(a_report("<script>alert(1)</script>"), lambda path: path)
    assert list(mail.images) == ["verified-iss-1"]
    assert 'src="cid:verified-iss-1"' in mail.html
    assert "<script>" not in mail.html
    assert 'alt="Contacts a week before the fix: 10, 12, 8.' in mail.html
    page = as_page(a_report(), lambda path: path)
    assert "cid:" not in page
    assert 'src="data:image/png;base64,iVBOR' in page
