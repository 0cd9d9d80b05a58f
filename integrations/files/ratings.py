"""Files of ratings: answers to surveys, one a row, in columns of any name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.domain.errors import InvalidInput
from bridge.domain.satisfaction import SCALES, Metric, RatingReceived, Scale
from integrations.files.contacts import is_table, left_over
from integrations.files.mapping import ColumnMapping, Shape, by_name, read_mapping
from integrations.files.reading import Line, first_rows, read_rows
from integrations.files.shapes import moment_of, number_of, optional_text, part_of

RATINGS = Shape(
    noun="rating",
    fields=(
        *("external_id", "metric", "source", "score", "contact", "conversation"),
        *("offered_at", "answered_at", "scale.low", "scale.high", "scale.direction"),
    ),
    required=("external_id", "metric"),
    same_for_all=frozenset({"metric", "source", "scale.low", "scale.high", "scale.direction"}),
)
_DIRECTIONS = {"higher_is_better": True, "lower_is_better": False}


@dataclass(frozen=True, slots=True)
class RatingLine:
    """One row of a file: the rating in it, or why there is none and which member is to blame."""

    number: int
    rating: RatingReceived | None
    pointer: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RatingFile:
    """A file whose columns are known."""

    path: Path
    mapping: ColumnMapping | None
    unused: tuple[str, ...]
    """Columns that go nowhere."""

    def lines(self, *, source: str) -> Iterator[RatingLine]:
        """Every row in the file's order; `source` counts where a row names none."""
        for line in read_rows(self.path):
            yield self._line(line, source)

    def column_of(self, pointer: str) -> str | None:
        """The column behind a JSON pointer, where columns are mapped."""
        return self.mapping.column_of(pointer) if self.mapping else None

    def _line(self, line: Line, source: str) -> RatingLine:
        if line.row is None:
            return RatingLine(line.number, None, reason=line.reason)
        try:
            row = self.mapping.apply(line.row) if self.mapping else line.row
            return RatingLine(line.number, rating_of(row, source=source))
        except InvalidInput as error:
            return RatingLine(line.number, None, pointer=error.pointer, reason=str(error))


def open_ratings(path: Path, *, mapping: Path | None = None) -> RatingFile:
    """Recognise the columns of a file of ratings by its first rows.

    Raises InvalidInput when the file cannot be read, has no rows, or its columns need a mapping.
    """
    rows = first_rows(path)
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    if mapping is not None:
        chosen = read_mapping(mapping, columns=columns, shape=RATINGS)
        return RatingFile(path, chosen, left_over(columns, chosen))
    named = by_name(columns, RATINGS)
    if not named.columns.keys() >= set(RATINGS.required):
        raise InvalidInput(
            f"{path.name} has the columns {', '.join(columns)[:400]}; say which is which with"
            ' --mapping FILE, such as {"external_id": "Survey", "contact": "Ticket",'
            ' "metric": "csat", "score": "Rating"}'
        )
    if is_table(path):
        return RatingFile(path, named, left_over(columns, named))
    known = {*RATINGS.fields, "scale"}
    return RatingFile(path, None, tuple(name for name in columns if name not in known))


def rating_of(row: Mapping[str, object], *, source: str) -> RatingReceived:
    """A rating from a row in the shape of the API; raises InvalidInput naming the member."""
    external_id = optional_text(row, "external_id")
    if external_id is None:
        raise InvalidInput("external_id is missing", pointer="/external_id")
    metric = _metric(row)
    return RatingReceived(
        external_id=external_id,
        metric=metric,
        scale=_scale(part_of(row, "scale"), SCALES[metric]),
        source=optional_text(row, "source") or source,
        score=number_of(row, "score"),
        contact=optional_text(row, "contact"),
        conversation=optional_text(row, "conversation"),
        offered_at=moment_of(row, "offered_at") if _is_given(row, "offered_at") else None,
        answered_at=moment_of(row, "answered_at") if _is_given(row, "answered_at") else None,
    )


def _metric(row: Mapping[str, object]) -> Metric:
    given = optional_text(row, "metric")
    if given is None:
        raise InvalidInput("metric is missing", pointer="/metric")
    try:
        return Metric(given.strip().lower())
    except ValueError as error:
        known = ", ".join(Metric)
        raise InvalidInput(f"metric must be one of {known}", pointer="/metric") from error


def _scale(part: Mapping[str, object], usual: Scale) -> Scale:
    """The scale of a row; an end that it does not name is the usual one."""
    low = number_of(part, "low", under="/scale")
    high = number_of(part, "high", under="/scale")
    direction = optional_text(part, "direction", under="/scale") or "higher_is_better"
    if direction not in _DIRECTIONS:
        known = " or ".join(_DIRECTIONS)
        raise InvalidInput(f"direction must be {known}", pointer="/scale/direction")
    return Scale(
        usual.low if low is None else low,
        usual.high if high is None else high,
        _DIRECTIONS[direction],
    )


def _is_given(row: Mapping[str, object], name: str) -> bool:
    return row.get(name) not in (None, "")
