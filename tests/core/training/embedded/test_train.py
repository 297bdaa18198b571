"""Training end to end, in little: prepare, train, stop, go on, ship."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from core.encoders.embedded.networks import EncoderConfig
from core.encoders.embedded.weights import load_encoder_networks
from core.engines.embedded.decoder import DecoderConfig, coordinates, on_sphere
from core.engines.embedded.weights import load_decoder
from core.errors import UserInputError
from core.training.embedded import dataset as data
from core.training.embedded import train
from core.training.embedded.descriptor import N_DESCRIPTOR, DescriptorProjection, InstrumentLevels
from core.training.embedded.export import ship

CONFIGS = Path(train.__file__).parent / "configs"
SMALL = train.RunConfig(
    steps=12,
    batch=4,
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


STAGES = ("playing", "hearing", "together")
EVERY_STAGE = (*STAGES, "wording")


def trained(
    prepared: Path, run: Path, *stops: int, stage: str = "together"
) -> dict[str, torch.Tensor]:
    """The weights after training up to each stop in turn, in a new trainer each time."""
    run.mkdir()
    config = replace(SMALL, stage=stage)
    for stop in stops:
        trainer = train.Trainer(config, prepared, run, torch.device("cpu"))
        while trainer.step < stop:
            trainer.one_step()
        trainer.save()
    return trainer.model.state_dict()


@pytest.mark.parametrize("stage", EVERY_STAGE)
def test_a_run_broken_off_goes_on_as_if_it_had_not_been(
    prepared: Path, tmp_path: Path, stage: str
) -> None:
    whole = trained(prepared, tmp_path / "whole", 7, stage=stage)
    broken = trained(prepared, tmp_path / "broken", 2, 7, stage=stage)
    for name, value in whole.items():
        torch.testing.assert_close(broken[name], value, atol=1e-4, rtol=1e-3)


def test_what_ships_loads_and_leaves_the_teacher_behind(prepared: Path, tmp_path: Path) -> None:
    trained(prepared, tmp_path / "run", 5)
    path = tmp_path / "run/embedded.safetensors"
    with safe_open(path, framework="pt") as file:
        assert not [name for name in file.keys() if name.startswith("teacher")]  # noqa: SIM118
    assert load_decoder(path).config == SMALL.decoder
    _, sentence = load_encoder_networks(path)
    assert len(sentence.prototype_timbres) >= 4
    lengths = sentence.prototype_timbres.norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(len(lengths)), atol=1e-3, rtol=0)


def test_the_last_stage_begins_with_what_the_others_learned(prepared: Path, tmp_path: Path) -> None:
    runs = [tmp_path / stage for stage in STAGES[:2]]
    for run, stage in zip(runs, STAGES, strict=False):
        trained(prepared, run, 3, stage=stage)
        (run / "config.toml").write_text(f'stage = "{stage}"\n')
    together = train.Trainer(SMALL, prepared, tmp_path, torch.device("cpu"), start=runs)
    own = together.model.state_dict()
    for run, networks in zip(runs, (("decoder",), ("recording", "sentence")), strict=True):
        state = torch.load(run / "state.pt", weights_only=True)["averaged"]
        learned = [name for name in own if name.split(".")[0] in networks]
        assert learned
        for name in (*learned, "teacher.projection"):
            torch.testing.assert_close(own[name], state[name])


def test_wording_trains_the_sentence_network_alone(prepared: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    config = replace(SMALL, stage="wording")
    trainer = train.Trainer(config, prepared, tmp_path / "run", torch.device("cpu"))
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    errors = [trainer.one_step()["total"] for _ in range(12)]
    assert np.mean(errors[-4:]) < np.mean(errors[:4])
    for name, value in trainer.model.state_dict().items():
        alone = name.startswith("sentence.net")
        assert torch.equal(value, before[name]) != alone, name


def test_what_ships_is_the_mean_of_two_decoders(prepared: Path, tmp_path: Path) -> None:
    for name, stop in (("one", 2), ("two", 6)):
        trained(prepared, tmp_path / name, stop)
    files = [tmp_path / name / "embedded.safetensors" for name in ("one", "two")]
    ship(files[0], tmp_path / "bundle", decoder=files[1])
    own, *parts = (load_decoder(f) for f in (tmp_path / "bundle/embedded.safetensors", *files))
    for name, value in own.state_dict().items():
        mean = sum(part.state_dict()[name] for part in parts) / 2
        torch.testing.assert_close(value, mean, atol=1e-3, rtol=1e-3)


def test_embeddings_mean_what_was_measured(prepared: Path) -> None:
    training = data.TrainingSet(prepared, "train")
    descriptors = training.draw_descriptors(40, 0.5)
    teacher = DescriptorProjection(64)
    teacher.fit(descriptors)
    embeddings = teacher(descriptors)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(len(embeddings)))
    # Forty points span 39 directions: all that sets them apart is kept.
    places = coordinates(embeddings)
    torch.testing.assert_close(on_sphere(places), embeddings, atol=1e-5, rtol=1e-4)
    apart = torch.cdist(descriptors, descriptors)[0].argsort()
    assert set(torch.cdist(places, places)[0].argsort()[:6].tolist()) & set(apart[1:6].tolist())


def test_learning_lowers_the_error(prepared: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    trainer = train.Trainer(SMALL, prepared, tmp_path / "run", torch.device("cpu"))
    before = trainer.validate()["teacher/partials"]
    errors = [trainer.one_step() for _ in range(12)]
    assert all(np.isfinite(list(error.values())).all() for error in errors)
    assert {"near", "words", "same_instrument"} <= errors[-1].keys()
    assert trainer.validate()["teacher/partials"] < before


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
    from core.engines.embedded.controls import FLOOR_DB, N_NOISE, N_PARTIALS
    from core.engines.embedded.modulation import N_MODULATION
    from core.training.embedded.bands import FILTER_GRID_HZ

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
    plain, louder = levels.descriptor(None), levels.descriptor(np.full(len(FILTER_GRID_HZ), 5.0))
    assert FLOOR_DB < -90
    difference = louder - plain
    moved = np.abs(difference) > 1e-4
    steps = np.array([0.2, 0.14])  # 5 dB: of bands and noise, of single partials
    whole = np.abs(difference[moved, None] - steps).min(axis=1) < 2e-3
    assert whole.mean() > 0.75  # the others rise from under the floor
    assert np.abs(difference).max() < 0.2 + 1e-4
    assert moved.mean() > 0.7


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_kept_configurations_can_be_read(path: Path) -> None:
    assert train.RunConfig.read(path).steps == tomllib.loads(path.read_text())["steps"]


def test_a_folder_without_instruments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="no prepared instruments"):
        data.TrainingSet(tmp_path, "train")
