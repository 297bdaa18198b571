"""Presets are listened to when they are made, once, and what was heard is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.encoders.base import AudioEncoding
from core.encoders.deferred import DeferredEncoder
from core.encoders.embed import resolve
from core.errors import AudioError, Cancelled, ModelMissing, SettingsError
from core.library import Library, PresetBlend
from core.library.embeddings.kept import KeptEmbeddings
from core.progress import ProgressCallback, always_continue
from core.timbre import AudioTimbre, Blend, TextTimbre
from core.types import FloatArray
from tests.helpers.library import MakeTone, SeedEncoder


class RemarkingEncoder(SeedEncoder):
    """Finds something to say about every recording."""

    def encode_audio_with_remarks(
        self,
        audio: FloatArray,
        sample_rate: int,
        on_progress: ProgressCallback = always_continue,
    ) -> AudioEncoding:
        return AudioEncoding(self.encode_audio(audio, sample_rate), ("it hums", "it is short"))


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> RemarkingEncoder:
    encoder = RemarkingEncoder()
    monkeypatch.setattr(
        "core.library.embeddings.listener.deferred_encoder", lambda _bundle: encoder
    )
    return encoder


@pytest.fixture
def listening(tmp_path: Path, ear: RemarkingEncoder) -> Iterator[Library]:
    with Library.open(tmp_path / "listening.sqlite", with_factory_bank=False) as opened:
        yield opened


def kept_in(library: Library) -> KeptEmbeddings:
    return KeptEmbeddings(library.path.with_suffix(".cache"))


def test_a_preset_that_was_made_is_not_listened_to_again(
    listening: Library, ear: RemarkingEncoder, make_tone: MakeTone
) -> None:
    listening.add("tone", AudioTimbre(make_tone("a.wav", 220)))
    listening.add("words", TextTimbre("warm bass"))
    listening.add("mix", PresetBlend((("tone", 0.5), ("words", 0.5))))
    listening.add("own mix", Blend(((TextTimbre("warm bass"), 0.3), (TextTimbre("reed"), 0.7))))
    listening.edit("words", timbre=TextTimbre("cold bass"))
    listening.edit("words", name="renamed", tags=["low"], rating=3)
    assert ear.calls == 4  # the tone, and three descriptions
    assert listening.update_embeddings(ear).computed == 0
    assert len(listening.similar(listening.get("tone"), ear)) == 3
    assert ear.calls == 4
    assert kept_in(listening).look_up(TextTimbre("cold  bass"), ear) is not None


@pytest.mark.parametrize("preset", ["tone", "words", "mix"])
def test_an_imported_preset_is_listened_to_with_its_parts(
    listening: Library, ear: RemarkingEncoder, make_tone: MakeTone, tmp_path: Path, preset: str
) -> None:
    listening.add("tone", AudioTimbre(make_tone("a.wav", 220)))
    listening.add("words", TextTimbre("warm bass"))
    listening.add("mix", PresetBlend((("tone", 0.5), ("words", 0.5))))
    file = listening.export(preset, tmp_path)
    remarks: list[str] = []
    with Library.open(tmp_path / "b" / "other.sqlite", with_factory_bank=False) as other:
        calls = ear.calls
        imported = other.import_(file, on_remark=remarks.append)
        assert ear.calls == calls + {"tone": 1, "words": 1, "mix": 2}[preset]
        assert other.update_embeddings(ear).computed == 0
        other.import_(file)
        assert kept_in(other).look_up(other.recipe(imported), ear) is not None
    assert len(remarks) == (0 if preset == "words" else 2)


def test_what_was_said_about_a_recording_is_said_again_when_it_is_found(
    listening: Library, ear: RemarkingEncoder, make_tone: MakeTone
) -> None:
    said: list[str] = []
    listening.add("tone", AudioTimbre(make_tone("a.wav", 220)), on_remark=said.append)
    assert said == ["a.wav: it hums", "a.wav: it is short"]
    found = kept_in(listening).look_up(listening.recipe("tone"), ear)
    assert found is not None
    assert list(found.remarks) == said
    assert np.array_equal(found.embedding, resolve(listening.recipe("tone"), ear))
    words = kept_in(listening).look_up(TextTimbre("none"), ear)
    assert words is None


def test_the_same_sound_under_another_name_is_known(
    listening: Library, ear: RemarkingEncoder, make_tone: MakeTone, tmp_path: Path
) -> None:
    tone = make_tone("a.wav", 220)
    listening.add("tone", AudioTimbre(tone))
    copy = tmp_path / "copy.wav"
    copy.write_bytes(tone.read_bytes())
    calls = ear.calls
    listening.add("again", AudioTimbre(copy))
    assert ear.calls == calls
    assert kept_in(listening).look_up(AudioTimbre(tmp_path / "gone.wav"), ear) is None


def fail(error: Exception) -> Callable[..., FloatArray]:
    def encode(*_: object) -> FloatArray:
        raise error

    return encode


def test_a_missing_model_leaves_it_for_later(
    listening: Library, ear: RemarkingEncoder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ear, "encode_text", fail(ModelMissing("pull it")))
    listening.add("words", TextTimbre("warm bass"))
    with Library.open(
        tmp_path / "l.sqlite", with_factory_bank=False, model="never-heard-of"
    ) as library:
        library.add("words", TextTimbre("warm bass"))
        library.edit("words", timbre=TextTimbre("cold"))
    monkeypatch.undo()
    assert listening.update_embeddings(ear).computed == 1


def test_what_cannot_be_heard_is_refused_and_nothing_is_saved(
    listening: Library, ear: RemarkingEncoder, make_tone: MakeTone, monkeypatch: pytest.MonkeyPatch
) -> None:
    tone = AudioTimbre(make_tone("a.wav", 220))
    with pytest.raises(Cancelled):
        listening.add("tone", tone, on_progress=lambda _fraction: False)
    monkeypatch.setattr(ear, "encode_audio", fail(AudioError("it is silent")))
    with pytest.raises(AudioError):
        listening.add("tone", tone)
    opposite = Blend(((TextTimbre("a"), 1.0), (TextTimbre("b"), 1.0)), "linear")
    monkeypatch.setattr("core.encoders.embed.linear_mean", fail(SettingsError("they cancel out")))
    with pytest.raises(SettingsError):
        listening.add("nothing", opposite)
    assert listening.list().total == 0
    assert not list(listening.path.with_suffix(".recordings").rglob("*.wav"))
    listening.add("a", TextTimbre("a"))
    remarks: list[str] = []
    blend = PresetBlend((("a", 1.0), ("a", 1.0)), "linear")
    listening.add("of presets", blend, on_remark=remarks.append)
    assert remarks == ["of presets: they cancel out"]


def test_a_name_that_is_taken_is_refused_before_the_listening(
    listening: Library, ear: RemarkingEncoder
) -> None:
    listening.add("words", TextTimbre("warm bass"))
    calls = ear.calls
    with pytest.raises(Exception, match="already"):
        listening.add("Words", TextTimbre("else"))
    with pytest.raises(Exception, match="no preset"):
        listening.edit("none", timbre=TextTimbre("else"))
    assert ear.calls == calls


def test_a_cache_that_cannot_be_written_loses_no_preset(
    listening: Library, ear: RemarkingEncoder, make_tone: MakeTone
) -> None:
    listening.path.with_suffix(".cache").write_text("in the way")
    listening.add("words", TextTimbre("warm bass"))
    listening.add("tone", AudioTimbre(make_tone("a.wav", 220)))
    assert listening.list().total == 2


def test_an_encoder_is_loaded_when_it_first_encodes() -> None:
    loaded: list[SeedEncoder] = []

    def load() -> SeedEncoder:
        loaded.append(SeedEncoder())
        return loaded[-1]

    encoder = DeferredEncoder("id", "5" * 64, "f" * 64, load)
    assert (encoder.id, encoder.sha256, encoder.fingerprint) == ("id", "5" * 64, "f" * 64)
    assert not loaded
    sound = np.full((1, 100), 0.1, np.float32)
    same = SeedEncoder()
    assert np.array_equal(encoder.encode_text("a"), same.encode_text("a"))
    assert np.array_equal(encoder.encode_audio(sound, 100), same.encode_audio(sound, 100))
    assert np.array_equal(encoder.encode_audio_fast(sound, 100), same.encode_audio(sound, 100))
    assert not encoder.encode_audio_with_remarks(sound, 100).remarks
    assert len(loaded) == 1
