"""The encoders that are measured, from the data folder as the product loads them."""

import sys

from benchmarks.measuring import DATA_DIR
from models.encoders.base import Encoder
from models.encoders.loading import load_encoder


def default_encoder(kind: str = "minilm", *, threads: int = 1) -> Encoder:
    """Load one kind of encoder; what it says goes to standard error."""
    return load_encoder(
        kind,
        model_dir=None,
        data_dir=DATA_DIR,
        threads=threads,
        say=lambda line: print(line, file=sys.stderr),
    )
