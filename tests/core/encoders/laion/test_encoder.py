"""The CLAP encoder: laion-clap's real audio network with random weights, offline.

The network is the real HTSAT-base. The text branch is a real RoBERTa of one small layer,
and the tokenizer a made one of a few words in roberta-base's file format: the real ones are
pulled by the user.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from core.encoders.laion import encoder as laion
from core.encoders.laion.encoder import ClapNetwork, LaionEncoder, clap_window
from core.encoders.laion.roberta import RobertaConfig
from core.errors import AudioError, ModelDamaged, ModelMissing, UserInputError

SMALL_TEXT = RobertaConfig(vocabulary=32, layers=2, inner=32)
WORDS = ["<s>", "<pad>", "</s>", "<unk>", "warm", "bright", "bass", "piano"]


@pytest.fixture(scope="module", autouse=True)
def small_text_branch() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(laion, "TEXT_SIZES", SMALL_TEXT)
        yield


@pytest.fixture(scope="module")
def network() -> ClapNetwork:
    torch.manual_seed(0)
    return ClapNetwork(SMALL_TEXT)


@pytest.fixture(scope="module")
def tokenizer_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = Tokenizer(models.WordLevel({w: n for n, w in enumerate(WORDS)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    path = tmp_path_factory.mktemp("roberta") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture(scope="module")
def encoder(network: ClapNetwork, tokenizer_path: Path) -> LaionEncoder:
    return LaionEncoder(network, "0" * 64, tokenizer_path)


def sound(seconds: float, sample_rate: int, seed: int = 0) -> np.ndarray:
    """A stereo tone with a little noise, below 8 kHz."""
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    noise = np.random.default_rng(seed).normal(size=(2, len(time))) * 0.01
    return (0.3 * np.sin(2 * np.pi * 440 * time) + noise).astype(np.float32)


def test_a_recording_becomes_a_unit_vector_and_the_same_one_again(encoder: LaionEncoder) -> None:
    first = encoder.encode_audio(sound(12.0, 44100), 44100)
    assert first.shape == (512,)
    assert first.dtype == np.float32
    assert abs(float(np.linalg.norm(first)) - 1) < 1e-5
    assert np.array_equal(first, encoder.encode_audio(sound(12.0, 44100), 44100))
    assert not np.allclose(first, encoder.encode_audio(-sound(3.0, 44100, 1)[:, ::7], 44100))


def test_the_embeddings_are_laion_claps_own(
    network: ClapNetwork, encoder: LaionEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against ``CLAP_Module`` itself; only what it would ask the hub for is stood in for."""
    import transformers

    class NoTokenizer:
        @classmethod
        def from_pretrained(cls, _name: str) -> None:
            return None

    def small_roberta(*_args: Any, **_kwargs: Any) -> Any:
        config = transformers.RobertaConfig(
            vocab_size=SMALL_TEXT.vocabulary,
            num_hidden_layers=SMALL_TEXT.layers,
            intermediate_size=SMALL_TEXT.inner,
            max_position_embeddings=SMALL_TEXT.positions,
            type_vocab_size=1,
            layer_norm_eps=SMALL_TEXT.norm_epsilon,
        )
        return transformers.RobertaModel(config)

    for name in ("BertTokenizer", "RobertaTokenizer", "BartTokenizer"):
        monkeypatch.setattr(transformers, name, NoTokenizer)
    monkeypatch.setattr(transformers.RobertaModel, "from_pretrained", small_roberta)
    laion_clap = pytest.importorskip("laion_clap")
    theirs = laion_clap.CLAP_Module(enable_fusion=False, amodel="HTSAT-base", device="cpu")
    theirs.model.load_state_dict(network.state_dict(), strict=True)
    audio = sound(3.0, 16000)
    window = torch.from_numpy(clap_window(audio, 16000))[: 3 * 48000]  # before the repeats
    with torch.inference_mode():
        expected = theirs.get_audio_embedding_from_data(window[None], use_tensor=True)[0].numpy()
    difference = float(np.abs(encoder.encode_audio(audio, 16000) - expected).max())
    print(f"largest difference from laion_clap, audio: {difference:.3g}")
    assert difference <= 1e-6
    words = dict(zip(("input_ids", "attention_mask"), encoder._tokenize("warm bass"), strict=True))
    with torch.inference_mode():
        expected = theirs.get_text_embedding([""], tokenizer=lambda _: words, use_tensor=True)[0]
    difference = float(np.abs(encoder.encode_text("warm bass") - expected.numpy()).max())
    print(f"largest difference from laion_clap, words: {difference:.3g}")
    assert difference <= 1e-6


def test_words_become_a_unit_vector(encoder: LaionEncoder) -> None:
    warm, bright = encoder.encode_text("warm bass"), encoder.encode_text("bright piano")
    assert abs(float(np.linalg.norm(warm)) - 1) < 1e-5
    assert not np.allclose(warm, bright, atol=1e-4)
    assert np.array_equal(warm, encoder.encode_text("warm bass"))


def test_words_are_padded_and_cut_as_in_training(encoder: LaionEncoder) -> None:
    tokens, attended = encoder._tokenize("warm bass")
    assert tokens[0].tolist() == [0, 4, 6, 2] + [1] * 73
    assert attended[0].tolist() == [1] * 4 + [0] * 73
    tokens, attended = encoder._tokenize("bass " * 200)
    assert tokens.shape == (1, 77)
    assert tokens[0, [0, -1]].tolist() == [0, 2]


def test_no_words_are_refused(encoder: LaionEncoder) -> None:
    with pytest.raises(UserInputError, match="word"):
        encoder.encode_text("  ")


def test_long_audio_is_cut_to_its_loudest_ten_seconds() -> None:
    audio = np.full((1, 30 * 16000), 1e-3, np.float32)
    audio[:, 14 * 16000 : 24 * 16000] = sound(10.0, 16000)[:1]
    window = clap_window(audio, 16000)
    assert window.shape == (480000,)
    assert np.allclose(window, clap_window(audio[:, 14 * 16000 : 24 * 16000], 16000), atol=0.02)


def test_short_audio_repeats_whole_and_then_falls_silent() -> None:
    window = clap_window(sound(3.0, 16000), 16000)
    assert np.array_equal(window[:144000], window[144000:288000])
    assert np.array_equal(window[:144000], window[288000:432000])
    assert not window[432000:].any()


def test_nothing_above_8_khz_is_heard() -> None:
    time = np.arange(48000) / 48000
    window = clap_window(np.sin(2 * np.pi * 12000 * time)[None].astype(np.float32), 48000)
    assert float(np.abs(window[1000:47000]).max()) < 1e-3


def test_a_recording_of_nothing_is_refused() -> None:
    with pytest.raises(AudioError, match="too short"):
        clap_window(np.zeros((1, 1), np.float32), 192000)


def test_a_checkpoint_loads_strictly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the form laion-clap's training leaves: wrapped, prefixed, with numpy figures."""
    monkeypatch.setitem(laion.AUDIO_SIZES, "model_name", "tiny")  # a third of the time
    monkeypatch.setattr(laion, "AUDIO_WIDTH", 768)
    network = ClapNetwork(SMALL_TEXT)
    encoder = LaionEncoder(network, "0" * 64)
    path = tmp_path / "clap.pt"
    state = {f"module.{name}": tensor for name, tensor in network.state_dict().items()}
    state["module.text_branch.embeddings.position_ids"] = torch.arange(514)[None]
    content = {"epoch": 15, "best": np.float64(0.9), "state_dict": state}
    torch.save(content, path)
    loaded = LaionEncoder.from_files(path)
    assert len(loaded.sha256) == 64
    audio = sound(1.0, 16000)
    assert np.array_equal(loaded.encode_audio(audio, 16000), encoder.encode_audio(audio, 16000))
    with pytest.raises(ModelMissing, match="timbre models pull tokensynth"):
        loaded.encode_text("warm bass")
    del state["module.audio_projection.0.bias"]
    torch.save(content, path)
    with pytest.raises(ModelDamaged, match=r"audio_projection\.0\.bias"):
        LaionEncoder.from_files(path)


def test_missing_and_damaged_files_are_named(
    tmp_path: Path, network: ClapNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clap.pt"
    with pytest.raises(ModelMissing, match="timbre models pull tokensynth"):
        LaionEncoder.from_files(path)
    monkeypatch.setattr(laion, "ClapNetwork", lambda _sizes: network)
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(ModelDamaged, match=r"clap\.pt"):
        LaionEncoder.from_files(path)
