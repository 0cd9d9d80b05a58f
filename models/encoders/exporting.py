"""Export the sentence encoder to ONNX once; runs as a process of its own.

torch takes half a gigabyte that the service should not keep: `python -m models.encoders.exporting
FOLDER` writes the folder and exits, 0 when what it wrote agrees with the reference.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.encoders.base import EncoderError
from models.encoders.check_sentences import CHECK_SENTENCES
from models.encoders.onnx import (
    FILES,
    Agreement,
    Manifest,
    OnnxEncoder,
    load_tokenizer,
    model_inputs,
)
from models.encoders.quantizing import quantize
from models.encoders.sentence import SentenceEncoder
from models.encoders.weights import MODEL_NAME, checked_weights, file_hash

if TYPE_CHECKING:
    import torch

_OPSET = 17
_VERSIONS = {"int8": 2, "fp32": 1}
"""Counted up when the vectors change: int8 since 2 does not depend on the rest of a batch."""


def export(folder: Path, *, precisions: tuple[str, ...] = ("int8", "fp32")) -> Agreement:
    """Write the first precision that agrees with the reference into an empty folder.

    Takes about 30 s and 1 GB. Raises EncoderError when none agrees.
    """
    weights = checked_weights()
    reference = SentenceEncoder(weights, name=f"{MODEL_NAME}/reference")
    np.save(folder / "reference.npy", reference.encode(CHECK_SENTENCES))
    (folder / "tokenizer.json").write_bytes((weights / "tokenizer.json").read_bytes())
    plain = folder / "plain.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of itself and of each constant
        _write_plain(reference, plain)
    why = ""
    for precision in precisions:
        _write_precision(plain, folder / "model.onnx", precision)
        _write_manifest(folder, precision, reference, why=why)
        agreement = OnnxEncoder(folder).agreement()
        if agreement.is_enough():
            plain.unlink()
            return agreement
        why = f"{precision} differs from the reference: mean cosine {agreement.mean:.3f}"
    raise EncoderError(f"the export does not agree with the reference: {why}")


def _write_plain(reference: SentenceEncoder, file: Path) -> None:
    """The transformer alone, last hidden state out, with free batch size and length."""
    import torch

    transformer = reference.transformer()[0].auto_model
    transformer.set_attn_implementation("eager")
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    example = tuple(torch.ones((2, 8), dtype=torch.long) for _ in inputs)
    free = {0: "rows", 1: "tokens"}
    torch.onnx.export(
        _last_state(transformer).eval(),
        example,
        str(file),
        input_names=list(inputs),
        output_names=["states"],
        dynamic_axes={name: free for name in (*inputs, "states")},
        opset_version=_OPSET,
        dynamo=False,
    )


def _last_state(transformer: torch.nn.Module) -> torch.nn.Module:
    """Wrap the transformer so that arguments are positional and one tensor comes out."""
    import torch

    class LastState(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(
            self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor
        ) -> torch.Tensor:
            output = self.transformer(input_ids=ids, attention_mask=mask, token_type_ids=types)
            return output.last_hidden_state

    return LastState()


def _write_precision(plain: Path, file: Path, precision: str) -> None:
    if precision == "fp32":
        file.write_bytes(plain.read_bytes())
        return
    tokenizer = load_tokenizer(file.with_name("tokenizer.json"))
    texts = [*CHECK_SENTENCES, " ".join(CHECK_SENTENCES)]
    quantize(plain, file, (model_inputs([tokenizer.encode(text).ids]) for text in texts))


def _write_manifest(folder: Path, precision: str, reference: SentenceEncoder, *, why: str) -> None:
    Manifest(
        name=f"{MODEL_NAME}/{precision}/{_VERSIONS[precision]}",
        precision=precision,
        dimensions=reference.dimensions,
        most_tokens=int(reference.transformer().max_seq_length or 256),
        hashes={file: file_hash(folder / file) for file in FILES},
        why=why,
    ).write(folder)


def main(arguments: list[str]) -> int:
    """Export into the folder named by the only argument; the last line on stderr says why not."""
    try:
        agreement = export(Path(arguments[0]))
    except (EncoderError, OSError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    sys.stderr.write(f"\nmean cosine {agreement.mean:.4f}, least {agreement.least:.4f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
