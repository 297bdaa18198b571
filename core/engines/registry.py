"""The table of engines, and of all the settings that they declare.

To add an engine, write its folder with a declaration, and add its line here. Command lines,
OSC keys, the spool, the library and windows take their settings from this table.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.engines.declaration import EngineDeclaration
from core.engines.embedded.declaration import DECLARATION as EMBEDDED
from core.engines.tokensynth.declaration import DECLARATION as TOKENSYNTH
from core.errors import ModelDamaged, SettingsError
from core.settings import GAIN, Number, RenderSettings, Setting

_DECLARATIONS = (
    EMBEDDED,
    TOKENSYNTH,
)

ENGINES: Mapping[str, EngineDeclaration] = {engine.name: engine for engine in _DECLARATIONS}
"""Every engine by the name that manifests call it."""


def engine_named(name: str) -> EngineDeclaration:
    """The engine that a manifest names.

    Raises:
        ModelDamaged: if there is none.
    """
    if name not in ENGINES:
        raise ModelDamaged(
            f"there is no engine {name!r} here; this version has {', '.join(ENGINES)}"
        )
    return ENGINES[name]


def declared_settings() -> dict[str, Setting]:
    """Every setting of every engine, by name, in the order to show them; last, what all have.

    Engines that declare one name mean one thing by it; the first declaration is the one shown.
    """
    declared: dict[str, Setting] = {}
    for engine in ENGINES.values():
        for setting in engine.settings:
            declared.setdefault(setting.name, setting)
    declared[GAIN.name] = GAIN
    return declared


def engines_with(name: str) -> list[str]:
    """The engines that have a setting, by their names."""
    if name == GAIN.name:
        return list(ENGINES)
    return [
        engine.name
        for engine in ENGINES.values()
        if any(setting.name == name for setting in engine.settings)
    ]


def check_settings(values: object) -> RenderSettings:
    """Settings out of names and values, as they come from a file, a message or a user.

    Args:
        values: a mapping of names to numbers; None means not given.

    Raises:
        SettingsError: if a setting is unknown, not a number, or outside its range.
    """
    if not isinstance(values, Mapping):
        raise SettingsError("settings are names with numbers")
    declared = declared_settings()
    checked: dict[str, Number] = {}
    for name, value in values.items():
        if name not in declared:
            raise SettingsError(f"the setting {name!r} is unknown; use {', '.join(declared)}")
        if value is not None:
            checked[name] = declared[name].validate(value)
    return RenderSettings(checked)


def settings_to_json(settings: RenderSettings) -> dict[str, Number | None]:
    """Every engine's settings with their values, None where none is given; and a given gain.

    Files, jobs and results hold this form; :func:`check_settings` reads it. Without a gain it is
    the form that it had before there were gains.
    """
    engines = [name for name in declared_settings() if name != GAIN.name]
    return {**dict.fromkeys(engines), **settings}
