"""Configurations of runs: those that are kept, those of earlier versions, and wrong ones."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core.errors import UserInputError
from core.training.embedded import config as configuration
from core.training.embedded.config import EmbeddedTrainingConfig, read_config
from core.training.embedded.losses import LossWeights

CONFIGS = Path(configuration.__file__).parent / "configs"


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_kept_configurations_can_be_read(path: Path) -> None:
    stored = tomllib.loads(path.read_text())
    config = read_config(path)
    for name, value in stored.items():
        if not isinstance(value, dict):
            assert getattr(config, name) == value
    stage = path.stem.rsplit("-", 1)[0].replace("-", "_")
    assert stored["stage"] == ("joint" if stage == "pretrain" else stage)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("playing", "decoder"),
        ("hearing", "audio_encoder"),
        ("wording", "text_encoder"),
        ("together", "joint"),
    ],
)
def test_stages_of_earlier_versions_are_read(tmp_path: Path, old: str, new: str) -> None:
    assert read_config(written(tmp_path, f'stage = "{old}"')).stage == new


def test_keys_of_earlier_versions_are_read(tmp_path: Path) -> None:
    text = """
    batch = 5
    average = 0.5
    words_rate = 4.0
    words_share = 0.1
    taught_share = 0.7
    coloured_share = 0.9
    [loss]
    near = 2.0
    same_instrument = 3.0
    words = 4.0
    """
    assert read_config(written(tmp_path, text)) == EmbeddedTrainingConfig(
        batch_size=5,
        ema_decay=0.5,
        text_rate=4.0,
        text_share=0.1,
        descriptor_share=0.7,
        filtered_share=0.9,
        loss=LossWeights(distance=2.0, contrast=3.0, text=4.0),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stage = ", "cannot be read"),
        ('stage = "listening"', "'listening' is none of decoder"),
        ("stepps = 3", "unknown key 'stepps'"),
        ("[loss]\ntimbre = 1.0", r"unknown key 'timbre' in \[loss\]"),
        ("encoder = 3", "must be a table"),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserInputError, match=words):
        read_config(written(tmp_path, text))


def test_a_missing_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="cannot be read"):
        read_config(tmp_path / "none.toml")
