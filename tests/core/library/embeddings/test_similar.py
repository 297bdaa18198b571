"""Nearest presets, and the embeddings behind them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.encoders.base import AudioEncoding, unit
from core.encoders.embed import resolve
from core.errors import Cancelled
from core.library import Library, PresetBlend
from core.library.embeddings.vectors import RECORD_BYTES, VectorFile
from core.library.rows import find_row
from core.threads import VARIABLE
from core.timbre import AudioTimbre, TextTimbre
from core.types import EMBEDDING_DIM, FloatArray
from tests.helpers.library import MakeTone, SeedEncoder


@pytest.fixture
def filled(library: Library, make_tone: MakeTone) -> Library:
    for number in range(40):
        library.add(f"words {number}", TextTimbre(f"sound {number}"))
    library.add("tone", AudioTimbre(make_tone("a.wav", 220)))
    library.add("mix", PresetBlend((("words 1", 0.9), ("words 2", 0.1))))
    return library


def vector_file(library: Library) -> Path:
    (path,) = library.path.with_suffix(".cache").rglob("*.f32")
    return path


def test_the_nearest_are_those_of_an_exhaustive_comparison(
    filled: Library, encoder: SeedEncoder
) -> None:
    near = TextTimbre("something new")
    neighbours = filled.similar(near, encoder, limit=7)
    vector = resolve(near, encoder)
    truth = sorted(
        (
            (float(resolve(filled.recipe(preset), encoder) @ vector), preset.name)
            for preset in filled.list(limit=100).presets
        ),
        reverse=True,
    )
    assert [item.preset.name for item in neighbours] == [name for _, name in truth[:7]]
    assert [item.similarity for item in neighbours] == pytest.approx(
        [value for value, _ in truth[:7]], abs=1e-6
    )


def test_sounds_are_listened_to_with_one_thread(
    filled: Library, encoder: SeedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    seen: list[int] = []
    encode = SeedEncoder.encode_text

    def watched(self: SeedEncoder, text: str) -> FloatArray:
        seen.append(torch.get_num_threads())
        return encode(self, text)

    monkeypatch.setattr(SeedEncoder, "encode_text", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        filled.similar(TextTimbre("something new"), encoder, 1)
        assert len(seen) > 40
        assert set(seen) == {1}
        encoder.has_small_steps = False  # as of encoders with large ones
        filled.similar(TextTimbre("something newer"), encoder, 1)
        assert seen[-1] == 2
    finally:
        torch.set_num_threads(before)


def test_a_preset_is_compared_with_the_others(filled: Library, encoder: SeedEncoder) -> None:
    assert filled.similar(filled.get("mix"), encoder, 1)[0].preset.name == "words 1"
    everything = filled.similar(filled.get("mix"), encoder, 100)
    assert len(everything) == 41
    assert "mix" not in {item.preset.name for item in everything}


def test_a_recording_or_a_vector_can_be_compared_with(
    filled: Library, encoder: SeedEncoder, tmp_path: Path
) -> None:
    nearest = filled.similar(AudioTimbre(tmp_path / "a.wav"), encoder, 1)[0]
    assert nearest.preset.name == "tone"
    assert nearest.similarity == pytest.approx(1.0)
    vector = encoder.encode_text("sound 7")
    assert filled.similar(vector, encoder, 1)[0].preset.name == "words 7"


def test_embeddings_are_computed_once(filled: Library, encoder: SeedEncoder) -> None:
    assert filled.update_embeddings(encoder).computed == 42
    calls = encoder.calls
    filled.similar(filled.get("tone"), encoder)
    with Library.open(filled.path, with_factory_bank=False, model=None) as again:
        again.similar(again.get("tone"), encoder)
    assert encoder.calls == calls
    filled.edit("tone", timbre=TextTimbre("else"), name="renamed")
    filled.add("same words as another", TextTimbre("sound 3"))
    assert filled.update_embeddings(encoder).computed == 1


def test_another_encoder_has_embeddings_of_its_own(filled: Library, encoder: SeedEncoder) -> None:
    filled.update_embeddings(encoder)
    other = SeedEncoder("6" * 64)
    assert filled.update_embeddings(other).computed == 42
    vector = other.encode_text("sound 7")
    assert filled.similar(vector, other, 1)[0].similarity == pytest.approx(1.0)
    assert filled.similar(vector, encoder, 1)[0].similarity < 0.5


def test_edited_and_removed_presets_are_not_found_as_they_were(
    filled: Library, encoder: SeedEncoder
) -> None:
    old = encoder.encode_text("sound 7")
    filled.update_embeddings(encoder)
    filled.edit("words 7", timbre=TextTimbre("quite another"))
    assert filled.similar(old, encoder, 1)[0].similarity < 0.5
    new = encoder.encode_text("quite another")
    assert filled.similar(new, encoder, 1)[0].preset.name == "words 7"
    for number in range(40):
        filled.remove(f"words {number}")
    # The file's nearest records belong to nobody now; the search looks further.
    assert {item.preset.name for item in filled.similar(old, encoder, 5)} == {"tone", "mix"}


def test_another_store_does_not_hide_what_lies_under_removed_presets(
    library: Library, encoder: SeedEncoder
) -> None:
    """Presets that shipped are far, those of the cache nearer, with removed ones before them."""
    near = encoder.encode_text("near")
    rows = {}
    for number in range(120):
        preset = library.add(f"{number}", TextTimbre(f"sound {number}"))
        with library._database.read() as connection:
            digest = find_row(connection, preset.id).digest
        angle = 0.01 * number
        other = encoder.encode_text(f"other {number}")
        other -= (other @ near) * near
        rows[digest] = np.float32(np.cos(angle)) * near + np.float32(np.sin(angle)) * unit(other)
    kept = library._listener.kept
    digests = list(rows)
    kept.keep({digest: AudioEncoding(rows[digest]) for digest in digests[:80]}, encoder)
    kept.hold({digest: AudioEncoding(rows[digest]) for digest in digests[80:]}, encoder)
    for number in range(60):
        library.remove(f"{number}")
    found = [item.preset.name for item in library.similar(near, encoder, 20)]
    assert found == [f"{number}" for number in range(60, 80)]


def test_cancelling_keeps_what_is_done(
    filled: Library, encoder: SeedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.library.embeddings.similar._BATCH", 4)
    fractions: list[float] = []

    def stop_half_way(fraction: float) -> bool:
        fractions.append(fraction)
        return fraction < 0.5

    with pytest.raises(Cancelled):
        filled.update_embeddings(encoder, stop_half_way)
    assert fractions == sorted(fractions)
    done = encoder.calls
    assert 0 < done < 42
    assert filled.update_embeddings(encoder).computed == 42 - done


def test_a_preset_that_cannot_be_heard_is_named_and_tried_again(
    filled: Library, encoder: SeedEncoder
) -> None:
    held = filled.recipe("tone")
    assert isinstance(held, AudioTimbre)
    sound = Path(held.path).read_bytes()
    Path(held.path).unlink()
    outcome = filled.update_embeddings(encoder)
    assert outcome.computed == 41
    assert [name for name, _ in outcome.failed] == ["tone"]
    assert len(filled.similar(encoder.encode_text("sound 1"), encoder, 100)) == 41
    Path(held.path).write_bytes(sound)
    assert filled.update_embeddings(encoder).computed == 1


def test_the_cache_may_go_at_any_time(filled: Library, encoder: SeedEncoder) -> None:
    filled.update_embeddings(encoder)
    vector_file(filled).unlink()
    assert filled.similar(encoder.encode_text("sound 9"), encoder, 1)[0].preset.name == "words 9"
    vector_file(filled).write_bytes(b"not ours" * 1000)
    assert filled.similar(encoder.encode_text("sound 9"), encoder, 1)[0].preset.name == "words 9"


def test_a_record_cut_short_by_a_crash_is_written_over(tmp_path: Path) -> None:
    rows = np.eye(4, EMBEDDING_DIM, dtype=np.float32)
    digests = [bytes([number]) * 32 for number in range(4)]
    file = VectorFile(tmp_path / "v.f32")
    file.append(digests[:2], list(rows[:2]))
    with file.path.open("ab") as stream:
        stream.write(b"\xff" * (RECORD_BYTES // 2))
    assert len(file.open().embeddings) == 2
    VectorFile(file.path).append(digests[2:], list(rows[2:]))
    vectors = file.open()
    assert np.array_equal(vectors.embeddings, rows)
    for digest, row in zip(digests, rows, strict=True):
        assert np.array_equal(vectors.find(digest), row)  # type: ignore[arg-type]
    assert vectors.find(b"?" * 32) is None


def test_spoilt_records_are_never_the_nearest(tmp_path: Path) -> None:
    rows = np.full((3, EMBEDDING_DIM), np.nan, np.float32)
    rows[1] = 1e30
    rows[2] = np.eye(1, EMBEDDING_DIM)
    file = VectorFile(tmp_path / "v.f32")
    file.append([bytes([number]) * 32 for number in range(3)], list(rows))
    assert list(file.open().similarities(rows[2])) == [-2.0, -2.0, 1.0]


def test_a_cache_that_cannot_be_written_costs_time_only(
    filled: Library, encoder: SeedEncoder
) -> None:
    cache = filled.path.with_suffix(".cache")
    cache.write_text("in the way")
    (nearest,) = filled.similar(filled.get("mix"), encoder, 1)
    assert nearest.preset.name == "words 1"
    cache.unlink()
    with Library.open(filled.path, with_factory_bank=False, model=None) as again:
        assert again.update_embeddings(encoder).computed == 42  # nothing says that they are kept
        assert again.update_embeddings(encoder).computed == 0
