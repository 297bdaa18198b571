"""What ``-o`` names, and what a user's other files have to fear from it: nothing."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.clip import Clip, Note
from core.console import ProgressDisplay
from core.midi import read_midi
from core.provenance import read_provenance
from core.synthesizer import Synthesizer
from tests.helpers.bundles import write_tiny_bundle
from tests.helpers.in_process import Run, runner
from tests.helpers.rights import bound_by_rights
from tests.helpers.stages import without_stages

ROOT = Path(__file__).parents[2]
CLIP = Clip.of("riff", [Note(0.1 * i, 55 + 2 * i, 80, 0.08) for i in range(3)])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    write_tiny_bundle(folder / "models" / "tiny")
    return folder


@pytest.fixture
def run(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    return runner(CLIP, home, tmp_path, monkeypatch, capsys)


def render(run: Run, output: str, *arguments: str) -> tuple[int, str, str]:
    given = arguments or ("--text", "flute")
    return run("render", "riff.mid", "--model", "tiny", "-o", output, *given)


def score_hash() -> str:
    """Of the score as it is read: MIDI's ticks round times."""
    return read_midi("riff.mid").clip.content_hash


def process(home: Path, *arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """``timbre`` as a program of its own."""
    environment = {
        **os.environ, "TIMBRE_HOME": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1",
        **options.pop("env", {}),  # type: ignore[dict-item]
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "core.cli", *arguments],
        env=environment,
        check=False,
        **{"capture_output": True, **options},  # type: ignore[call-overload]
    )


@pytest.mark.parametrize(
    ("name", "container", "subtype"),
    [
        ("out.wav", "WAV", "PCM_24"),
        ("OUT.WAV", "WAV", "PCM_24"),
        ("out.flac", "FLAC", "PCM_24"),
        ("out.Ogg", "OGG", "VORBIS"),
        ("out.mp3", "MP3", "MPEG_LAYER_III"),
    ],
)
def test_the_suffix_chooses_the_format_and_the_file_can_be_repeated(
    run: Run, name: str, container: str, subtype: str
) -> None:
    assert render(run, name)[0] == 0
    info = soundfile.info(name)
    assert (info.format, info.subtype) == (container, subtype)
    told = read_provenance(name)
    assert (told.clip.content_hash, told.subtype) == (score_hash(), subtype)
    code, _, err = run("render", "--from", name, "-o", f"again-{name}")
    assert code == 0
    assert read_provenance(f"again-{name}").to_json() == told.to_json()
    is_lossy = container in ("OGG", "MP3")
    assert ("lossy" in err) == is_lossy
    if not is_lossy:
        assert Path(f"again-{name}").read_bytes() == Path(name).read_bytes()


def test_formats_hold_the_same_sound_in_the_same_place(run: Run) -> None:
    for name in ("a.wav", "a.flac", "a.ogg", "a.mp3"):
        assert render(run, name)[0] == 0
    wav, _ = soundfile.read("a.wav")
    assert np.array_equal(soundfile.read("a.flac")[0], wav)
    for name in ("a.ogg", "a.mp3"):
        lossy, _ = soundfile.read(name)
        assert len(lossy) == len(wav)
        error = np.sqrt(np.mean((lossy - wav) ** 2) / np.mean(wav**2))
        assert error < 0.35, name  # a shift by one sample of this noise would be over 1
    assert render(run, "b.flac", "--text", "flute", "--format", "PCM_16")[0] == 0
    assert soundfile.info("b.flac").subtype == "PCM_16"


def test_a_repeat_may_be_of_another_format(run: Run) -> None:
    render(run, "a.mp3")
    render(run, "a.wav")
    assert run("render", "--from", "a.mp3", "-o", "b.wav")[0] == 0
    assert Path("b.wav").read_bytes() == Path("a.wav").read_bytes()
    code, _, err = run("render", "--from", "a.wav", "-o", "c.wav", "--seed", "3")
    assert code == 2
    assert "--seed" in err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("out",), ".wav, .flac, .ogg"),
        (("out.aiff",), ".aiff files cannot be written"),
        (("out.wav.part",), ".part"),
        (("out.mp3", "--text", "a", "--format", "PCM_16"), "leave out 'PCM_16'"),
        (("out.flac", "--text", "a", "--format", "FLOAT"), "PCM_24, PCM_16"),
        (("out.mp3", "--text", "a", "--rate", "96000"), "48000"),
        (("out.ogg", "--text", "a", "--rate", "384000"), "384000"),
        (("out.flac", "--text", "a", "--rate", "100001"), "100001"),
        (("x" * 300 + ".wav",), "too long"),
        (("tone.wav/out.wav",), "not a folder"),
    ],
)
def test_outputs_that_no_format_has(run: Run, arguments: tuple[str, ...], word: str) -> None:
    before = sorted(Path().iterdir())
    code, out, err = render(run, *arguments)
    assert (code, out) == (2, "")
    assert word in err
    assert len(err.splitlines()) == 1
    assert sorted(Path().iterdir()) == before


def _names_of(file: Path) -> list[str]:
    """The same file under other names: a case-insensitive disk is, to a program, a hard link."""
    (file.parent / "soft.wav").symlink_to(file.name)
    os.link(file, file.parent / f"{file.stem.upper()}.WAV")
    (file.parent / "folder").mkdir()
    (file.parent / "other").symlink_to(".")
    return [file.name, f"./folder/../{file.name}", str(file), "soft.wav", f"other/{file.name}",
            f"{file.stem.upper()}.WAV"]  # fmt: skip


@pytest.mark.parametrize("role", ["clip", "recording", "source"])
def test_an_output_that_is_an_input_is_refused_before_rendering(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    render(run, "made.wav")
    shutil.copy("riff.mid", "score.wav")
    input_ = {"clip": "score.wav", "recording": "tone.wav", "source": "made.wav"}[role]
    before = Path(input_).read_bytes()
    monkeypatch.setattr(Synthesizer, "load", lambda *_: pytest.fail("it was rendered"))
    for name in _names_of(tmp_path / input_):
        arguments = {
            "clip": ("score.wav", "--text", "flute"),
            "recording": ("riff.mid", "--audio", "tone.wav"),
            "source": ("--from", "made.wav"),
        }[role]
        code, out, err = run("render", *arguments, "-o", name)
        assert (code, out) == (2, "")
        assert "itself; give the output another name" in err
        assert len(err.splitlines()) == 1
    assert Path(input_).read_bytes() == before


def test_a_numbered_take_may_not_be_an_input_either(run: Run) -> None:
    shutil.copy("tone.wav", "x-2.wav")
    before = Path("x-2.wav").read_bytes()
    code, _, err = render(run, "x.wav", "--audio", "x-2.wav", "--takes", "3")
    assert code == 2
    assert "x-2.wav" in err
    assert Path("x-2.wav").read_bytes() == before
    assert not Path("x-1.wav").exists()


def test_a_presets_recording_is_an_input(run: Run, home: Path) -> None:
    assert run("preset", "add", "--name", "Kept", "--audio", "tone.wav")[0] == 0
    (recording,) = (
        path for path in (home / "library.recordings").rglob("*.wav")
        if path.read_bytes() == Path("tone.wav").read_bytes()
    )  # fmt: skip
    for timbre in (("--preset", "Kept"), ("--blend", "Kept=1")):
        code, _, err = render(run, str(recording), *timbre)
        assert code == 2
        assert "itself" in err
    assert recording.read_bytes() == Path("tone.wav").read_bytes()


def test_a_link_stays_and_what_it_leads_to_is_replaced(run: Run) -> None:
    Path("real").mkdir()
    Path("real/old.wav").write_bytes(b"old")
    Path("real/old.wav").chmod(0o640)
    Path("link.wav").symlink_to("real/old.wav")
    Path("dangling.wav").symlink_to("real/new.wav")
    for link, target in {"link.wav": "real/old.wav", "dangling.wav": "real/new.wav"}.items():
        assert render(run, link)[0] == 0
        assert Path(link).is_symlink()
        assert read_provenance(target).clip.content_hash == score_hash()
    assert stat.S_IMODE(Path("real/old.wav").stat().st_mode) == 0o640


def test_what_is_no_file_is_refused_or_written_to_and_never_replaced(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert render(run, "/dev/null")[0] == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)

    os.mkfifo("pipe.wav")
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(Path("pipe.wav").read_bytes()))
    reader.start()
    assert render(run, "pipe.wav")[0] == 0
    reader.join()
    assert stat.S_ISFIFO(os.stat("pipe.wav").st_mode)
    render(run, "file.wav")
    assert heard == [Path("file.wav").read_bytes()]

    Path("folder.wav").mkdir()
    Path("to-folder.wav").symlink_to("folder.wav")
    Path("loop.wav").symlink_to("loop.wav")
    monkeypatch.setattr(Synthesizer, "load", lambda *_: pytest.fail("it was rendered"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.wav")
        for name, word in {
            "folder.wav": "folder", "to-folder.wav": "folder", "loop.wav": "circle",
            "socket.wav": "socket",
        }.items():  # fmt: skip
            code, out, err = render(run, name)
            assert (code, out) == (2, "")
            assert word in err
            assert len(err.splitlines()) == 1
    code, _, err = render(run, "pipe.wav", "--text", "a", "--takes", "2")
    assert (code, "2 takes" in err) == (2, True)


def test_the_standard_output_carries_a_render_and_nothing_else(run: Run, home: Path) -> None:
    render(run, "file.wav")
    command = ("render", "riff.mid", "--model", "tiny", "--text", "flute", "-o")
    piped = process(home, *command, "-")
    assert piped.stdout == Path("file.wav").read_bytes()
    assert b"seed 0" in piped.stderr
    with Path("redirected").open("wb") as target:
        process(home, *command, "/dev/stdout", capture_output=False, stdout=target)
    assert Path("redirected").read_bytes() == piped.stdout


def test_a_take_whose_place_vanished_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("usb").mkdir()

    def pull_out(_display: ProgressDisplay, _fraction: float) -> bool:
        shutil.rmtree("usb", ignore_errors=True)
        return True

    monkeypatch.setattr(ProgressDisplay, "progress", pull_out)
    code, out, err = render(run, "usb/out.flac")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "the folder does not exist" in err
    kept = Path(err.split("the take is kept in ")[1].strip())
    assert kept.name == "out.wav"
    assert read_provenance(kept).clip.content_hash == score_hash()


def test_a_full_device_keeps_the_take(run: Run, home: Path) -> None:
    code, _, err = render(run, "/dev/full")
    assert (code, "disk is full" in err) == (2, True)
    assert Path(err.split("the take is kept in ")[1].strip()).is_relative_to(home)


def test_a_folder_without_rights_is_refused_before_rendering(run: Run, home: Path) -> None:
    Path("closed").mkdir(mode=0o555)
    Path("fixed.wav").write_bytes(b"mine")
    Path("fixed.wav").chmod(0o444)
    for name, word in {"closed/out.wav": b"no permission", "fixed.wav": b"protected"}.items():
        done = process(
            home, "render", "riff.mid", "--model", "tiny", "--text", "a", "-o", name,
            preexec_fn=bound_by_rights,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, b"")
        assert word in done.stderr
        assert b"kept" not in done.stderr
    assert Path("fixed.wav").read_bytes() == b"mine"


def test_names_that_are_no_text_are_files_like_any(run: Run, home: Path) -> None:
    odd = os.fsdecode(b"\xe9\xff.wav")
    shutil.copy("tone.wav", odd)
    command = ("render", "riff.mid", "--model", "tiny", "--audio", odd, "-o", f"out-{odd}")
    done = process(home, *command)
    assert (done.returncode, without_stages(done.stderr.decode())) == (0, "")
    assert done.stdout.startswith(os.fsencode(f"out-{odd}  "))
    assert read_provenance(f"out-{odd}").clip.content_hash == score_hash()


def test_too_little_memory_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: x")):

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr(Synthesizer, "render_batch", fail)
        code, _, err = render(run, "out.wav")
        assert (code, len(err.splitlines())) == (2, 1)
        assert "not enough memory" in err
        assert "fewer takes" in err


def test_takes_are_kept_in_the_temporary_folder_if_home_is_full(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.outputs.renders_dir", lambda: Path("riff.mid") / "no folder")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    _, _, err = render(run, "/dev/full")
    kept = Path(err.split("the take is kept in ")[1].strip())
    assert kept.is_relative_to(tmp_path)
    assert soundfile.info(kept).frames > 0
