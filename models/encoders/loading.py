"""Which encoder runs: the exported one if it can be had, else the reference."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from models.encoders.base import Encoder, EncoderError
from models.encoders.hashing import HashingEncoder
from models.encoders.multilingual import MultilingualEncoder
from models.encoders.onnx import OnnxEncoder
from models.encoders.sentence import SentenceEncoder
from models.encoders.static import StaticEncoder, distil, static_name
from models.encoders.weights import MODEL_NAME, checked_weights

DEFAULT = "minilm"
STATIC = "static"
REFERENCE = "sentence"
HASHING = "hashing"
MULTILINGUAL = "multilingual"
ENGLISH_ONLY = frozenset({DEFAULT, REFERENCE})
"""Kinds beside which contacts in other languages are read by the multilingual one."""

_EXPORT_SECONDS = 900
_SOURCE = Path(__file__).resolve().parents[2]
"""Python looks there first for a module to run: no other `models` can get in the way."""

Say = Callable[[str], None]
T = TypeVar("T")


def load_encoder(
    kind: str, *, model_dir: Path | None, data_dir: Path, threads: int, say: Say
) -> Encoder:
    """The encoder to use, from the kind in the settings.

    kind: "minilm" (exported, with its fall-backs), "sentence" (the same model on torch),
    "static" (distilled from the exported one), "multilingual", "hashing", or the name or folder
    of any sentence-transformers model. model_dir: an exported folder to look at first. data_dir:
    where an export is kept. say: told what takes long or went wrong. Raises EncoderError when
    nothing can run.
    """
    if kind == HASHING:
        return HashingEncoder()
    if kind == MULTILINGUAL:
        return MultilingualEncoder(threads=threads)
    if kind == REFERENCE:
        return _reference(threads, why="")
    if kind == STATIC:
        source = load_encoder(
            DEFAULT, model_dir=model_dir, data_dir=data_dir, threads=threads, say=say
        )
        return load_static(source, data_dir=data_dir, say=say)
    if kind != DEFAULT:
        return SentenceEncoder(kind, threads=threads)
    if model_dir is not None:
        try:
            return open_export(model_dir, threads=threads)
        except EncoderError as error:
            say(f"the encoder in BRIDGE_MODEL_DIR is not used: {error}")
    try:
        return _from_data_folder(data_dir / "encoders" / MODEL_NAME, threads, say)
    except (EncoderError, OSError) as error:
        say(f"no exported encoder, the slower reference runs instead: {error}")
        return _reference(threads, why=str(error))


def open_export(folder: Path, *, threads: int) -> OnnxEncoder:
    """Load an exported folder; raises EncoderError if it is damaged or, on this machine, wrong.

    8-bit arithmetic differs between processors, so the built-in sentences are tried each time.
    """
    encoder = OnnxEncoder(folder, threads=threads)
    agreement = encoder.agreement()
    if not agreement.is_enough():
        raise EncoderError(
            f"{folder} differs from the reference on this machine: mean cosine "
            f"{agreement.mean:.3f}, least {agreement.least:.3f}"
        )
    return encoder


def load_static(source: Encoder, *, data_dir: Path, say: Say) -> StaticEncoder:
    """The static encoder of an exported one, distilled once into the data folder.

    Raises EncoderError when the source is no exported encoder.
    """
    if not isinstance(source, OnnxEncoder):
        raise EncoderError(f"only an exported encoder can be distilled, not {source.name}")

    def fresh(folder: Path) -> StaticEncoder:
        encoder = StaticEncoder(folder)
        if encoder.name != static_name(source.name):
            raise EncoderError(f"{folder} is of another encoder: {encoder.name}")
        return encoder

    folder = data_dir / "encoders" / f"{MODEL_NAME}-static"
    say_making = "distilling the static encoder, once, about half a minute"
    return _kept(
        folder, open_it=fresh, make=lambda into: distil(source, into), say=say, making=say_making
    )


def _from_data_folder(folder: Path, threads: int, say: Say) -> OnnxEncoder:
    """Open the export; make it if it is missing or damaged."""
    return _kept(
        folder,
        open_it=lambda path: open_export(path, threads=threads),
        make=_export,
        say=say,
        making="exporting the sentence encoder, once, about half a minute",
    )


def _kept(
    folder: Path,
    *,
    open_it: Callable[[Path], T],
    make: Callable[[Path], None],
    say: Say,
    making: str,
) -> T:
    """Open what a folder holds; make it if it is missing or damaged. Two processes make it once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if folder.exists():
            try:
                return open_it(folder)
            except EncoderError as error:
                say(f"{folder.name} is made again: {error}")
        say(making)
        # Beside the folder, then renamed, so that something half-written is never seen.
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="making-") as work:
            fresh = Path(work) / "fresh"
            fresh.mkdir()
            make(fresh)
            if folder.exists():
                folder.rename(Path(work) / "damaged")
            fresh.rename(folder)
    return open_it(folder)


def _export(folder: Path) -> None:
    """Export into an empty folder, in a process of its own that takes torch with it."""
    command = [sys.executable, "-m", "models.encoders.exporting", str(folder.resolve())]
    try:
        done = subprocess.run(
            command,
            cwd=_SOURCE,
            capture_output=True,
            text=True,
            timeout=_EXPORT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise EncoderError(f"the export took over {_EXPORT_SECONDS} seconds") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise EncoderError(f"the export failed: {lines[-1]}")


def _reference(threads: int, *, why: str) -> SentenceEncoder:
    return SentenceEncoder(checked_weights(), name=f"{MODEL_NAME}/fp32/1", threads=threads, why=why)
