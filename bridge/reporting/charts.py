"""The before and after of a fix as a picture: one geometry, drawn as SVG or as PNG.

A PNG holds no letters: mail programs show pictures late or never, so the words stand beside it.
"""

import struct
import zlib
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from bridge.domain.reports import Weeks

WIDTH, HEIGHT = 480, 120
_FLOOR = HEIGHT - 1
_GAP = 0.25
"""Of a week's place, left free between bars."""
_SCALE = 2
"""Dots of a PNG for each unit, for sharp screens."""
_COLORS = {
    "ground": (255, 255, 255),
    "band": (230, 221, 200),
    "expected": (132, 66, 10),
    "before": (74, 134, 176),
    "after": (23, 96, 58),
    "floor": (115, 125, 139),
    "fix": (27, 36, 48),
}
"""Painted in this order; they differ in lightness too."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled rectangle; the origin is the upper left corner."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    """band, expected, before, after, floor or fix."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything in the picture, what lies behind first."""

    shapes: tuple[Shape, ...]
    top: int
    """Contacts a week at the upper edge."""
    fix_x: float
    """Where the fix shipped."""
    told: str
    width: int = WIDTH
    height: int = HEIGHT


def draw(weeks: Weeks) -> Drawing:
    """Bars of the weeks before and after, the fix between them, what was to be expected behind."""
    counts = [*weeks.before, *weeks.after]
    top = max([1, *counts, round(weeks.high)])
    place = WIDTH / max(len(counts), 1)
    fix_x = place * len(weeks.before)

    def height(value: float) -> float:
        return max(value, 0) / top * (_FLOOR - 4)

    shapes = []
    if weeks.after:
        low, high = height(weeks.low), height(weeks.high)
        shapes.append(Shape(fix_x, _FLOOR - high, WIDTH - fix_x, max(high - low, 1), "band"))
        shapes.append(Shape(fix_x, _FLOOR - height(weeks.expected), WIDTH - fix_x, 1.5, "expected"))
    for number, count in enumerate(counts):
        kind = "before" if number < len(weeks.before) else "after"
        x = place * (number + _GAP / 2)
        # A week without contacts is a week all the same: a thin line.
        shapes.append(
            Shape(
                x, _FLOOR - max(height(count), 1), place * (1 - _GAP), max(height(count), 1), kind
            )
        )
    shapes.append(Shape(0, _FLOOR, WIDTH, 1, "floor"))
    shapes.append(Shape(min(fix_x, WIDTH - 2) - 1, 0, 2, HEIGHT, "fix"))
    return Drawing(tuple(shapes), top, fix_x, weeks.told)


def as_svg(drawing: Drawing) -> str:
    """The picture as a file of its own, with its words inside for those who do not see it."""
    told = escape(drawing.told)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' width="{WIDTH}" height="{HEIGHT}"><title>{told}</title>'
    ]
    for one in (Shape(0, 0, WIDTH, HEIGHT, "ground"), *drawing.shapes):
        color = "#{:02x}{:02x}{:02x}".format(*_COLORS[one.kind])
        parts.append(
            f'<rect x="{one.x:.1f}" y="{one.y:.1f}" width="{one.width:.1f}"'
            f' height="{one.height:.1f}" fill="{color}"/>'
        )
    return "".join([*parts, "</svg>\n"])


def as_png(drawing: Drawing) -> bytes:
    """The picture in dots, each with one of a few colours."""
    kinds = list(_COLORS)
    dots = np.zeros((HEIGHT * _SCALE, WIDTH * _SCALE), dtype=np.uint8)
    for one in drawing.shapes:
        left, upper = round(one.x * _SCALE), round(one.y * _SCALE)
        right, lower = round((one.x + one.width) * _SCALE), round((one.y + one.height) * _SCALE)
        dots[max(upper, 0) : lower, max(left, 0) : right] = kinds.index(one.kind)
    rows = np.insert(dots, 0, 0, axis=1)  # each row begins with its filter: none
    header = struct.pack(">IIBBBBB", dots.shape[1], dots.shape[0], 8, 3, 0, 0, 0)
    colors = bytes(part for kind in kinds for part in _COLORS[kind])
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", colors),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
