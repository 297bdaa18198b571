"""musicnn in torch says what its own code says, from weights that are what was published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import ModelDamaged, ModelMissing
from evaluation.judges.musicnn import features, stored
from evaluation.judges.musicnn.checkpoint import read_variables
from evaluation.judges.musicnn.convert import converted
from evaluation.judges.musicnn.network import PATCH_FRAMES, Layers
from tests.evaluation.judges import make_golden

GOLDEN = json.loads(make_golden.GOLDEN.read_text())
SAID = GOLDEN["MTT_musicnn"]


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return features.log_mel(np.pad(make_golden.sound(), features.FFT // 2)[None])[0].numpy()


@pytest.fixture(scope="module")
def layers(frames: np.ndarray) -> Layers:
    """Of the patches that musicnn's extractor cuts: one after another, the rest left out."""
    count = len(frames) // PATCH_FRAMES
    patches = frames[: count * PATCH_FRAMES].reshape(count, PATCH_FRAMES, -1)
    with torch.inference_mode():
        out: Layers = stored.load_network()(torch.from_numpy(patches))
    return out


def test_the_spectrogram_is_librosas_as_published(frames: np.ndarray) -> None:
    assert len(frames) == GOLDEN["frames"]
    np.testing.assert_allclose(frames.mean(axis=0), GOLDEN["spectrogram_mean"], atol=1e-4)
    np.testing.assert_allclose(frames[100], GOLDEN["spectrogram_frame_100"], atol=1e-3)


@pytest.mark.parametrize("layer", ["tags", "mean_pool"])
def test_layers_are_those_of_the_published_code(layers: Layers, layer: str) -> None:
    np.testing.assert_allclose(getattr(layers, layer).numpy().ravel(), SAID[layer], atol=1e-3)


def test_the_penultimate_layer_is_that_of_the_published_code(layers: Layers) -> None:
    np.testing.assert_allclose(layers.penultimate[0].numpy(), SAID["penultimate"], atol=1e-3)


@pytest.mark.parametrize("layer", ["timbral", "temporal"])
def test_channels_are_those_of_the_published_code(layers: Layers, layer: str) -> None:
    channels = getattr(layers, layer).transpose(1, 2).flatten(0, 1).numpy()  # [2 T, C]
    np.testing.assert_allclose(channels.mean(axis=0), SAID[f"{layer}_mean"], atol=1e-3)
    np.testing.assert_allclose(channels.std(axis=0), SAID[f"{layer}_std"], atol=1e-3)


def test_a_violin_is_heard_as_a_violin() -> None:
    from core.audio import read_audio
    from core.audio.conform import mono
    from evaluation import datasets

    item = next(item for item in datasets.load("embedded-v1").items if item.id == "violin")
    assert item.target is not None
    sound = mono(*read_audio(item.target), features.SAMPLE_RATE)
    with torch.inference_mode():
        tags = stored.load_network()(features.patches(sound, 24_000)).tags.mean(0)
    assert SAID["labels"][int(tags.argmax())] == "violin"


def test_the_weights_and_their_licence_ship() -> None:
    assert hashlib.sha256(stored.FILE.read_bytes()).hexdigest() == stored.SHA256
    assert stored.FILE.stat().st_size < 7 * 2**20
    licence = stored.LICENCE.read_text(encoding="utf-8")
    assert "Music Technology Group, Universitat Pompeu Fabra 2019" in licence
    assert "this permission notice appear in all copies" in licence


def test_damaged_or_missing_weights_are_said(tmp_path: Path) -> None:
    other = tmp_path / "mtt.npz"
    with pytest.raises(ModelMissing, match="cannot be read"):
        stored.load_network(other)
    other.write_bytes(stored.FILE.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelDamaged, match="is damaged"):
        stored.load_network(other)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "mtt.npz"
    np.savez(other, dense=np.zeros(3, np.float32))
    with pytest.raises(ModelDamaged, match="does not hold"):
        stored.load_network(other, hashlib.sha256(other.read_bytes()).hexdigest())


def test_short_sounds_are_repeated_and_long_ones_covered_to_the_end() -> None:
    rate = features.SAMPLE_RATE
    assert features.patches(np.ones(1, np.float32), 24_000).shape == (1, PATCH_FRAMES, 96)
    ramp = np.zeros(10 * rate, np.float32)
    ramp[-100:] = 1.0
    patches = features.patches(ramp, 24_000)
    assert len(patches) == 6  # 7 s to go in steps of at most 1.5 s
    assert patches[-1, -1].any()
    assert not patches[:-1].any()
    assert len(features.patches(ramp, 24_000, 3)) == 3
    assert features.patches(ramp, 24_000, 3)[-1, -1].any()


def bundle_entry(shape: tuple[int, ...], offset: int, size: int) -> bytes:
    """A ``BundleEntryProto`` of float32, sizes below 128."""
    dims = b"".join(b"\x12\x02\x08" + bytes([length]) for length in shape)
    head = b"\x08\x01\x12" + bytes([len(dims)]) + dims
    return head + b"\x20" + bytes([offset]) + b"\x28" + bytes([size])


def block(entries: list[tuple[int, bytes, bytes]]) -> bytes:
    """A block of LevelDB's table with one restart, and its trailer: not compressed, no checksum."""
    content = b"".join(
        bytes([shared, len(key), len(value)]) + key + value for shared, key, value in entries
    )
    return content + bytes(4) + (1).to_bytes(4, "little") + bytes(5)


def checkpoint(entries: list[tuple[int, bytes, bytes]]) -> bytes:
    data = block(entries)
    place = bytes([0, len(data) - 5])
    index = block([(0, b"z", place)])
    handles = bytes([0, 0, len(data), len(index) - 5])
    magic = 0xDB4775248B80FB57.to_bytes(8, "little")
    return data + index + handles.ljust(40, b"\0") + magic


def test_a_checkpoint_is_read_without_tensorflow() -> None:
    values = np.arange(7, dtype="<f4")
    entries = [
        (0, b"", b"\x08\x01"),
        (0, b"conv/bias", bundle_entry((3,), 0, 12)),
        (5, b"kernel", bundle_entry((2, 2), 12, 16)),
    ]
    read = read_variables(checkpoint(entries), values.tobytes())
    assert set(read) == {"conv/bias", "conv/kernel"}
    np.testing.assert_array_equal(read["conv/bias"], [0, 1, 2])
    np.testing.assert_array_equal(read["conv/kernel"], [[3, 4], [5, 6]])


def test_what_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(ModelDamaged, match="not that of a TensorFlow checkpoint"):
        read_variables(b"nothing", b"")
    good = checkpoint([(0, b"bias", bundle_entry((3,), 0, 12))])
    with pytest.raises(ModelDamaged, match="end early"):
        read_variables(good, b"\0" * 8)
    with pytest.raises(ModelDamaged, match="has no variable"):
        converted({})
