"""The written-out sentence encoder is the published one."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from core.encoders.embedded.minilm import SentenceEncoder, model_folder
from core.errors import UserInputError

SENTENCES = (
    "bright acoustic grand piano",
    "a warm, slowly swelling analogue pad with a breathy top — très doux",
    "x",
    "very " * 400 + "long",
)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder()


def test_equals_the_transformers_library(encoder: SentenceEncoder) -> None:
    from transformers import AutoTokenizer, BertModel

    folder = model_folder()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = BertModel.from_pretrained(folder, local_files_only=True).eval()
    for sentence in SENTENCES:
        tokens = tokenizer(sentence, return_tensors="pt", truncation=True, max_length=256)
        with torch.inference_mode():
            hidden = model(**tokens).last_hidden_state.mean(dim=1)[0]
        expected = (hidden / hidden.norm()).numpy()
        np.testing.assert_allclose(encoder.encode(sentence), expected, atol=2e-5)


def test_tells_kinds_of_instruments_apart(encoder: SentenceEncoder) -> None:
    piano, grand, trumpet = (
        encoder.encode(text) for text in ("a grand piano", "concert piano keys", "a muted trumpet")
    )
    assert piano @ grand > piano @ trumpet + 0.1


def test_refuses_nothing_said(encoder: SentenceEncoder) -> None:
    with pytest.raises(UserInputError, match="empty"):
        encoder.encode("  \n")


def test_loading_it_does_not_import_a_compiler() -> None:
    """Drawing random weights on the device "meta" does, and takes seconds of a first render."""
    code = (
        "import sys\n"
        "from core.models.registry import Registry\n"
        "from core.loading import load_encoder\n"
        "bundle = Registry().resolve('embedded')\n"
        "load_encoder(bundle, 'cpu').encode_text('warm bass')\n"
        "raise SystemExit('torch._dynamo' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
