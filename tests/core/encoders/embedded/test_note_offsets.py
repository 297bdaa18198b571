"""When keys are let go: what the network is shown, and what the shipped one hears."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core.clip import Clip, Note, pitch_hz
from core.encoders.embedded.encoder import EmbeddedEncoder
from core.encoders.embedded.note_offsets import (
    BEFORE,
    N_FEATURES,
    N_PARTIALS,
    N_STEPS,
    NoteOffsets,
    offset_features,
    step_power,
    with_offsets,
)
from core.encoders.embedded.weights import load_encoder_networks, load_note_offsets
from core.engines.base import RenderRequest
from core.engines.embedded.engine import EmbeddedEngine
from core.engines.embedded.weights import load_decoder
from core.errors import ModelDamaged
from core.training.embedded.export import ship

RATE = 44_100
SHIPPED = Path(__file__).parents[4] / "core/models/weights/embedded/embedded.safetensors"


def tone(note: Note, seconds: float, decay_s: float, release_s: float) -> np.ndarray:
    """Eight partials that decay while the key is held, and faster or slower after it."""
    at_s = np.arange(round(seconds * RATE)) / RATE - note.start_s
    held_s = np.clip(at_s, 0.0, note.duration_s)
    off_s = np.maximum(at_s - note.duration_s, 0.0)
    level = np.exp(-held_s / decay_s - off_s / release_s) * np.clip(at_s / 0.01, 0.0, 1.0)
    k = np.arange(1, 9)[:, None]
    wave = (np.sin(2 * np.pi * k * pitch_hz(note.pitch) * at_s) / k).sum(axis=0)
    return (0.2 * level * wave).astype(np.float32)


def test_features_show_the_note_and_the_others_about_it() -> None:
    note, later = Note(0.5, 60, 90, 0.6), Note(1.0, 60, 90, 0.3)
    mono = tone(note, 2.0, 10.0, 0.05)
    features, inside = offset_features(step_power(mono), (note, later), 0)
    assert features.shape == (N_STEPS, N_FEATURES)
    assert inside.sum() == BEFORE + 151  # the recording ends 1.5 s after the onset
    assert not features[~inside].any()
    first = features[:, 0]  # the fundamental, in 20 dB, 1.5 at its loudest
    assert first[BEFORE + 30] == pytest.approx(1.5, abs=0.1)
    assert first[BEFORE + 90] < 0.0
    heard, begins, again = features[:, N_PARTIALS + 12], features[:, -4], features[:, -3]
    assert heard.sum() == 60
    assert begins.nonzero()[0].tolist() == again.nonzero()[0].tolist() == [BEFORE + 50]


def test_features_do_not_depend_on_the_level() -> None:
    notes = (Note(0.1, 64, 90, 0.4),)
    mono = tone(notes[0], 1.0, 1.0, 0.1)
    loud, _ = offset_features(step_power(mono), notes, 0)
    soft, _ = offset_features(step_power(0.05 * mono), notes, 0)
    np.testing.assert_allclose(loud, soft, atol=0.02)


def test_a_key_is_let_go_within_the_recording_and_after_its_onset() -> None:
    torch.manual_seed(0)
    network = NoteOffsets().eval()
    features = torch.randn(3, N_STEPS, N_FEATURES)
    inside = torch.zeros(3, N_STEPS, dtype=torch.bool)
    inside[:, 4:150] = True
    likely = network(features, inside).exp()
    torch.testing.assert_close(likely.sum(dim=1), torch.ones(3))
    assert likely[:, : BEFORE + 3].max() == 0.0
    assert likely[:, 150:].max() == 0.0


@pytest.mark.parametrize("held_s", [0.2, 0.5, 0.9])
@pytest.mark.parametrize(("decay_s", "release_s"), [(20.0, 0.1), (1.0, 0.15), (0.6, 0.03)])
def test_the_shipped_network_tells_releases_from_what_is_held(
    held_s: float, decay_s: float, release_s: float
) -> None:
    network = load_note_offsets(SHIPPED)
    assert network is not None
    true = [Note(0.1 + 1.2 * i, key, 90, held_s) for i, key in enumerate((55, 62, 59))]
    mono = np.sum([tone(note, 3.8, decay_s, release_s) for note in true], axis=0)
    # As a transcriber hears them: for as long as they sound.
    heard = [Note(n.start_s, n.pitch, 90, held_s + 2.5 * release_s) for n in true]
    found = with_offsets(network, mono / np.abs(mono).max(), heard)
    assert [(n.start_s, n.pitch, n.velocity) for n in found] == [
        (n.start_s, n.pitch, n.velocity) for n in heard
    ]
    for note in found:
        assert note.duration_s == pytest.approx(held_s, abs=0.06)


def test_no_notes_stay_none() -> None:
    assert with_offsets(NoteOffsets().eval(), np.zeros(RATE, np.float32), ()) == ()


def test_a_file_without_the_network_has_none_and_a_wrong_one_is_damaged(tmp_path: Path) -> None:
    tensors = load_file(SHIPPED)
    without = tmp_path / "without.safetensors"
    save_file({n: v for n, v in tensors.items() if not n.startswith("ends.")}, without)
    assert load_note_offsets(without) is None
    wrong = tmp_path / "wrong.safetensors"
    save_file(tensors | {"ends.last.weight": torch.zeros(1, 3, 5)}, wrong)
    with pytest.raises(ModelDamaged):
        load_note_offsets(wrong)


def test_the_encoder_does_not_take_releases_for_decays() -> None:
    """A held tone in short notes with long releases: its clone should not die away."""
    networks = (*load_encoder_networks(SHIPPED), load_decoder(SHIPPED))
    true = [Note(0.1 + 0.9 * i, key, 90, 0.3) for i, key in enumerate((57, 60, 64, 62))]
    mono = np.sum([tone(note, 4.0, 30.0, 0.12) for note in true], axis=0)[None]
    engine = EmbeddedEngine(networks[2])
    held = Clip.of("held", [Note(0.0, 60, 90, 1.0)])
    lost_db = []
    for ends in (None, load_note_offsets(SHIPPED)):
        encoder = EmbeddedEncoder(*networks, ends, None, "embedded", "")
        audio = engine.render([RenderRequest(held, encoder.encode_audio(mono, RATE))])[0][0]
        early, late = (audio[int(s * RATE) :][: RATE // 10] for s in (0.1, 0.8))
        lost_db.append(10 * np.log10(np.mean(early**2) / np.mean(late**2)))
    assert lost_db[1] < lost_db[0] - 6.0


def test_shipping_a_wrong_network_leaves_the_bundle_as_it_was(tmp_path: Path) -> None:
    ship(SHIPPED, tmp_path)
    before = (tmp_path / SHIPPED.name).read_bytes()
    wrong = tmp_path / "ends.safetensors"
    save_file({"last.weight": torch.zeros(1, 3, 5)}, wrong)
    with pytest.raises(ModelDamaged):
        ship(SHIPPED, tmp_path, wrong)
    assert (tmp_path / SHIPPED.name).read_bytes() == before
    assert not list(tmp_path.glob("*.partial"))


def test_a_key_is_let_go_before_it_is_struck_again() -> None:
    torch.manual_seed(0)
    undecided = NoteOffsets().eval()  # any end is about as likely as another: 1.5 s in the median
    notes = [Note(0.1 + 0.4 * i, 67, 90, 0.35) for i in range(3)] + [Note(0.1, 60, 90, 0.35)]
    mono = np.sum([tone(note, 3.0, 10.0, 0.2) for note in notes], axis=0)
    first, second, last, other = with_offsets(undecided, mono, notes)
    assert first.end_s <= second.start_s + 0.011
    assert second.end_s <= last.start_s + 0.011
    assert last.duration_s > 0.5
    assert other.duration_s > 0.5
    # A key heard twice at nearly the same time ends somewhere all the same.
    trill = [Note(0.1, 67, 90, 0.3), Note(0.14, 67, 90, 0.3)]
    assert with_offsets(undecided, mono, trill)[0].duration_s >= 0.05
