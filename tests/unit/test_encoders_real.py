"""The real sentence encoder: exported once for all these tests."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from models.encoders.base import EncoderError
from models.encoders.check_sentences import CHECK_SENTENCES
from models.encoders.exporting import export, main
from models.encoders.loading import load_encoder, load_static, open_export
from models.encoders.onnx import Agreement, OnnxEncoder, load_tokenizer
from models.encoders.sentence import SentenceEncoder
from models.encoders.static import StaticEncoder, distil
from models.encoders.weights import checked_weights, file_hash

pytestmark = pytest.mark.encoder


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    export(folder)
    return folder


@pytest.fixture(scope="session")
def encoder(exported: Path) -> OnnxEncoder:
    return open_export(exported, threads=1)


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    return shutil.copytree(exported, tmp_path / "copy")


def test_the_export_is_int8_and_agrees_with_the_reference(encoder: OnnxEncoder) -> None:
    assert encoder.name == "minilm-l6-v2/int8/2"
    assert encoder.agreement().is_enough()
    assert "onnxruntime int8" in encoder.describe()


def test_vectors_are_unit_rows_in_the_order_of_the_texts(encoder: OnnxEncoder) -> None:
    texts = ["a much longer text " * 40, "short", "", "middle sized text about an invoice"]
    rows = encoder.encode(texts)
    assert rows.shape == (4, 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    for row, text in zip(rows, texts, strict=True):
        assert float(row @ encoder.encode([text])[0]) > 0.999  # the same in any company
    assert encoder.encode([]).shape == (0, 384)


def test_two_threads_give_the_vectors_of_one(encoder: OnnxEncoder, exported: Path) -> None:
    texts = [f"{sentence} {number}" for number in range(5) for sentence in CHECK_SENTENCES]
    pair = OnnxEncoder(exported, threads=2).encode(texts)
    np.testing.assert_array_equal(pair, encoder.encode(texts))


def test_two_loads_give_the_same_bits(encoder: OnnxEncoder, exported: Path) -> None:
    again = OnnxEncoder(exported, threads=1).encode(CHECK_SENTENCES)
    np.testing.assert_array_equal(encoder.encode(CHECK_SENTENCES), again)


def test_paraphrases_are_nearer_than_other_subjects(encoder: OnnxEncoder) -> None:
    crash, same, other = encoder.encode(
        ["The app crashes on start", "application closes when I open it", "I want my money back"]
    )
    assert crash @ same > crash @ other + 0.2


def test_an_altered_model_is_refused(copy: Path) -> None:
    with (copy / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(EncoderError, match="altered"):
        open_export(copy, threads=1)


def test_a_model_that_does_not_run_is_refused(copy: Path) -> None:
    """The manifest agrees with the file, onnxruntime does not."""
    (copy / "model.onnx").write_bytes(b"not a graph")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["hashes"]["model.onnx"] = file_hash(copy / "model.onnx")
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(EncoderError, match="does not run"):
        open_export(copy, threads=1)


def test_an_export_that_is_wrong_on_this_machine_is_refused(
    copy: Path, encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OnnxEncoder, "agreement", lambda _: Agreement(mean=0.95, least=0.9))
    with pytest.raises(EncoderError, match="differs from the reference"):
        open_export(copy, threads=1)


def test_a_model_folder_is_used_before_the_data_folder(exported: Path, tmp_path: Path) -> None:
    said: list[str] = []
    loaded = load_encoder(
        "minilm", model_dir=exported, data_dir=tmp_path, threads=1, say=said.append
    )
    assert loaded.name == "minilm-l6-v2/int8/2"
    assert said == []
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_export_in_the_data_folder_is_made_again(copy: Path, tmp_path: Path) -> None:
    """Also the one test of the export as a process of its own."""
    folder = tmp_path / "encoders" / "minilm-l6-v2"
    folder.parent.mkdir()
    copy.rename(folder)
    (folder / "model.onnx").write_bytes(b"half written")
    said: list[str] = []
    loaded = load_encoder("minilm", model_dir=None, data_dir=tmp_path, threads=1, say=said.append)
    assert loaded.describe() == f"minilm-l6-v2/int8/2: onnxruntime int8 from {folder}"
    assert "made again" in said[0]
    assert sorted(path.name for path in folder.parent.iterdir()) == [
        "minilm-l6-v2",
        "minilm-l6-v2.lock",
    ]


def test_a_failing_export_names_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "absent")]) == 1
    assert "absent" in capsys.readouterr().err.strip().splitlines()[-1]


def test_the_reference_takes_no_texts_and_knows_its_dimensions() -> None:
    reference = SentenceEncoder(checked_weights(), name="reference")
    assert reference.encode([]).shape == (0, 384)


def test_a_model_that_does_not_exist_is_an_encoder_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot load"):
        SentenceEncoder(tmp_path / "no-model").encode(["text"])


@pytest.fixture(scope="session")
def distilled(encoder: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("distilled")
    distil(encoder, folder)
    return folder


def test_the_static_encoder_knows_related_words(distilled: Path) -> None:
    encoder = StaticEncoder(distilled)
    assert encoder.name == "minilm-l6-v2/int8/2/static-256/1"
    crash, same, other = encoder.encode(
        ["The app crashes on start", "application crash when launching", "I want my money back"]
    )
    assert crash @ same > crash @ other + 0.2


def test_static_vectors_are_unit_rows_that_do_not_depend_on_company(distilled: Path) -> None:
    texts = ["", "\n \t", "short", "Ünïcödé CARD!", "word " * 5000, "x" * 60, "支払いできない"]
    together = StaticEncoder(distilled).encode(texts)
    assert together.shape == (7, 256)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)
    encoder = StaticEncoder(distilled)
    alone = np.concatenate([encoder.encode([text]) for text in reversed(texts)])[::-1]
    np.testing.assert_array_equal(together, alone)
    assert encoder.encode([]).shape == (0, 256)


def test_word_by_word_gives_the_pieces_of_the_whole_text(
    distilled: Path, encoder: OnnxEncoder
) -> None:
    """The short way through known words must not change what is added up."""
    table = np.load(distilled / "table.npy").astype(np.float32)
    tokenizer = load_tokenizer(distilled / "tokenizer.json")
    for text in CHECK_SENTENCES:
        row = table[tokenizer.encode(text, add_special_tokens=False).ids].sum(axis=0)
        found = StaticEncoder(distilled).encode([text])[0]
        np.testing.assert_allclose(found, row / np.linalg.norm(row), atol=1e-5)


def test_an_altered_table_is_distilled_again_to_the_same_bytes(
    exported: Path, distilled: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "encoders" / "minilm-l6-v2-static"
    folder.parent.mkdir()
    shutil.copytree(distilled, folder)
    with (folder / "table.npy").open("ab") as file:
        file.write(b"x")
    with pytest.raises(EncoderError, match="altered"):
        StaticEncoder(folder)
    said: list[str] = []
    source = open_export(exported, threads=1)
    assert load_static(source, data_dir=tmp_path, say=said.append).dimensions == 256
    assert "made again" in said[0]
    assert file_hash(folder / "table.npy") == file_hash(distilled / "table.npy")
    assert load_static(source, data_dir=tmp_path, say=said.append).dimensions == 256
    assert len(said) == 2
