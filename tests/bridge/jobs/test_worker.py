"""The real worker, with small random weights: faults stay with their job, caches stay bounded."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from bridge.jobs import worker as worker_module
from bridge.jobs.model import JobRequest
from bridge.jobs.process import WorkerProcess
from bridge.jobs.worker import RenderWorker
from bridge.jobs.worker_messages import (
    Answer,
    BatchEnded,
    BatchProgress,
    CancelBatch,
    ClipRemarks,
    FindLimits,
    JobFailed,
    JobOrder,
    LimitsFound,
    LoadModel,
    ModelFailed,
    ModelReady,
    RenderBatch,
    TakeOrder,
    TakeRendered,
    WorkerDied,
    WorkerOrder,
    answer_from_line,
    to_line,
)
from core.audio import read_audio
from core.audio.loudness import integrated_loudness
from core.clip import Clip, Note
from core.encoders.base import AudioEncoding
from core.encoders.embedded.encoder import EmbeddedEncoder
from core.engines.base import RenderRequest
from core.engines.embedded.engine import EmbeddedEngine
from core.leveling.phrase import LOUDNESS_PHRASE, TARGET_LUFS
from core.library import Library
from core.models.registry import Registry
from core.progress import ProgressCallback
from core.provenance import embedding_to_json, read_provenance
from core.settings import RenderSettings
from core.synthesizer import Synthesizer
from core.timbre import AudioTimbre, Blend, Morph, TextTimbre
from core.types import EmbeddingPath, FloatArray
from tests.bridge.conftest import request
from tests.helpers.bundles import write_tiny_bundle

AS_PLAYED = RenderSettings(gain=0.0)
"""Random weights may be so loud that a file has to be made softer, which is remarked on."""

pytestmark = pytest.mark.usefixtures("models", "one_thread")


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Small networks gain nothing from threads, and lose much on a loaded machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user's models, with three small ones in it."""
    monkeypatch.setenv("TIMBRE_HOME", str(tmp_path))
    for seed, name in enumerate(("one", "two", "three")):
        write_tiny_bundle(tmp_path / "models" / name, name, seed)
    return tmp_path / "models"


def job(seq: int, folder: Path, *takes: int, **changes: Any) -> JobOrder:
    """A job of a model that is there, ordered as the queue orders it."""
    model = changes.setdefault("model", "one")
    changes.setdefault("model_sha256", Registry().resolve(model).sha256)
    ordered: JobRequest = request(str(seq), **changes)
    paths = tuple(TakeOrder(take, folder / f"{seq}-{take}.wav") for take in takes or (0,))
    return JobOrder(seq, ordered, paths)


def carry_out(*orders: WorkerOrder, by: RenderWorker | None = None) -> list[Answer]:
    """What a worker of this process answers, progress left out."""
    stream = io.StringIO()
    worker = by or RenderWorker(stream, "cpu")
    worker._answers = stream
    worker.read(io.StringIO("".join(to_line(order) + "\n" for order in orders)))
    worker.run()
    answers = [answer_from_line(line) for line in stream.getvalue().splitlines()]
    return [answer for answer in answers if not isinstance(answer, BatchProgress)]


def break_engine(monkeypatch: pytest.MonkeyPatch, name: str) -> list[int]:
    """Have the engine raise whenever a clip of this name is among its requests.

    Returns:
        The sizes of the batches it was given, growing; the phrase that gains need is not counted.
    """
    sizes = []
    render = EmbeddedEngine.render

    def failing(
        self: EmbeddedEngine, requests: Sequence[RenderRequest], on_progress: ProgressCallback
    ) -> list[FloatArray]:
        if requests[0].clip != LOUDNESS_PHRASE:
            sizes.append(len(requests))
        if any(request.clip.name == name for request in requests):
            raise RuntimeError(f"no sound\nfor {name}")
        return render(self, requests, on_progress)

    monkeypatch.setattr(EmbeddedEngine, "render", failing)
    return sizes


def test_a_batch_becomes_files_with_their_provenance(tmp_path: Path) -> None:
    first, second = job(1, tmp_path, 0, 2, seed=5, takes=3), job(2, tmp_path, seed=9)
    answers = carry_out(RenderBatch(7, (first, second)))
    assert answers[-1] == BatchEnded(7)
    rendered = [answer for answer in answers if isinstance(answer, TakeRendered)]
    assert [(take.batch, take.seq, take.take) for take in rendered] == [
        (7, 1, 0), (7, 1, 2), (7, 2, 0),
    ]  # fmt: skip
    for take, seed, ordered in zip(rendered, (5, 7, 9), (first, first, second), strict=True):
        provenance = read_provenance(take.path)
        assert (provenance.seed, provenance.clip) == (seed, ordered.request.clip)
        assert (provenance.timbre, provenance.preset) == (
            ordered.request.timbre,
            ordered.request.preset,
        )
        assert take.sample_rate == provenance.sample_rate
        assert take.frames > 0


def test_a_recording_that_was_rendered_is_not_listened_to_again_as_a_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "hiss.wav"
    soundfile.write(recording, np.random.default_rng(0).uniform(-0.5, 0.5, 44_100), 44_100)
    remarks = [
        answer.remarks
        for answer in carry_out(
            RenderBatch(7, (job(0, tmp_path, timbre=AudioTimbre(recording), settings=AS_PLAYED),))
        )
        if isinstance(answer, ClipRemarks)
    ]

    def deaf(*_: object) -> None:
        raise AssertionError("it was listened to before")

    monkeypatch.setattr(EmbeddedEncoder, "encode_audio_with_remarks", deaf)
    said: list[str] = []
    with Library.open(with_factory_bank=False, model="one") as library:
        library.add("hiss", AudioTimbre(recording), on_remark=said.append)
    assert remarks == ([tuple(said)] if said else [])


def test_a_preset_that_was_listened_to_is_not_listened_to_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its embedding is the library's, to the bit; a recording's remarks come with it."""
    recording = tmp_path / "hiss.wav"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 44_100)
    soundfile.write(recording, np.stack([noise, np.zeros(44_100)], axis=1), 44_100)
    heard = EmbeddedEncoder.encode_audio_with_remarks

    def remarking(
        encoder: EmbeddedEncoder, audio: FloatArray, rate: int, on_progress: ProgressCallback
    ) -> AudioEncoding:
        return AudioEncoding(heard(encoder, audio, rate, on_progress).embedding, ("it hums",))

    monkeypatch.setattr(EmbeddedEncoder, "encode_audio_with_remarks", remarking)
    said: list[str] = []
    with Library.open(with_factory_bank=False, model="one") as library:
        library.add("words", TextTimbre("warm bass"))
        library.add("hiss", AudioTimbre(recording), on_remark=said.append)
        timbres = [library.recipe(name) for name in ("words", "hiss")]
    assert said[-1].endswith("hiss.wav: it hums")
    level = RenderSettings(gain=0.0)  # of which nothing is to be said
    orders = [
        job(seq, tmp_path, timbre=timbre, settings=level) for seq, timbre in enumerate(timbres)
    ]
    before = carry_out(RenderBatch(7, tuple(orders)))

    def deaf(*_: object) -> None:
        raise AssertionError("it was listened to before")

    monkeypatch.setattr(EmbeddedEncoder, "encode_text", deaf)
    monkeypatch.setattr(EmbeddedEncoder, "encode_audio_with_remarks", deaf)
    again = [
        job(seq + 2, tmp_path, timbre=timbre, settings=level) for seq, timbre in enumerate(timbres)
    ]
    after = carry_out(RenderBatch(7, tuple(again)))
    for answers in (before, after):
        assert sum(isinstance(answer, TakeRendered) for answer in answers) == 2
        remarks = [answer.remarks for answer in answers if isinstance(answer, ClipRemarks)]
        assert remarks == ([tuple(said)] if said else [])
    for seq in (0, 1):
        one, two = (soundfile.read(tmp_path / f"{seq + n}-0.wav")[0] for n in (0, 2))
        assert np.array_equal(one, two)


def test_the_job_that_makes_the_engine_fail_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = break_engine(monkeypatch, "broken")
    jobs = (
        job(1, tmp_path, 0, 1, name="good", takes=2),
        job(2, tmp_path, name="broken"),
        job(3, tmp_path, name="fine"),
    )
    answers = carry_out(RenderBatch(7, jobs))
    done = [(take.seq, take.take) for take in answers if isinstance(take, TakeRendered)]
    assert done == [(1, 0), (1, 1), (3, 0)]
    (failed,) = (answer for answer in answers if isinstance(answer, JobFailed))
    assert (failed.seq, failed.code) == (2, "internal")
    assert failed.message == "RuntimeError: no sound for broken; see the worker's log"
    assert answers[-1] == BatchEnded(7)
    assert sizes == [4, 2, 1, 1]  # together, then job by job
    assert "no sound" in capsys.readouterr().err
    assert not (tmp_path / "2-0.wav").exists()


def test_a_job_alone_is_not_rendered_twice_to_find_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = break_engine(monkeypatch, "broken")
    answers = carry_out(RenderBatch(7, (job(1, tmp_path, 0, 1, name="broken", takes=2),)))
    assert [type(answer) for answer in answers] == [JobFailed, BatchEnded]
    assert sizes == [2]


def test_a_recording_that_is_gone_fails_its_job_and_no_other(tmp_path: Path) -> None:
    gone = job(1, tmp_path, timbre=AudioTimbre(tmp_path / "gone.wav"))
    failed, rendered, ended = carry_out(
        RenderBatch(7, (gone, job(2, tmp_path, settings=AS_PLAYED)))
    )
    assert isinstance(failed, JobFailed)
    assert (failed.seq, failed.code) == (1, "bad_request")
    assert "gone.wav" in failed.message
    assert isinstance(rendered, TakeRendered)
    assert (rendered.seq, ended) == (2, BatchEnded(7))


def test_a_file_that_cannot_be_written_fails_its_job_and_no_other(tmp_path: Path) -> None:
    answers = carry_out(
        RenderBatch(
            7,
            (
                job(1, tmp_path / "no folder", settings=AS_PLAYED),
                job(2, tmp_path, settings=AS_PLAYED),
            ),
        )
    )
    failed, rendered, _ = answers
    assert isinstance(failed, JobFailed)
    assert (failed.seq, failed.code) == (1, "internal")  # our disk, not the client's request
    assert isinstance(rendered, TakeRendered)
    assert rendered.seq == 2


def test_what_the_model_cannot_say_is_remarked_on_once_a_job(tmp_path: Path) -> None:
    settings = RenderSettings(temperature=0.5)
    remarked, *_ = carry_out(RenderBatch(7, (job(1, tmp_path, 0, 1, takes=2, settings=settings),)))
    assert isinstance(remarked, ClipRemarks)
    assert remarked.seq == 1
    assert any("temperature" in remark for remark in remarked.remarks)


def test_what_is_wrong_with_a_recording_is_remarked_on_in_each_job_that_plays_it(
    tmp_path: Path,
) -> None:
    recording = tmp_path / "cut.wav"
    soundfile.write(recording, 0.5 * np.sin(np.arange(44_100) / 32), 44_100)
    recording.write_bytes(recording.read_bytes()[:-40_000])
    timbre = AudioTimbre(recording)
    answers = carry_out(
        RenderBatch(7, (job(1, tmp_path, 0, 1, takes=2, timbre=timbre),)),
        RenderBatch(8, (job(2, tmp_path, timbre=timbre),)),  # its embedding is known by now
    )
    remarks = [answer for answer in answers if isinstance(answer, ClipRemarks)]
    assert [remark.seq for remark in remarks] == [1, 2]
    assert all("cut.wav: it is cut off" in remark.remarks[0] for remark in remarks)


def test_a_model_that_was_changed_after_it_was_asked_for_is_not_used(
    tmp_path: Path, models: Path
) -> None:
    worker = RenderWorker(io.StringIO(), "cpu")
    before = job(1, tmp_path)
    carry_out(RenderBatch(1, (before,)), by=worker)
    write_tiny_bundle(models / "one", "one", seed=99)
    after = job(2, tmp_path)
    assert after.request.model_sha256 != before.request.model_sha256
    carry_out(RenderBatch(2, (after,)), by=worker)  # loaded anew
    for ordered in (before, after):
        rendered_by = read_provenance(ordered.takes[0].path).model_sha256
        assert rendered_by == ordered.request.model_sha256
    late = job(3, tmp_path, model_sha256=before.request.model_sha256)
    failed, ended = carry_out(RenderBatch(3, (late,)), by=worker)
    assert isinstance(failed, JobFailed)
    assert failed.code == "model_missing"
    assert failed.message == "model one was changed after this was asked for; ask again"
    assert ended == BatchEnded(3)
    assert not late.takes[0].path.exists()


def counted(monkeypatch: pytest.MonkeyPatch, name: str, key: Callable[..., object]) -> list[Any]:
    """The arguments of a method of Synthesizer, by a key, at each call from now on."""
    calls: list[Any] = []
    method = getattr(Synthesizer, name)

    def call(*arguments: Any) -> Any:
        calls.append(key(*arguments))
        return method(*arguments)

    monkeypatch.setattr(Synthesizer, name, call)
    return calls


def test_the_models_used_last_are_kept_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = counted(monkeypatch, "load", lambda model, _device: model)
    worker = RenderWorker(io.StringIO(), "cpu")
    for number, model in enumerate(("one", "two", "one", "three", "one", "two")):
        carry_out(RenderBatch(number, (job(number, tmp_path, model=model),)), by=worker)
        assert len(worker._models) <= worker_module._MAX_MODELS == 2
    assert loaded == ["one", "two", "three", "two"]  # "one" was never the one to go


def test_the_embeddings_used_last_are_kept_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "_MAX_EMBEDDINGS", 2)
    embedded = counted(monkeypatch, "embed", lambda _self, timbre, *_: timbre.words)
    worker = RenderWorker(io.StringIO(), "cpu")
    for number, words in enumerate(("bell", "reed", "bell", "bass", "bell", "reed")):
        timbre = TextTimbre(words)
        carry_out(RenderBatch(number, (job(number, tmp_path, timbre=timbre),)), by=worker)
        assert len(worker._embeddings) <= 2
    assert embedded == ["bell", "reed", "bass", "reed"]
    carry_out(
        RenderBatch(9, (job(9, tmp_path, timbre=TextTimbre("reed"), model="two"),)), by=worker
    )
    assert embedded[-1] == "reed"  # another model hears it otherwise
    assert len(embedded) == 5


def test_a_blend_with_other_weights_hears_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = counted(monkeypatch, "embed", lambda _self, timbre, *_: timbre.describe())
    worker = RenderWorker(io.StringIO(), "cpu")
    bell, reed = TextTimbre("bell"), TextTimbre("reed")
    for number, weight in enumerate((0.5, 0.25)):
        blend = Blend(((bell, weight), (Blend(((reed, 1.0), (bell, 1.0))), 1.0 - weight)))
        order = job(number, tmp_path, timbre=blend)
        carry_out(RenderBatch(number, (order,)), by=worker)
        told = read_provenance(order.takes[0].path)
        whole = Synthesizer.load("one", "cpu").embed(blend)
        assert np.array_equal(np.asarray(told.embedding), whole)
        del embedded[-1]  # by this test
    assert embedded == [bell.describe(), reed.describe()]


def test_a_morph_moves_and_its_timbres_are_heard_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded = counted(monkeypatch, "embed", lambda _self, timbre, *_: timbre.describe())
    worker = RenderWorker(io.StringIO(), "cpu")
    bell, reed = TextTimbre("bell"), TextTimbre("reed")
    morph = Morph({0: bell, 0.5: Blend({bell: 1, reed: 1}), 1: reed})
    orders = [job(number, tmp_path, timbre=morph) for number in (1, 2)]
    carry_out(RenderBatch(1, tuple(orders)), by=worker)
    assert embedded == [bell.describe(), reed.describe()]
    told = read_provenance(orders[0].takes[0].path)
    assert told.timbre == morph
    synth = Synthesizer.load("one", "cpu")
    path, meant = told.embedding, synth.embed_in_clip(morph, told.clip.length_s)
    assert isinstance(path, EmbeddingPath)
    assert isinstance(meant, EmbeddingPath)
    assert np.array_equal(path.embeddings, meant.embeddings)
    assert np.array_equal(path.times_s, meant.times_s)


def test_a_batch_cancelled_before_it_begins_makes_no_file(tmp_path: Path) -> None:
    answers = carry_out(RenderBatch(7, (job(1, tmp_path),)), CancelBatch(7), LoadModel("one"))
    assert answers[0] == BatchEnded(7)
    assert isinstance(answers[1], ModelReady)  # it goes on with what comes next
    assert list(tmp_path.glob("*.wav")) == []


def test_a_batch_cancelled_while_it_is_rendered_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = RenderWorker(io.StringIO(), "cpu")
    render = EmbeddedEngine.render

    def cancelled(
        self: EmbeddedEngine, requests: Sequence[RenderRequest], on_progress: ProgressCallback
    ) -> list[FloatArray]:
        worker.read(io.StringIO(to_line(CancelBatch(7)) + "\n"))
        return render(self, requests, on_progress)

    monkeypatch.setattr(EmbeddedEngine, "render", cancelled)
    assert carry_out(RenderBatch(7, (job(1, tmp_path),)), by=worker) == [BatchEnded(7)]
    assert list(tmp_path.glob("*.wav")) == []


def test_a_model_that_is_not_there_is_said() -> None:
    ready, missing = carry_out(LoadModel("one"), LoadModel("nothing"))
    assert isinstance(ready, ModelReady)
    assert isinstance(missing, ModelFailed)
    assert missing.code == "model_missing"
    assert "nothing" in missing.message


def test_the_process_answers_what_it_is_ordered_and_says_when_it_is_killed(tmp_path: Path) -> None:
    worker = WorkerProcess(tmp_path / "worker.log")
    worker.send(LoadModel("one"))
    assert isinstance(worker.model.result(), ModelReady)
    worker.send(RenderBatch(1, (job(1, tmp_path),)))
    answers: list[object] = []
    while not answers or not isinstance(answers[-1], BatchEnded | WorkerDied):
        answers.append(worker.answers.get())
    assert answers[-1] == BatchEnded(1)
    assert any(isinstance(answer, TakeRendered) for answer in answers)
    assert [answer.stage for answer in answers if isinstance(answer, BatchProgress)][:2] == [
        "loading",
        "listening",
    ]
    assert (tmp_path / "1-0.wav").is_file()
    worker.kill()
    assert worker.answers.get() == WorkerDied("SIGKILL")


def test_the_process_ends_with_its_stdin_whatever_it_is_doing(tmp_path: Path) -> None:
    long = Clip.of("long", [Note(0.1 * i, 40 + i % 40, 90, 0.5) for i in range(3000)])
    order = to_line(RenderBatch(1, (job(1, tmp_path, clip=long),)))
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge.jobs.worker", "cpu"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(order + "\n")
        process.stdin.flush()
        for line in process.stdout:
            answer = answer_from_line(line)
            if isinstance(answer, BatchProgress) and answer.stage == "rendering":
                break
        process.stdin.close()
        rest = [answer_from_line(line) for line in process.stdout]
        assert process.wait() == 0
    assert not any(isinstance(answer, TakeRendered) for answer in rest)
    assert list(tmp_path.glob("*.wav")) == []


def test_files_are_equally_loud_unless_a_gain_is_asked_for(tmp_path: Path) -> None:
    asked = (None, -20.0, -26.0)
    jobs = tuple(
        job(seq, tmp_path, clip=LOUDNESS_PHRASE, settings=RenderSettings(gain=gain_db))
        for seq, gain_db in enumerate(asked)
    )
    answers = carry_out(RenderBatch(7, jobs))
    files = [answer.path for answer in answers if isinstance(answer, TakeRendered)]
    loudness = [integrated_loudness(*read_audio(file)) for file in files]
    gains_db = [read_provenance(file).gain_db for file in files]
    assert loudness[0] == pytest.approx(TARGET_LUFS, abs=0.02)
    assert loudness[1] - loudness[2] == pytest.approx(6.0, abs=0.02)
    assert gains_db[1:] == [-20.0, -26.0]


def test_a_file_that_is_made_softer_says_so(tmp_path: Path) -> None:
    ordered = job(1, tmp_path, settings=RenderSettings(gain=24.0))
    remarks, rendered, _ended = carry_out(RenderBatch(7, (ordered,)))
    assert isinstance(remarks, ClipRemarks)
    assert "above full scale" in remarks.remarks[0]
    assert remarks.remarks[0].endswith(". A lower gain keeps the level")
    assert isinstance(rendered, TakeRendered)
    assert np.abs(read_audio(rendered.path)[0]).max() == pytest.approx(0.999, abs=1e-4)


def test_limits_are_said_before_anything_is_rendered(tmp_path: Path) -> None:
    high = job(1, tmp_path, clip=Clip.of("high", [Note(0.0, 120, 80, 0.2)])).request
    unknown = job(2, tmp_path, model_sha256="0" * 64).request
    told, refused = carry_out(FindLimits(1, high), FindLimits(2, unknown))
    assert isinstance(told, LimitsFound)
    assert isinstance(refused, LimitsFound)
    assert told.number == 1
    assert any("keys" in line for line in told.limits)
    assert "was changed" in refused.message


def test_a_render_is_repeated_from_its_embedding_alone(tmp_path: Path) -> None:
    """The recipe may be a recording that is gone; the file's own embedding is played."""
    original = job(1, tmp_path)
    carry_out(RenderBatch(1, (original,)))
    made = read_provenance(original.takes[0].path)
    again = job(
        2,
        tmp_path,
        clip=made.clip,
        timbre=AudioTimbre(tmp_path / "gone.wav"),
        seed=made.seed,
        settings=RenderSettings({**made.settings, "gain": made.gain_db}),
        embedding=embedding_to_json(made.embedding),
    )
    carry_out(RenderBatch(2, (again,)))
    first, second = (read_audio(order.takes[0].path) for order in (original, again))
    assert np.array_equal(first[0], second[0])


def test_a_damaged_embedding_fails_its_job_in_words(tmp_path: Path) -> None:
    broken = job(1, tmp_path, embedding={"times_s": None, "float32": "AAAA"})
    failed = next(a for a in carry_out(RenderBatch(1, (broken,))) if isinstance(a, JobFailed))
    assert "damaged" in failed.message
