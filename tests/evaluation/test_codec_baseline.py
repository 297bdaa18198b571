"""What a codec alone does to the target: the baseline of models that have one."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from core.audio import read_audio, resample
from core.codecs.dac import Dac
from core.synthesizer import Synthesizer
from evaluation import datasets, results, run
from evaluation.systems import Player, System
from tests.evaluation.fakes import CONFIG, FakeBundle, PluckedSynthesizer, in_process

_SETTINGS = {
    "encoder_dim": 4, "encoder_rates": [2, 4, 8, 8], "latent_dim": 8,
    "decoder_dim": 16, "decoder_rates": [8, 8, 4, 2],
}  # fmt: skip


@pytest.fixture(scope="module")
def codec_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real DAC, small and with random weights, in the form descript publishes."""
    import dac

    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # dac's own weight_norm
        model = dac.DAC(**_SETTINGS)
    path = tmp_path_factory.mktemp("codec") / "dac.pt"
    torch.save({"state_dict": model.state_dict(), "metadata": {"kwargs": _SETTINGS}}, path)
    return path


class BundleWithCodec(FakeBundle):
    """A bundle of one file."""

    def __init__(self, id_: str, codec: Path) -> None:
        super().__init__(id_)
        self._codec = codec

    def has(self, role: str) -> bool:
        return role == "codec"

    def file(self, role: str) -> Path:
        assert role == "codec"
        return self._codec


def test_a_model_with_a_codec_brings_the_codecs_baseline(
    dataset: datasets.Dataset, codec_file: Path, tmp_path: Path
) -> None:
    def load(model: str, device: str | None) -> Synthesizer:
        synth = PluckedSynthesizer(model)
        synth.bundle = BundleWithCodec(model, codec_file)
        return synth  # type: ignore[return-value]

    run.run(dataset, CONFIG, tmp_path / "run", execute=in_process, load=load)
    found = results.read(tmp_path / "run")
    rows = [row for row in found["rows"] if row["system"] == "fake/codec"]
    # The item of words alone has no target that could go through the codec.
    assert {row["item"] for row in rows} == {"dull", "buzzy"}
    assert all(row["error"] is None for row in rows)
    figures = found["summary"]["fake/codec"]["figures"]
    assert figures["mss"]["mean"] > 0.1  # random weights: far from the target
    codec = Dac.from_file(codec_file)
    for row in rows:
        (target,) = (item.target for item in dataset.items if item.id == row["item"])
        assert target is not None
        audio, rate = read_audio(target)
        heard, heard_rate = read_audio(tmp_path / "run" / row["audio"]["path"])
        assert heard_rate == codec.sample_rate
        assert heard.shape[1] / heard_rate == pytest.approx(audio.shape[1] / rate, abs=1e-3)
        sound = resample(audio, rate, codec.sample_rate)[0]
        through = codec.decode(codec.encode(sound))[: len(sound)]
        np.testing.assert_allclose(heard[0], through, atol=2e-4)


def test_a_model_without_a_codec_has_no_such_baseline(dataset: datasets.Dataset) -> None:
    player = Player(load=lambda model, device: PluckedSynthesizer(model))  # type: ignore[arg-type, return-value]
    assert "fake/codec" not in {system.name for system in run.build_systems(CONFIG, player)}
    assert not System("fake/codec", "codec", "fake").plays(dataset.items[-1])
