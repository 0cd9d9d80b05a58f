"""What is drawn on the map: circles, a dot for each contact, and as many titles as find room."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.discover.grouping import SEED
from bridge.discover.issues import FoundIssue
from bridge.discover.layout import HEIGHT, WIDTH, Circle, dots, lay_out
from bridge.discover.trends import Period, course
from models.texts import cut
from models.vectors import Vectors

_MOST_ISSUES = 200
_MOST_DOTS = 6000
_MOST_TITLES = 24
_APART = 9.0
_TITLE_CHARACTERS = 54
_LINE_CHARACTERS = 22
_LETTER, _LINE, _PAD = 8.8, 16.5, 2.0
_LEAST_FOR_NUMBER = 13.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Title:
    """A title on the map."""

    lines: tuple[str, ...]
    box: Box
    """Left, top, right, bottom."""

    def baseline(self, line: int) -> float:
        """Where a line stands."""
        return round(self.box[1] + _PAD / 2 + (line + 0.76) * _LINE, 1)

    @property
    def middle(self) -> float:
        """Where the lines are centred."""
        return round((self.box[0] + self.box[2]) / 2, 1)


@dataclass(frozen=True, slots=True)
class MappedIssue:
    """One circle with what is in it."""

    issue: FoundIssue
    course: str
    """rising, falling or steady; steady too where there are no times."""
    circle: Circle
    dots: str
    """Path data: a dot for each contact, or for each so many."""
    title: Title | None
    """Where there is room for it."""
    has_number: bool
    """Whether there is room for the number."""


@dataclass(frozen=True, slots=True)
class IssueMap:
    """Everything the map shows."""

    width: int
    height: int
    issues: tuple[MappedIssue, ...]
    left_out: int
    """Issues that are too many for a map."""
    contacts_a_dot: int
    has_courses: bool


def draw_map(issues: Sequence[FoundIssue], centers: Vectors, period: Period | None) -> IssueMap:
    """The map of the biggest issues. centers: unit rows, one an issue in the same order."""
    shown = issues[:_MOST_ISSUES]
    counts = [issue.contact_count for issue in shown]
    circles = lay_out(centers[: len(shown)], counts, seed=SEED)
    per_dot = -(-sum(counts) // _MOST_DOTS) or 1
    titles = _titles(shown, circles)
    drawn = tuple(
        MappedIssue(
            issue=issue,
            course=course(period.counts(issue.moments)) if period else "steady",
            circle=circle,
            dots=_path(dots(circle, -(-issue.contact_count // per_dot))),
            title=title,
            has_number=circle.radius >= _LEAST_FOR_NUMBER,
        )
        for issue, circle, title in zip(shown, circles, titles, strict=True)
    )
    return IssueMap(WIDTH, HEIGHT, drawn, len(issues) - len(shown), per_dot, period is not None)


def _path(places: Sequence[tuple[float, float]]) -> str:
    """Lines of no length, whose round ends are the dots: a tenth of the size of circles."""
    return "".join(f"M{x:g} {y:g}h0" for x, y in places)


def _titles(issues: Sequence[FoundIssue], circles: Sequence[Circle]) -> list[Title | None]:
    """The titles of the biggest issues that find room: no title or number is covered by another.

    Nor does one lie upon another circle: it would seem to belong there.
    """
    numbers = [_number_box(circle) for circle in circles]
    taken: list[Box] = []
    placed: list[Title | None] = [None] * len(issues)
    for place, (issue, circle) in enumerate(
        zip(issues[:_MOST_TITLES], circles[:_MOST_TITLES], strict=True)
    ):
        lines = textwrap.wrap(cut(issue.title, _TITLE_CHARACTERS), _LINE_CHARACTERS)
        others = [one for at, one in enumerate(circles) if at != place]
        free = (
            box
            for box in _around(circle, lines)
            if _is_on_map(box)
            and not any(_meet(box, other) for other in [*taken, *numbers])
            and not any(_touches(one, box) for one in others)
        )
        box = next(free, None)
        if box is not None:
            taken.append(_wider(box))
            placed[place] = Title(tuple(lines), box)
    return placed


def _around(circle: Circle, lines: Sequence[str]) -> Iterator[Box]:
    """Where a title may stand: below its circle or its number, above, right or left of it."""
    width = max((len(line) for line in lines), default=0) * _LETTER + 2 * _PAD
    height = len(lines) * _LINE + _PAD
    down, aside = circle.radius + height / 2 + 2, circle.radius + width / 2 + 2
    steps = ((0.0, 10 + height / 2), (0.0, down), (0.0, -down), (aside, 0.0), (-aside, 0.0))
    for right, below in steps:
        left = round(circle.x + right - width / 2, 1)
        top = round(circle.y + below - height / 2, 1)
        yield (left, top, round(left + width, 1), round(top + height, 1))


def _number_box(circle: Circle) -> Box:
    return (circle.x - 12, circle.y - 8, circle.x + 12, circle.y + 8)


def _touches(circle: Circle, box: Box) -> bool:
    x = min(max(circle.x, box[0]), box[2]) - circle.x
    y = min(max(circle.y, box[1]), box[3]) - circle.y
    return x * x + y * y < circle.radius**2


def _wider(box: Box) -> Box:
    """With some room around it, so that two titles do not read as one."""
    return (box[0] - _APART, box[1] - _APART, box[2] + _APART, box[3] + _APART)


def _is_on_map(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= WIDTH and box[3] <= HEIGHT


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
