"""Training end to end, in little: prepare, train, stop, go on, ship."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from core.encoders.embedded.networks import EncoderConfig
from core.encoders.embedded.weights import load_encoder_networks
from core.engines.embedded.controls import N_NOISE, N_PARTIALS
from core.engines.embedded.decoder import DecoderConfig, coordinates, on_sphere
from core.engines.embedded.modulation import N_MODULATION
from core.engines.embedded.weights import load_decoder
from core.errors import UserInputError
from core.training.checkpoint import read_checkpoint
from core.training.embedded import dataset as data
from core.training.embedded.bands import FILTER_GRID_HZ, N_BANDS
from core.training.embedded.config import EmbeddedTrainingConfig, TrainingStage
from core.training.embedded.descriptor import (
    N_DESCRIPTOR,
    N_MEASURED,
    REGIONS,
    SEEN_DOWN_S,
    SEEN_PARTIALS,
    SEEN_RELEASED_S,
    DescriptorProjection,
    InstrumentLevels,
)
from core.training.embedded.export import ship
from core.training.embedded.train import open_run

CPU = torch.device("cpu")
SMALL = EmbeddedTrainingConfig(
    steps=12,
    batch_size=4,
    reference_frames=30,
    warmup_steps=2,
    encoder=EncoderConfig(width=16, blocks=1, sentence_hidden=16),
    decoder=DecoderConfig(width=16, hidden=16, trunk_blocks=1, frame_blocks=1, surfaces=16),
)


@pytest.fixture
def prepared(procedural_data: Path) -> Path:
    return procedural_data


@pytest.fixture(autouse=True)
def _few_captions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "N_CAPTIONS", 3)


@pytest.fixture
def _one_thread() -> Iterator[None]:
    """Sums are made in the same order every time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


STAGES: tuple[TrainingStage, ...] = ("decoder", "audio_encoder", "joint", "text_encoder")


def train(
    prepared: Path, run: Path, *stops: int, stage: TrainingStage = "joint"
) -> dict[str, torch.Tensor]:
    """The weights after training up to each stop in turn, the run opened anew for each."""
    run.mkdir()
    for stop in stops:
        loop = open_run(replace(SMALL, stage=stage), prepared, run, CPU)
        while loop.step < stop:
            loop.one_step()
        loop.save()
    return loop.task.modules["model"].state_dict()


@pytest.mark.usefixtures("_one_thread")
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_broken_off_goes_on_as_if_it_had_not_been(
    prepared: Path, tmp_path: Path, stage: TrainingStage
) -> None:
    whole = train(prepared, tmp_path / "whole", 7, stage=stage)
    broken = train(prepared, tmp_path / "broken", 2, 7, stage=stage)
    for name, value in whole.items():
        assert torch.equal(broken[name], value), name
    averaged = [
        read_checkpoint(tmp_path / name / "state.pt", CPU)["averaged"]["model"]
        for name in ("whole", "broken")
    ]
    for name, value in averaged[0].items():
        if not name.endswith("doubt"):  # measured at every checkpoint, after it was written
            assert torch.equal(averaged[1][name], value), name


def test_what_ships_loads_and_leaves_the_projection_behind(prepared: Path, tmp_path: Path) -> None:
    train(prepared, tmp_path / "run", 5)
    path = tmp_path / "run/embedded.safetensors"
    with safe_open(path, framework="pt") as file:
        assert not [name for name in file.keys() if name.startswith("projection")]  # noqa: SIM118
    assert load_decoder(path).config == SMALL.decoder
    _, sentence = load_encoder_networks(path)
    assert len(sentence.prototype_timbres) >= 4
    lengths = sentence.prototype_timbres.norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(len(lengths)), atol=1e-3, rtol=0)


def test_the_last_stage_begins_with_what_the_others_learned(prepared: Path, tmp_path: Path) -> None:
    runs = {stage: tmp_path / stage for stage in STAGES[:2]}
    for stage, run in runs.items():
        train(prepared, run, 3, stage=stage)
        (run / "config.toml").write_text(f'stage = "{stage}"\n')
    joint = open_run(SMALL, prepared, tmp_path, CPU, start=list(runs.values()))
    own = joint.task.modules["model"].state_dict()
    for run, networks in zip(runs.values(), (("decoder",), ("recording", "sentence")), strict=True):
        state = read_checkpoint(run / "state.pt", CPU)["averaged"]["model"]
        learned = [name for name in own if name.split(".")[0] in networks]
        assert learned
        for name in (*learned, "projection.projection"):
            torch.testing.assert_close(own[name], state[name])


def test_a_folder_without_a_run_cannot_be_started_from(prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="no training run"):
        open_run(SMALL, prepared, tmp_path, CPU, start=[tmp_path / "nothing"])


def test_a_run_of_other_sizes_cannot_be_started_from_or_gone_on_with(
    prepared: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    train(prepared, run, 1, stage="decoder")
    (run / "config.toml").write_text('stage = "decoder"\n')
    wider = replace(SMALL, decoder=replace(SMALL.decoder, width=24))
    with pytest.raises(UserInputError, match="other sizes"):
        open_run(wider, prepared, tmp_path, CPU, start=[run])
    with pytest.raises(UserInputError, match="another configuration"):
        open_run(wider, prepared, run, CPU)


def test_the_text_encoders_stage_trains_the_sentence_network_alone(
    prepared: Path, tmp_path: Path
) -> None:
    loop = open_run(replace(SMALL, stage="text_encoder"), prepared, tmp_path, CPU)
    model = loop.task.modules["model"]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    errors = [float(loop.one_step()["total"]) for _ in range(12)]
    assert np.mean(errors[-4:]) < np.mean(errors[:4])
    for name, value in model.state_dict().items():
        alone = name.startswith("sentence.net")
        assert torch.equal(value, before[name]) != alone, name


def test_what_ships_is_the_mean_of_two_decoders(prepared: Path, tmp_path: Path) -> None:
    for name, stop in (("one", 2), ("two", 6)):
        train(prepared, tmp_path / name, stop)
    files = [tmp_path / name / "embedded.safetensors" for name in ("one", "two")]
    ship(files[0], tmp_path / "bundle", decoder=files[1])
    own, *parts = (load_decoder(f) for f in (tmp_path / "bundle/embedded.safetensors", *files))
    for name, value in own.state_dict().items():
        mean = sum(part.state_dict()[name] for part in parts) / 2
        torch.testing.assert_close(value, mean, atol=1e-3, rtol=1e-3)


def test_embeddings_mean_what_was_measured(prepared: Path) -> None:
    training = data.TrainingSet(prepared, "train")
    descriptors = training.draw_descriptors(40, 0.5)
    projection = DescriptorProjection(64)
    projection.fit(descriptors)
    embeddings = projection(descriptors)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(len(embeddings)))
    # Forty points span 39 directions: all that sets them apart is kept.
    places = coordinates(embeddings)
    torch.testing.assert_close(on_sphere(places), embeddings, atol=1e-5, rtol=1e-4)
    apart = torch.cdist(descriptors, descriptors)[0].argsort()
    assert set(torch.cdist(places, places)[0].argsort()[:6].tolist()) & set(apart[1:6].tolist())


def test_learning_lowers_the_error(prepared: Path, tmp_path: Path) -> None:
    loop = open_run(SMALL, prepared, tmp_path, CPU)
    before = loop.validate().figures["descriptor/partials"]
    errors = [loop.one_step() for _ in range(12)]
    assert all(torch.isfinite(value) for error in errors for value in error.values())
    assert {"distance", "text", "contrast"} <= errors[-1].keys()
    found = loop.validate()
    assert found.figures["descriptor/partials"] < before
    assert len(found.sounds) >= 2
    assert all(sound.ndim == 1 and torch.isfinite(sound).all() for sound in found.sounds.values())


def test_a_filter_changes_target_descriptor_and_reference_alike(prepared: Path) -> None:
    training = data.TrainingSet(prepared, "train")
    chosen = np.arange(4)
    plain, filtered = (
        training.batch_of(chosen, np.random.default_rng(3), 30, share) for share in (0.0, 1.0)
    )
    assert plain.unfiltered.all()
    assert not filtered.unfiltered.any()
    assert plain.descriptor.shape == (4, N_DESCRIPTOR)
    for one, other in (
        (plain.descriptor, filtered.descriptor),
        (plain.features, filtered.features),
        (plain.partial_db, filtered.partial_db),
    ):
        assert not torch.allclose(one, other)


def test_descriptors_of_flat_filters_only_shift() -> None:
    """5 dB more move what is measured of levels by 5 dB, and nothing else."""
    knots, notes = 12, 5
    rng = np.random.default_rng(0)
    arrays = {
        "pitch": np.array([40, 50, 60, 70, 80]),
        "velocity": np.array([30, 60, 90, 110, 127]),
        "held_s": np.full(notes, 0.7),
        "knots": np.full(notes, knots),
        "first_knot": np.arange(notes) * knots,
        "times_s": np.tile(np.linspace(0, 1.2, knots), notes),
        "partial_db": rng.uniform(-50, -10, (notes * knots, N_PARTIALS)),
        "noise_db": rng.uniform(-50, -10, (notes * knots, N_NOISE)),
        "modulation": np.full((notes, N_MODULATION), np.nan),
        "inharmonicity": np.full(notes, 1e-4),
        "detune_cents": np.zeros(notes),
    }
    levels = InstrumentLevels(arrays)
    moved = levels.descriptor(np.full(len(FILTER_GRID_HZ), 5.0)) - levels.descriptor(None)
    per_region = len(REGIONS) * (times := len(SEEN_DOWN_S) + len(SEEN_RELEASED_S))
    of_levels, of_noise, rest = np.split(
        moved[:N_MEASURED],
        np.cumsum([per_region * (SEEN_PARTIALS + N_BANDS), times * N_NOISE]),
    )
    shown = np.array([*(at_s <= 0.7 for at_s in SEEN_DOWN_S), *(True for _ in SEEN_RELEASED_S)])
    of_levels = of_levels.reshape(len(REGIONS), times, -1)
    of_partials, of_bands = np.split(of_levels, [SEEN_PARTIALS], axis=2)
    # A descriptor's levels are in units of 25 dB; those of single partials count 0.7.
    np.testing.assert_allclose(of_partials[:, shown], 0.7 * 5 / 25, atol=1e-5)
    np.testing.assert_allclose(of_noise.reshape(times, -1)[shown], 5 / 25, atol=1e-5)
    assert (of_levels[:, ~shown] == 0.0).all()
    # A band that no partial falls into stays at the bottom.
    assert of_bands.min() >= 0.0
    assert of_bands.max() == pytest.approx(5 / 25, abs=1e-5)
    assert (rest[N_BANDS + N_NOISE :] == 0.0).all()  # after what velocity does


def test_a_folder_without_instruments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="no prepared instruments"):
        data.TrainingSet(tmp_path, "train")
