"""How often "like this, but brighter" is brighter: ``python -m benchmarks.variations``.

Every factory preset is varied in all ten directions, and each blend plays the measuring phrase.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from core.descriptors.adjectives import ADJECTIVES
from core.descriptors.notes import describe
from core.descriptors.phrase import MEASURING_PHRASE
from core.engines.base import RenderRequest
from core.library import Library
from core.library.embeddings.kept import KeptEmbeddings
from core.library.measures.variations import OWN_SHARES, further
from core.library.measures.yardstick import places_of
from core.synthesizer import Synthesizer

NEAR = 40


def main() -> None:
    """Print a line for each direction."""
    synth = Synthesizer.load(device="cpu")
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder) / "l.sqlite") as library,
    ):
        synth.look_up = KeptEmbeddings(library.path.with_suffix(".cache")).look_up
        presets = library.list(limit=1000).presets
        measures = library.measures([preset.id for preset in presets])
        near = {preset.id: library.similar(preset, synth.encoder, NEAR) for preset in presets}
        made = missed = first = 0
        for adjective in ADJECTIVES:
            for is_higher in (False, True):
                gained, none = [], 0
                for preset in presets:
                    place = measures[preset.id].places[adjective.name]
                    gains = []
                    for share in OWN_SHARES:
                        blend = further(
                            preset, place, near[preset.id], measures, adjective,
                            is_higher=is_higher, own_share=share,
                        )  # fmt: skip
                        if blend is None:
                            break
                        embedding = synth.embed(library.resolve_blend(blend.parts))
                        (audio,) = synth.engine.render([RenderRequest(MEASURING_PHRASE, embedding)])
                        after = places_of(describe(audio, synth.sample_rate))[adjective.name]
                        gains.append(after - place if is_higher else place - after)
                        if gains[-1] > 0.0:
                            break
                    if gains:
                        gained.append(gains[-1])
                        first += gains[0] > 0.0
                    else:
                        none += 1
                further_on = sum(gain > 0.0 for gain in gained)
                made, missed = made + len(gained), missed + len(gained) - further_on
                word = adjective.higher if is_higher else adjective.lower
                mean = sum(gained) / len(gained)
                print(
                    f"{word:9} {further_on:3} of {len(gained)} are, by {mean:+.2f} on average; "
                    f"none made {none}",
                    flush=True,
                )
        print(f"in all {made - missed} of {made}, {1 - missed / made:.1%}; {first} at once")


if __name__ == "__main__":
    main()
