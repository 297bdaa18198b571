"""Engines declare what they are; all that shows or reads settings is made from that."""

from __future__ import annotations

from pathlib import Path
from pkgutil import resolve_name
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from bridge.protocol import render_options
from bridge.protocol.argument_reader import ArgumentReader
from core.codecs.registry import CODECS, load_codec
from core.encoders.registry import ENCODERS
from core.engines import registry
from core.engines.base import Engine, ignored_settings
from core.engines.declaration import Ability, EngineDeclaration
from core.engines.registry import (
    ENGINES,
    check_settings,
    declared_settings,
    engine_named,
    settings_to_json,
)
from core.errors import ModelDamaged, SettingsError
from core.options import with_settings
from core.settings import RenderSettings, Setting
from tests.core.engines.tokensynth import tiny
from tests.helpers.bundles import write_tiny_bundle

GRAIN = Setting("grain_ms", float, "Length of a grain.", low=1.0, high=200.0, unit="ms")
GRANULAR = EngineDeclaration(
    "granular", "grains", "nowhere:load", frozenset({Ability.LIVE}), (GRAIN,)
)


@pytest.fixture
def granular(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that nobody has written, as if its line stood in the table."""
    monkeypatch.setattr(registry, "ENGINES", {**ENGINES, "granular": GRANULAR})


def test_what_the_tables_name_is_there() -> None:
    for entry in (
        *(engine.loader for engine in ENGINES.values()),
        *(encoder.loader for encoder in ENCODERS.values()),
    ):
        assert callable(resolve_name(entry))
    for entry in CODECS.values():
        assert callable(resolve_name(entry))


def test_an_engine_declares_what_its_class_says() -> None:
    assert ENGINES["tokensynth"] is tiny.engine().declaration
    for name, engine in ENGINES.items():
        made = resolve_name(engine.loader.replace(":load", ""))
        classes = [kind for kind in vars(made).values() if isinstance(kind, type)]
        (own,) = [kind for kind in classes if issubclass(kind, Engine) and kind is not Engine]
        assert own.declaration.name == name
        can_stream = own.stream is not Engine.stream
        assert can_stream == (Ability.LIVE in engine.abilities)


def test_unknown_names_are_refused_by_what_there_is() -> None:
    with pytest.raises(ModelDamaged, match=r"no engine 'granular'.*embedded, tokensynth"):
        engine_named("granular")
    with pytest.raises(ModelDamaged, match=r"no codec 'opus'.*dac"):
        load_codec("opus", Path("x"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"temperature": 0}, r"temperature 0 is outside \(0, 100\]"),
        ({"temperature": 101}, "temperature 101 is outside"),
        ({"top_k": 0}, "top-k 0 is outside 1 or more"),
        ({"top_k": 2.5}, "top-k needs a whole number, not 2.5"),
        ({"top_p": 1.5}, r"top-p 1.5 is outside \(0, 1\]"),
        ({"guidance": 0.5}, "guidance 0.5 is outside 1–20"),
        ({"guidance": True}, "guidance needs a number"),
        ({"top_p": float("nan")}, "no number"),
        ({"colour": 1}, "'colour' is unknown; use temperature, top_k, top_p, guidance"),
        ([1], "names with numbers"),
    ],
)
def test_values_are_checked_by_their_declaration(values: object, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        check_settings(values)


def test_the_stored_form_has_every_setting_and_is_read_back() -> None:
    settings = RenderSettings(top_k=10, temperature=None)
    stored = settings_to_json(settings)
    assert stored == {"temperature": None, "top_k": 10, "top_p": None, "guidance": None}
    assert check_settings(stored) == settings
    assert hash(check_settings(stored)) == hash(settings)


def test_settings_that_an_engine_lacks_are_told() -> None:
    (limit,) = ignored_settings(GRANULAR, RenderSettings(grain_ms=5.0, top_k=3))
    assert limit.code == "setting_ignored"
    assert "top_k" in limit.message
    assert "grain_ms" not in limit.message
    assert ignored_settings(GRANULAR, RenderSettings(grain_ms=5.0)) == []


@pytest.mark.usefixtures("granular")
def test_a_new_engines_settings_reach_every_way_in() -> None:
    assert "grain_ms" in declared_settings()
    reader = ArgumentReader("/timbre/1/render", ["grain_ms", 20, "seed", 3])
    read = render_options.read(reader, 100)
    assert read["settings"] == RenderSettings(grain_ms=20.0)
    assert render_options.write(3, 1, "", read["settings"]) == ["seed", 3, "grain_ms", 20.0]
    assert "grain_ms" in render_options.names()  # the spool's fields
    assert check_settings({"grain_ms": 5}) == RenderSettings(grain_ms=5.0)  # library, files
    given: list[RenderSettings] = []
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    @with_settings
    def play(
        clip: Annotated[str, typer.Argument()],
        settings: RenderSettings = RenderSettings(),  # noqa: B008
    ) -> None:
        given.append(settings)

    runner = CliRunner()
    assert runner.invoke(app, ["a.mid", "--grain-ms", "12.5", "--top-k", "4"]).exit_code == 0
    assert given == [RenderSettings(grain_ms=12.5, top_k=4)]
    shown = " ".join(runner.invoke(app, ["--help"]).output.split())
    assert "Length of a grain. (granular)" in shown
    refused = runner.invoke(app, ["a.mid", "--grain-ms", "500"])
    assert isinstance(refused.exception, SettingsError)
    assert "outside 1–200 ms" in str(refused.exception)


def test_a_bundle_of_an_unknown_encoder_says_so(tmp_path: Path) -> None:
    from core.loading import load_encoder
    from core.models.registry import Registry

    folder = write_tiny_bundle(tmp_path / "tiny")
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"encoder": "embedded"', '"encoder": "ear"'))
    bundle = Registry(tmp_path).resolve("tiny")
    with pytest.raises(ModelDamaged, match="names the encoder 'ear'"):
        load_encoder(bundle, "cpu")
