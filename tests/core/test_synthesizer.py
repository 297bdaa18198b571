"""The façade: what a program that embeds Timbre Bridge relies on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import torch

from core import AudioTimbre, Blend, Clip, Morph, Note, Synthesizer, TextTimbre
from core.audio import read_audio, write_wav
from core.errors import AudioError, Cancelled, MidiError, ModelDamaged, ModelMissing, SettingsError
from core.midi import write_midi
from core.models.registry import Registry
from core.provenance import read_provenance
from core.settings import RenderSettings
from core.threads import computing
from core.types import EmbeddingPath
from tests.core.engines.tokensynth import tiny
from tests.helpers.bundles import write_tiny_bundle

CLIP = Clip.of("riff", [Note(0.2 * i, 50 + 3 * i, 70 + 8 * i, 0.3) for i in range(6)])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    home = tmp_path_factory.mktemp("home")
    write_tiny_bundle(home / "models" / "tiny")
    return Registry(home / "models", cache_dir=home / "cache")


@pytest.fixture(scope="module")
def synth(registry: Registry) -> Synthesizer:
    return Synthesizer.load("tiny", registry=registry)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    t = np.arange(44_100) / 44_100
    path = tmp_path / "recording.wav"
    write_wav(
        path, (0.3 * np.sin(2 * np.pi * 330 * t) * np.exp(-3 * t)).astype(np.float32)[None], 44_100
    )
    return path


def test_a_file_and_the_clip_in_it_render_the_same(synth: Synthesizer, tmp_path: Path) -> None:
    write_midi(CLIP, tmp_path / "riff.mid")
    words = TextTimbre("hollow flute")
    from_file = synth.render(tmp_path / "riff.mid", words, seed=3)
    # Times in the file are whole ticks: compare with the clip that was read, not the one written.
    from_clip = synth.render(from_file.provenance.clip, words, seed=3)
    assert np.array_equal(from_file.audio, from_clip.audio)
    assert from_file.audio.dtype == np.float32
    assert from_file.audio.ndim == 2


def test_every_kind_of_timbre_sounds_different(synth: Synthesizer, recording: Path) -> None:
    audio, words = AudioTimbre(recording), TextTimbre("hollow flute")
    takes = synth.render_batch(
        [(CLIP, timbre, 0) for timbre in (audio, words, Blend(((audio, 1.0), (words, 1.0))))]
    )
    for first in range(3):
        for second in range(first):
            assert not np.allclose(takes[first].audio, takes[second].audio, atol=1e-4)


def test_a_batch_is_its_items(synth: Synthesizer) -> None:
    items = [(CLIP, TextTimbre("dark pad"), 1), (CLIP, TextTimbre("bright bell"), 2)]
    for take, item in zip(synth.render_batch(items), items, strict=True):
        alone = synth.render(item[0], item[1], seed=item[2])
        np.testing.assert_allclose(take.audio, alone.audio, atol=1e-5)


def test_a_written_take_can_be_repeated_bit_for_bit(
    synth: Synthesizer, recording: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.wav", tmp_path / "second.wav"
    synth.render(CLIP, AudioTimbre(recording), seed=11).write(first, 48_000, "FLOAT")
    recording.unlink()  # the embedding is in the file: the recording is not needed again
    told = read_provenance(first)
    assert told.timbre == AudioTimbre(recording)
    synth.repeat(told).write(second, told.sample_rate, told.subtype)
    assert first.read_bytes() == second.read_bytes()
    assert read_audio(first)[1] == 48_000


def test_other_weights_do_not_pretend_to_repeat(registry: Registry, synth: Synthesizer) -> None:
    write_tiny_bundle(registry.models_dir / "other", "other", seed=1)
    take = Synthesizer.load("other", registry=registry).render(CLIP, TextTimbre("pad"))
    with pytest.raises(ModelMissing, match="other"):
        synth.repeat(take.provenance)


def test_cancel_reaches_the_caller(synth: Synthesizer) -> None:
    with pytest.raises(Cancelled):
        synth.render(CLIP, TextTimbre("pad"), on_progress=lambda fraction: fraction < 0.3)


def test_what_cannot_be_said_is_reported_before_and_with_the_take(synth: Synthesizer) -> None:
    settings = RenderSettings(top_p=0.5)
    assert [limit.code for limit in synth.limits(CLIP, settings)] == ["setting_ignored"]
    take = synth.render(CLIP, TextTimbre("pad"), settings=settings)
    assert [limit.code for limit in take.limits] == ["setting_ignored"]


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_outside_the_range_are_refused(synth: Synthesizer, seed: int) -> None:
    with pytest.raises(SettingsError, match="seed"):
        synth.render(CLIP, TextTimbre("pad"), seed=seed)


def test_a_missing_score_is_one_clear_error(synth: Synthesizer, tmp_path: Path) -> None:
    with pytest.raises(MidiError, match="no-such"):
        synth.render(tmp_path / "no-such.mid", TextTimbre("pad"))


def test_devices_this_machine_lacks_are_refused(registry: Registry) -> None:
    for device in ("cuda:97", "tpu", "cpu:0:0"):
        with pytest.raises(SettingsError, match="usable: cpu"):
            Synthesizer.load("tiny", device, registry)


def test_damaged_weights_are_named_and_not_loaded(registry: Registry) -> None:
    folder = write_tiny_bundle(registry.models_dir / "hurt", "hurt")
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\xff\xff\xff\xff")
    with pytest.raises(ModelDamaged, match=r"weights\.safetensors"):
        Synthesizer.load("hurt", registry=registry)
    with pytest.raises(ModelMissing, match="tiny"):
        Synthesizer.load("no-such-model", registry=registry)


def test_played_live_it_sounds_as_rendered(synth: Synthesizer, recording: Path) -> None:
    clip = Clip.of("two", [Note(0.0, 57, 90, 0.2), Note(0.1, 64, 70, 0.1)])
    rendered = synth.render(clip, AudioTimbre(recording), seed=4).audio[0]
    stream = synth.stream(AudioTimbre(recording), seed=4)
    stream.note_on(57, 90)
    stream.note_on(64, 70, at=4_410)
    stream.note_off(57, at=8_820)
    stream.note_off(64, at=8_820)
    live = np.concatenate([stream.process(8_821), stream.process(len(rendered))])
    heard = live[stream.latency : stream.latency + len(rendered)]
    peak = np.abs(heard).max()
    assert peak > 1e-3
    whole = rendered[: len(heard)]
    if peak > 1.0:  # a render of a loud clip is made softer as a whole; a stream cannot be
        whole = whole * (peak / np.abs(whole).max())
    np.testing.assert_allclose(heard / max(peak, 1.0), whole / max(peak, 1.0), atol=1e-3)


def test_an_engine_of_whole_clips_cannot_be_played_live(synth: Synthesizer) -> None:
    whole = Synthesizer(tiny.engine(), synth.bundle, "cpu")
    with pytest.raises(SettingsError, match="play live with embedded"):
        whole.stream(TextTimbre("organ"))
    with pytest.raises(SettingsError, match="whole clips only"):
        whole.engine.stream(synth.embed(TextTimbre("organ")))


def test_every_form_of_a_clip_and_a_timbre_renders_the_same(
    synth: Synthesizer, recording: Path
) -> None:
    rows = [[n.start_s, n.end_s, n.pitch, n.velocity] for n in CLIP.notes]
    told = synth.render(CLIP, TextTimbre("hollow flute"), seed=3)
    for clip in (np.array(rows), rows, list(CLIP.notes)):
        take = synth.render(clip, "hollow flute", seed=3)
        np.testing.assert_allclose(take.audio, told.audio, atol=1e-5)
    samples, rate = read_audio(recording)
    from_file = synth.embed(recording)
    for sound in (samples, samples.T, torch.from_numpy(samples), np.concatenate([samples] * 2)):
        assert float(synth.embed((sound, rate)) @ from_file) > 0.999
    integers = np.round(samples * 32767).astype(np.int16)
    assert float(synth.embed((rate, integers)) @ from_file) > 0.99
    both = Blend(((AudioTimbre(recording), 1.0), (TextTimbre("hollow flute"), 1.0)))
    mixed = synth.embed({recording: 1, "hollow flute": 1})
    np.testing.assert_array_equal(mixed, synth.embed(both))


def test_samples_are_listened_to_as_strictly_as_files(synth: Synthesizer) -> None:
    sound = np.sin(np.arange(22_050) / 8).astype(np.float32)
    for wrong, words in (
        (sound * 0, "the recording is silent"),
        (sound * np.float32("nan"), "NaN"),
        (sound[:99], "at least 0.05 s"),
    ):
        with pytest.raises(AudioError, match=words):
            synth.embed((wrong, 22_050))
    quiet = np.zeros(70 * 8_000, np.float32)
    late = np.concatenate([quiet, sound])  # its first sound is beyond a minute
    assert np.isfinite(synth.embed((late, 8_000))).all()


def test_a_take_of_samples_keeps_its_provenance(synth: Synthesizer, tmp_path: Path) -> None:
    sound = np.sin(np.arange(22_050) / 8).astype(np.float32)
    take = synth.render(CLIP, (sound, 22_050))
    told = read_provenance(take.save(tmp_path / "x.wav"))
    assert "a recording of 1.0 s" in repr(take)
    np.testing.assert_array_equal(synth.repeat(told).audio, take.audio)


def test_what_a_score_says_that_is_not_played_is_remarked_on(
    synth: Synthesizer, tmp_path: Path
) -> None:
    score = mido.MidiFile()
    track = score.add_track()
    for channel, key in ((0, 60), (9, 36)):
        track.append(mido.Message("note_on", note=key, velocity=90, channel=channel))
        track.append(mido.Message("note_off", note=key, time=240, channel=channel))
    score.save(tmp_path / "drums.mid")
    for given in (score, tmp_path / "drums.mid"):
        remarks: list[str] = []
        synth.render(given, "pad", on_remark=remarks.append)
        assert len(remarks) == 1
        assert "channel 10" in remarks[0] or "drum" in remarks[0]


def test_a_callback_that_answers_nothing_cancels_nothing(synth: Synthesizer) -> None:
    fractions: list[float] = []
    take = synth.render(CLIP, "pad", on_progress=fractions.append)  # type: ignore[arg-type]
    assert fractions[-1] == 1.0
    fractions.clear()
    synth.repeat(take.provenance, fractions.append)  # type: ignore[arg-type]
    assert fractions[-1] == 1.0


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"seed": None}, "the seed is None"),
        ({"seed": True}, "the seed is True"),
        ({"seed": 1.5}, "the seed is 1.5"),
        ({"settings": "hot"}, "settings is 'hot'"),
        ({"settings": np.ones(3)}, "settings is an array"),
        ({"on_progress": True}, r"on_progress is True .* core\.tqdm_progress"),
        ({"on_progress": None}, "on_progress is None"),
        ({"on_remark": None}, "on_remark is None"),
        ({"preset": "Small Bell"}, "the preset is 'Small Bell'"),
        ({"clip": None}, "the clip is None"),
        ({"clip": TextTimbre("bell")}, "the clip comes first"),
        ({"timbre": None}, "the timbre is None"),
        ({"timbre": CLIP}, "the timbre is an object of Clip"),
    ],
)
def test_arguments_of_other_types_are_one_type_error(
    synth: Synthesizer, named: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError, match=words) as caught:
        synth.render(**{"clip": CLIP, "timbre": "pad", **named})
    assert "\n" not in str(caught.value)


def test_every_entry_of_the_facade_checks_its_types(synth: Synthesizer, registry: Registry) -> None:
    entries: list[tuple[Callable[..., object], tuple[Any, ...]]] = [
        (Synthesizer.load, (Path("tiny"),)),
        (Synthesizer.load, ("tiny", 0, registry)),
        (Synthesizer.load, ("tiny", None, "models")),
        (synth.render_batch, (None,)),
        (synth.render_batch, ((CLIP, "pad", 1),)),
        (synth.render_batch, ([(CLIP, "pad")],)),
        (synth.embed, (None,)),
        (synth.stream, (None,)),
        (synth.limits, (None,)),
        (synth.limits, (CLIP, 3)),
        (synth.repeat, ("take.wav",)),
        (read_provenance, (synth,)),
        (read_audio, (np.ones(3),)),
        (write_wav, (np.ones((1, 3)), "x.wav", 44_100)),
        (write_wav, ("x.wav", 44_100, np.ones((1, 3)))),
        (RenderSettings, ("hot",)),
    ]
    for entry, given in entries:
        with pytest.raises(TypeError, match=r" (is|holds) .*; give ") as caught:
            entry(*given)
        assert "\n" not in str(caught.value)
    with pytest.raises(TypeError, match="max_voices is 'x'"):
        synth.stream("pad", max_voices="x")  # type: ignore[arg-type]


def test_numbers_of_numpy_are_settings_and_seeds(synth: Synthesizer) -> None:
    settings = RenderSettings(top_k=np.int64(3), temperature=np.float32(0.5))  # type: ignore[arg-type]
    assert settings == {"top_k": 3, "temperature": 0.5}
    assert synth.render(CLIP, "pad", seed=np.uint32(7)).provenance.seed == 7  # type: ignore[arg-type]


def test_sound_is_written_either_way_round(tmp_path: Path) -> None:
    stereo = np.stack([np.linspace(-1, 1, 500), np.linspace(1, 0, 500)]).astype(np.float32)
    for index, given in enumerate((stereo, stereo.T, torch.from_numpy(stereo))):
        write_wav(tmp_path / f"{index}.wav", given, 44_100, subtype="FLOAT")
        np.testing.assert_array_equal(read_audio(tmp_path / f"{index}.wav")[0], stereo)
    write_wav(tmp_path / "i.wav", np.array([-32768, 0, 32767], np.int16), 44_100, subtype="FLOAT")
    assert read_audio(tmp_path / "i.wav")[0][0].tolist() == pytest.approx([-1, 0, 1], abs=1e-4)


MOVING = Morph({0: TextTimbre("hollow flute"), 1: TextTimbre("steel drum")})


def test_a_morph_moves_through_each_clip_and_repeats(synth: Synthesizer, tmp_path: Path) -> None:
    twice = Clip.of("twice", CLIP.notes, 2 * CLIP.length_s)
    takes = synth.render_batch([(CLIP, MOVING, 4), (CLIP, MOVING, 5), (twice, MOVING, 4)])
    paths = [take.provenance.embedding for take in takes]
    assert all(isinstance(path, EmbeddingPath) for path in paths)
    assert [path.times_s.tolist() for path in paths if isinstance(path, EmbeddingPath)] == [
        [0.0, CLIP.length_s], [0.0, CLIP.length_s], [0.0, twice.length_s],
    ]  # fmt: skip
    assert takes[0].provenance.gain_db == takes[2].provenance.gain_db
    told = read_provenance(takes[0].write(tmp_path / "take.wav", subtype="FLOAT"))
    assert told.timbre == MOVING
    again = synth.repeat(told)
    assert np.array_equal(again.audio, takes[0].audio)
    assert np.array_equal(synth.render(CLIP, MOVING, seed=5).audio, takes[1].audio)
    by_position = synth.render(CLIP, {0: "hollow flute", 1: "steel drum"}, seed=4)
    assert np.array_equal(by_position.audio, takes[0].audio)
    sounds = [synth.render(CLIP, timbre, seed=4).audio for _, timbre in MOVING.points]
    assert not any(np.array_equal(takes[0].audio, sound) for sound in sounds)
    assert "hollow flute" in repr(takes[0])


def test_a_morph_played_live_moves_where_it_is_told_how_long(synth: Synthesizer) -> None:
    def heard(timbre: Morph, length_s: float | None) -> np.ndarray:
        stream = synth.stream(timbre, seed=4, length_s=length_s)
        for note in CLIP.notes:
            stream.note_on(note.pitch, note.velocity, at=round(note.start_s * 44_100))
            stream.note_off(note.pitch, at=round(note.end_s * 44_100))
        samples = round(CLIP.length_s * 44_100)
        return stream.process(samples + stream.latency)[stream.latency :]

    with computing(True):
        moving = heard(MOVING, CLIP.length_s)
    rendered = synth.render(CLIP, MOVING, seed=4).audio[0, : len(moving)]
    assert np.abs(moving - rendered).max() < 1e-3
    mean = synth.stream(MOVING, seed=4)
    still = synth.engine.stream(synth.embed(MOVING), seed=4)
    gain = 10 ** (synth.gain_db(synth.embed(MOVING)) / 20)
    for stream in (mean, still):
        stream.note_on(60, 90)
    with computing(True):
        mean_sound, still_sound = mean.process(9000), still.process(9000)
    np.testing.assert_allclose(mean_sound, gain * still_sound, atol=1e-5)


def test_limits_say_that_an_engine_cannot_move(synth: Synthesizer) -> None:
    still = Synthesizer(tiny.engine(), synth.bundle, "cpu")
    assert "embedding_path" not in {limit.code for limit in still.limits(CLIP)}
    for timbre in (MOVING, {0: "a", 1: "b"}):
        (limit,) = (
            limit for limit in still.limits(CLIP, timbre=timbre) if limit.code == "embedding_path"
        )
        assert limit.message == (
            "the tokensynth engine cannot play a timbre that moves: its mean over the clip sounds"
        )
    assert synth.limits(CLIP, timbre=MOVING) == []
    assert still.limits(CLIP, timbre="a") == still.limits(CLIP)
