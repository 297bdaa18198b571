"""The phrase on which a timbre's loudness is measured.

Four notes over two octaves in the middle of the keyboard, each held for half a second: of the
phrases tried, the one whose gain left the least between timbres in four-voice music (24 factory
presets, standard deviation on a chorale 0.6 LU; 3.4 LU without a gain; six shorter notes 0.8,
four longer ones 0.9, three 1.0). Low, high and very long notes alone differ more between timbres
than any one gain can even out.
"""

from core.clip import Clip, Note
from core.engines.base import RenderRequest
from core.engines.registry import ENGINES
from core.settings import RenderSettings
from core.types import Embedding, EmbeddingPath

LOUDNESS_PHRASE = Clip.of(
    "loudness-1",
    [Note(0.5 * index, pitch, 96, 0.5) for index, pitch in enumerate((48, 55, 64, 72))],
)
"""C3, G3, E4, C5. Its name holds its version: gains of another one are worth nothing."""

LOUDNESS_SEED = 0
"""Of its render."""

TARGET_LUFS = -20.0
"""How loud the phrase is made in every timbre."""

MAX_GAIN_DB = 24.0
"""Most by which a timbre is made louder or softer."""


def gain_basis() -> str:
    """What a gain was measured on and by: the phrase, and how engines sound by now.

    With the same weights, and none the less another sound (``revisions`` in an engine's
    declaration), gains are measured again.
    """
    revised = [f"{name}-{engine.revision}" for name, engine in ENGINES.items() if engine.revisions]
    return " ".join([LOUDNESS_PHRASE.name, *sorted(revised)])


def loudness_request(embedding: Embedding, settings: RenderSettings) -> RenderRequest:
    """The request that plays the phrase in a timbre.

    Args:
        embedding: of the timbre; the phrase goes through the whole of a path.
        settings: that decode it.
    """
    if isinstance(embedding, EmbeddingPath) and embedding.times_s[-1] > 0:
        stretched = embedding.times_s * (LOUDNESS_PHRASE.length_s / embedding.times_s[-1])
        embedding = EmbeddingPath(stretched, embedding.embeddings)
    return RenderRequest(LOUDNESS_PHRASE, embedding, settings, LOUDNESS_SEED)
