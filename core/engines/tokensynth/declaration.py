"""What the TokenSynth engine is, can do, and may be asked for."""

from core.engines.declaration import Ability, EngineDeclaration
from core.settings import Setting

TEMPERATURE = Setting(
    "temperature",
    float,
    "Below 1 is safer, above 1 wilder.",
    low=0.0,
    high=100.0,
    low_excluded=True,
    default=1.0,
)
TOP_K = Setting(
    "top_k",
    int,
    "Keep the k likeliest tokens of each codebook; all unless given, 10 without guidance.",
    low=1,
)
TOP_P = Setting(
    "top_p",
    float,
    "Keep the fewest tokens with this probability; 0.6 unless --top-k is given.",
    low=0.0,
    high=1.0,
    low_excluded=True,
)
GUIDANCE = Setting(
    "guidance",
    float,
    "Strength of first-note guidance, 1 is off; 1.6 unless --top-k is given.",
    low=1.0,
    high=20.0,
)

DECLARATION = EngineDeclaration(
    name="tokensynth",
    summary="the published TokenSynth: a transformer from notes and an embedding to codec tokens",
    loader="core.engines.tokensynth.engine:load",
    abilities=frozenset({Ability.BATCH, Ability.SEEDS, Ability.ANY_LENGTH}),
    codec="dac",
    settings=(TEMPERATURE, TOP_K, TOP_P, GUIDANCE),
)
