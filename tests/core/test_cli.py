"""``timbre render`` as a user meets it: output, exit codes, and one line for every mistake."""

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core import render_command
from core.clip import Clip, Note
from core.console import ProgressDisplay
from core.library import Library
from core.midi import write_midi
from core.provenance import PresetVersion, read_provenance
from tests.data import references
from tests.data.midi import make
from tests.helpers.bundles import write_tiny_bundle
from tests.helpers.in_process import TONE, Run, runner
from tests.helpers.stages import without_stages

CLIP = Clip.of("riff", [Note(0.2 * i, 55 + 2 * i, 80, 0.18) for i in range(5)])
HEADER = b"MThd\0\0\0\6\0\1\0\1\1\xe0"


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


def render(run: Run, *arguments: str) -> tuple[int, str, str]:
    return run("render", "riff.mid", "--model", "tiny", "-o", "out.wav", *arguments)


def test_what_is_wrong_with_a_recording_is_a_note(run: Run, tmp_path: Path) -> None:
    (tmp_path / "cut.wav").write_bytes((tmp_path / "tone.wav").read_bytes()[:-20_000])
    code, _, err = render(run, "--audio", "cut.wav")
    assert code == 0
    assert err.startswith("note: cut.wav: it is cut off")
    assert err.count("note: ") == 1
    code, _, err = run("preset", "add", "--name", "Cut", "--audio", "cut.wav")
    assert code == 0
    assert err.startswith("note: cut.wav: it is cut off")


def test_a_preset_of_drums_or_a_clone_of_them_is_warned_of(run: Run, tmp_path: Path) -> None:
    loop = str(Path(references.__file__).parent / "drums.ogg")
    code, _, err = run("preset", "add", "--name", "Loop", "--audio", loop)
    assert code == 0
    assert "note: drums.ogg: this sounds like drums" in err
    code, _, err = run("render", "riff.mid", "-o", "out.wav", "--audio", loop)  # the real encoder
    assert code == 0
    assert err.count("note: drums.ogg: this sounds like drums") == 1


def test_a_morph_of_presets_is_rendered_kept_and_repeated(run: Run) -> None:
    morph = "0=Small Bell,0.5=(Small Bell=0.6,Warm Drawbars=0.4),1=Warm Drawbars"
    assert run("preset", "add", "Dawn", "--morph", morph)[0] == 0
    assert render(run, "--morph", morph)[0] == 0
    told = read_provenance("out.wav")
    assert told.timbre is not None
    assert told.timbre.kind == "morph"
    first = Path("out.wav").read_bytes()
    assert run("render", "--from", "out.wav", "-o", "again.wav")[0] == 0
    assert Path("again.wav").read_bytes() == first
    assert render(run, "--preset", "dawn")[0] == 0
    assert np.array_equal(soundfile.read("out.wav")[0], soundfile.read("again.wav")[0])
    code, _, err = render(run, "--morph", "0=Dawn,1=Small Bell")
    assert (code, "cannot be a point of a morph" in err) == (2, True)
    code, _, err = render(run, "--morph", "0=Small Bell")
    assert (code, "2–64 points" in err) == (2, True)


def test_json_is_one_object_that_describes_the_file(run: Run) -> None:
    code, out, _ = render(run, "--text", "hollow flute", "--seed", "4", "--json")
    assert code == 0
    data = json.loads(out)
    info = soundfile.info(data["path"])
    assert (data["sample_rate"], data["frames"]) == (info.samplerate, info.frames)
    assert (data["seed"], data["model"]) == (4, "tiny")
    assert 0 < data["timings"]["render_s"] <= data["timings"]["total_s"]


def test_a_gain_is_found_given_or_left_out(run: Run) -> None:
    gains_db, sounds = [], []
    for arguments in ((), ("--no-gain",), ("--gain", "-6"), ("--gain", "0")):
        code, out, err = render(
            run, "--text", "hollow flute", "--format", "FLOAT", "--json", *arguments
        )
        assert (code, err) == (0, "")
        gains_db.append(json.loads(out)["gain_db"])
        assert read_provenance("out.wav").gain_db == gains_db[-1]
        sounds.append(soundfile.read("out.wav")[0])
    assert gains_db[0] != 0.0
    assert gains_db[1:] == [0.0, -6.0, 0.0]
    difference_db = gains_db[0] - gains_db[2]
    np.testing.assert_allclose(sounds[0], sounds[2] * 10 ** (difference_db / 20), atol=1e-5)
    assert np.array_equal(sounds[1], sounds[3])
    code, _, err = render(run, "--text", "hollow flute", "--gain", "3", "--no-gain")
    assert (code, "contradict" in err) == (2, True)
    code, _, err = run("render", "--from", "out.wav", "-o", "again.wav", "--no-gain")
    assert (code, "leave out --gain" in err) == (2, True)


def test_a_preset_keeps_its_gain_and_may_have_one_of_its_own(run: Run) -> None:
    assert run("preset", "add", "--name", "Level", "--text", "hollow flute")[0] == 0
    assert run("preset", "add", "--name", "Soft", "--text", "hollow flute", "--gain", "-20")[0] == 0
    found = []
    for _ in range(2):
        assert render(run, "--preset", "Level")[0] == 0
        found.append(read_provenance("out.wav").gain_db)
    with Library.open() as library:
        preset = library.get("Level")
        sha256 = read_provenance("out.wav").model_sha256
        kept = library.with_gain(preset, sha256, preset.settings)["gain"]
    assert found == [kept, kept]
    assert render(run, "--preset", "Soft")[0] == 0
    assert read_provenance("out.wav").gain_db == -20.0
    assert render(run, "--preset", "Soft", "--no-gain")[0] == 0
    assert read_provenance("out.wav").gain_db == 0.0


def test_a_file_that_is_made_softer_says_so(run: Run) -> None:
    code, _, err = render(run, "--text", "hollow flute", "--gain", "24")
    assert code == 0
    assert err.startswith("note: peaks lie ")
    assert np.abs(soundfile.read("out.wav")[0]).max() == pytest.approx(0.999, abs=1e-4)
    code, _, err = render(run, "--text", "hollow flute", "--gain", "24", "--format", "FLOAT")
    assert (code, err) == (0, "")
    assert np.abs(soundfile.read("out.wav")[0]).max() > 1.0


def test_rate_format_and_takes(run: Run) -> None:
    code, out, _ = render(
        run, "--audio", "tone.wav", "--takes", "2", "--rate", "48000", "--format", "FLOAT", "--json"
    )
    assert code == 0
    paths = [Path(take["path"]) for take in json.loads(out)["takes"]]
    assert [path.name for path in paths] == ["out-1.wav", "out-2.wav"]
    for path in paths:
        info = soundfile.info(path)
        assert (info.samplerate, info.subtype) == (48_000, "FLOAT")
    assert [take["frames"] for take in json.loads(out)["takes"]] == [
        soundfile.info(path).frames for path in paths
    ]


def test_from_repeats_a_render_bit_for_bit(run: Run) -> None:
    assert render(run, "--audio", "tone.wav", "--seed", "9", "--rate", "32000")[0] == 0
    Path("tone.wav").unlink()
    code, _, err = run("render", "--from", "out.wav", "-o", "again.wav")
    assert (code, err) == (0, "")
    assert Path("again.wav").read_bytes() == Path("out.wav").read_bytes()


def test_presets_and_their_blends_can_be_played(run: Run) -> None:
    assert run("preset", "add", "--name", "One", "--audio", "tone.wav")[0] == 0
    assert run("preset", "add", "--name", "Two", "--text", "hollow flute")[0] == 0
    Path("tone.wav").unlink()  # the library keeps its own copy
    files = {}
    for name, arguments in {
        "one": ("--preset", "One"),
        "two": ("--preset", "Two"),
        "mixed": ("--blend", "One=0.5,Two=0.5"),
        "mostly one": ("--blend", "One=1,Two=0"),
    }.items():
        assert render(run, *arguments)[0] == 0
        files[name] = soundfile.read("out.wav")[0]
    assert read_provenance("out.wav").preset is None
    np.testing.assert_allclose(files["one"], files["mostly one"], atol=1e-4)
    assert not np.array_equal(files["one"], files["mixed"])
    assert not np.array_equal(files["two"], files["mixed"])
    render(run, "--preset", "One")
    assert read_provenance("out.wav").preset == PresetVersion("One", 1)


def test_what_cannot_be_said_is_printed_with_every_note(run: Run) -> None:
    write_midi(Clip.of("high", [Note(0, 60, 80, 0.2), Note(0.5, 110, 80, 0.2)]), "riff.mid")
    _, _, err = render(run, "--text", "flute", "--temperature", "0.7")
    assert "temperature has no effect" in err
    assert "D8 at 0.5" in err


def test_drums_are_played_when_asked(run: Run) -> None:
    drums = Path(make.__file__).parent / "curious" / "drums_beside_piano.mid"
    for options, keys, said in ((), [60], True), (("--drums",), [36, 60], False):
        _, _, err = run(
            "render", str(drums), "--model", "tiny", "--text", "flute", "-o", "out.wav", *options
        )
        assert ("drum notes (channel 10) left out" in err) == said
        assert [note.pitch for note in read_provenance("out.wav").clip.notes] == keys


def expect_one_line(result: tuple[int, str, str], code: int, *words: str) -> None:
    got, out, err = result
    lines = [line for line in err.splitlines() if not line.startswith(("note:", "  "))]
    assert got == code, err
    assert out == ""
    assert len(lines) == 1
    for word in words:
        assert word in lines[0]
    assert not Path("out.wav").exists()
    assert not [path.name for path in Path().iterdir() if path.name not in ("riff.mid", "tone.wav")]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"RIFF this is no score", "riff.mid"),
        (HEADER + b"MTrk\0\0\0\4\0\xff\x2f\0", "notes"),
        (HEADER + b"MTrk\0\0\0\x0c\0\x99\x24\x40\x60\x89\x24\0\0\xff\x2f\0", "drum"),
        (b"MThd\0\0\0\6\0", "riff.mid"),
    ],
    ids=["empty", "not-midi", "no-notes", "only-drums", "truncated"],
)  # fmt: skip
def test_scores_that_cannot_be_played(run: Run, content: bytes, word: str) -> None:
    Path("riff.mid").write_bytes(content)
    expect_one_line(render(run, "--text", "flute"), 2, word)


@pytest.mark.parametrize(
    ("samples", "word"),
    [
        (np.zeros(44_100, np.float32), "silent"),
        (TONE[:3], "3 samples"),
        (np.full(44_100, np.nan, np.float32), "NaN"),
        (np.zeros(0, np.float32), "tone.wav"),
    ],
    ids=["silent", "three-samples", "nan", "no-samples"],
)
def test_recordings_that_hold_no_timbre(
    run: Run, samples: "np.ndarray[tuple[int], np.dtype[np.float32]]", word: str
) -> None:
    soundfile.write("tone.wav", samples, 44_100, subtype="FLOAT")
    expect_one_line(render(run, "--audio", "tone.wav"), 2, word)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("--audio", "absent.wav"), 2, "absent.wav"),
        (("--audio", "riff.mid"), 2, "riff.mid"),
        (("--text", " "), 2, "words"),
        ((), 2, "one timbre"),
        (("--text", "a", "--audio", "tone.wav"), 2, "one timbre"),
        (("--text", "a", "--model", "nonesuch"), 3, "nonesuch"),
        (("--text", "a", "--model", "tokensynth"), 3, "timbre models pull tokensynth"),
        (("--preset", "No Such Preset"), 2, "No Such Preset"),
        (("--blend", "No Such Preset=1"), 2, "No Such Preset"),
        (("--blend", "="), 2, "NAME"),
        (("--text", "a", "--temperature", "0"), 2, "temperature"),
        (("--text", "a", "--takes", "0"), 2, "takes"),
        (("--text", "a", "--device", "cuda:9"), 2, "cuda:9"),
        (("--text", "a", "--rate", "1"), 2, "sample rate"),
        (("--text", "a", "--format", "MP3"), 2, "MP3"),
        (("--text", "a", "--track", "77"), 2, "track"),
        (("--from", "riff.mid"), 2, "--from"),
    ],
)
def test_requests_that_cannot_be_met(
    run: Run, arguments: tuple[str, ...], code: int, word: str
) -> None:
    expect_one_line(render(run, *arguments), code, word)


@pytest.mark.parametrize("output", ["no/such/folder/out.wav", "folder"])
def test_outputs_that_cannot_be_written(run: Run, output: str) -> None:
    Path("folder").mkdir()
    code, out, err = run("render", "riff.mid", "--model", "tiny", "--text", "a", "-o", output)
    assert (code, out) == (2, "")
    assert output.split("/", maxsplit=1)[0] in err
    assert len(err.splitlines()) == 1
    assert list(Path("folder").iterdir()) == []


def test_mistyped_options_are_the_users_mistake(run: Run) -> None:
    code, out, err = run("render", "--nonsense")
    assert (code, out) == (2, "")
    assert "--nonsense" in err


def test_ctrl_c_leaves_nothing_behind(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(_display: ProgressDisplay, _fraction: float) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(ProgressDisplay, "progress", press)
    expect_one_line(render(run, "--text", "flute"), 130, "cancelled")


def test_our_own_bugs_say_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render_command, "output_paths", lambda *_: 1 / 0)
    code, _, err = render(run, "--text", "flute")
    assert code == 1
    assert "--debug" in err
    assert "Traceback" not in err


def test_a_full_disk_is_one_line_and_no_file(run: Run, home: Path) -> None:
    """A file-size limit stands in for the full disk: the write fails part of the way."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    finished = subprocess.run(
        [sys.executable, "-m", "core.cli", "render", "riff.mid", "--model", "tiny",
         "--text", "flute", "-o", "out.wav"],
        env={**os.environ, "TIMBRE_HOME": str(home), "OMP_NUM_THREADS": "1",
             "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True, text=True, check=False, preexec_fn=limit,
    )  # fmt: skip
    said = without_stages(finished.stderr)
    expect_one_line((finished.returncode, finished.stdout, said), 2, "out.wav")


def test_help_imports_nothing_heavy() -> None:
    """Start-up is a promise (0.5 s): a heavy import in any package's commands breaks it."""
    heavy = ("torch", "numpy", "scipy", "sqlalchemy", "soundfile", "huggingface_hub")
    code = (
        "import sys; from core import cli; cli.compose();"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"
