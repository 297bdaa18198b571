"""What the embedded engine is and can do."""

from core.engines.declaration import Ability, EngineDeclaration

DECLARATION = EngineDeclaration(
    name="embedded",
    summary="partials and noise, note by note, from a small network; in tune by construction",
    loader="core.engines.embedded.engine:load",
    abilities=frozenset({Ability.LIVE, Ability.MOVING_TIMBRE, Ability.BENDS, Ability.ANY_LENGTH}),
    revisions=(
        "what is softest, as in the octave above 8 kHz, is up to 6 dB louder, which moves samples "
        "by up to 1 % of the peak",
    ),
    has_small_steps=True,
    device="cpu",  # quick enough anywhere, and starts fastest there
)
