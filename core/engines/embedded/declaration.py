"""What the embedded engine is and can do."""

from core.engines.declaration import Ability, EngineDeclaration

DECLARATION = EngineDeclaration(
    name="embedded",
    summary="partials and noise, note by note, from a small network; in tune by construction",
    loader="core.engines.embedded.engine:load",
    abilities=frozenset({Ability.LIVE, Ability.MOVING_TIMBRE, Ability.BENDS, Ability.ANY_LENGTH}),
    has_small_steps=True,
    device="cpu",  # quick enough anywhere, and starts fastest there
)
