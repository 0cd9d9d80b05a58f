"""`bridge import --ratings`: answers to surveys out of a file."""

from collections.abc import Iterator
from pathlib import Path

from bridge.cli.import_report import Asked, Reporter, tell
from bridge.cli.opening import Begins, opened
from bridge.cli.output import say
from bridge.settings import Settings
from bridge.steps.rating_import import RatingRow, import_ratings
from integrations.files.ratings import RatingFile, open_ratings
from integrations.files.reading import read_rows


def import_rating_file(file: Path, asked: Asked, settings: Settings) -> None:
    """Take every rating of the file and say what came of it."""
    ratings = open_ratings(file, mapping=asked.mapping)
    if ratings.unused:
        say(f"columns that are not used: {', '.join(ratings.unused)}")
    total = sum(1 for _ in read_rows(file))
    with opened(settings, begins=Begins.WHERE_TOLD) as application:
        with application.open() as store:
            home = store.products.by_slug(asked.product)
        with Reporter(total) as reporter:
            done = import_ratings(
                _rows(ratings, asked.source),
                home,
                context=application.context,
                watch=reporter.hear,
                is_trial=asked.is_trial,
            )
    tell(done, ratings.column_of, asked, settings.data_dir / f"{file.name}.refused.jsonl")


def _rows(ratings: RatingFile, source: str) -> Iterator[RatingRow]:
    for line in ratings.lines(source=source):
        yield RatingRow(line.number, line.rating, line.pointer, line.reason)
