"""The table of judges of timbre, and which of them stand beside every evaluation.

To add one, write its class and add its line to :data:`JUDGES`; any installed bundle's encoder is a
judge by the bundle's id besides. Modules are imported when a judge is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pkgutil import resolve_name

from core.errors import ModelDamaged, UserInputError
from core.models.manifest import Manifest
from core.models.registry import Registry
from evaluation.judges.base import TimbreJudge

LAION_CLAP = "laion-clap"
_TITLES = {"embedded": "embedded encoder", "laion": "LAION-CLAP"}
"""Of encoders, in headings."""


@dataclass(frozen=True)
class JudgeEntry:
    """A judge in the table.

    Attributes:
        loader: ``package.module:function`` without arguments that gives the :class:`TimbreJudge`.
        summary: what it is, in a line.
    """

    loader: str
    summary: str


JUDGES: Mapping[str, JudgeEntry] = {
    "musicnn": JudgeEntry(
        "evaluation.judges.musicnn.judge:load_musicnn",
        "a music tagger's last layer but one; no system here was trained with it",
    ),
    "musicnn-channels": JudgeEntry(
        "evaluation.judges.musicnn.judge:load_channels",
        "means and deviations of the channels of that tagger's first layer",
    ),
}


def judge_names(registry: Registry | None = None) -> list[str]:
    """Every judge that can be loaded here: the table's, LAION-CLAP, and bundles with an encoder."""
    registry = registry or Registry()
    ready = [listing.id for listing in registry.listings() if listing.state == "ready"]
    laion = [LAION_CLAP] if _laion_bundle(registry, ready) else []
    return [*JUDGES, *laion, *ready]


def default_judges(registry: Registry | None = None) -> tuple[str, ...]:
    """Those that judge unless others are asked for: independent ones, and what is installed.

    LAION-CLAP judges whenever its weights are here, the embedded encoder always: figures of old
    runs are its own.
    """
    names = judge_names(registry)
    return tuple(name for name in (*JUDGES, LAION_CLAP, "embedded") if name in names)


def load_judge(
    name: str, device: str | None = None, registry: Registry | None = None
) -> TimbreJudge:
    """A judge by its name.

    Args:
        name: of :func:`judge_names`.
        device: for encoders; None chooses.
        registry: of bundles; None: this installation's.

    Raises:
        UserInputError: if there is none of that name.
        ModelMissing, ModelDamaged: if its weights are not here, or not what they should be.
    """
    if name in JUDGES:
        judge: TimbreJudge = resolve_name(JUDGES[name].loader)()
        return judge
    registry = registry or Registry()
    bundle_id: str | None = name
    if name == LAION_CLAP:
        ready = [listing.id for listing in registry.listings() if listing.state == "ready"]
        bundle_id = _laion_bundle(registry, ready) or "tokensynth"
    if bundle_id not in registry.ids():
        raise UserInputError(
            f"there is no judge {name!r}; there are {', '.join(judge_names(registry))}"
        )
    return _encoder_judge(name, bundle_id, device, registry)


def trained_with(manifest: Manifest, registry: Registry) -> frozenset[str]:
    """What was trained with a bundle's encoder: its engine, and every bundle with its kind.

    Bundles with other weights of that kind are counted in: they began from it or learned beside
    its like, and a judge marked once too often misleads nobody.
    """
    names = {manifest.engine, manifest.id}
    for other in registry.ids():
        try:
            if registry.manifest(other).encoder == manifest.encoder:
                names.add(other)
        except ModelDamaged:  # nobody can evaluate it either, and `timbre models list` says so
            continue
    return frozenset(names)


def _encoder_judge(
    name: str, bundle_id: str, device: str | None, registry: Registry
) -> TimbreJudge:
    from core.engines.registry import engine_named
    from core.loading import choose_device, load_encoder
    from evaluation.judges.encoder import EncoderJudge

    bundle = registry.resolve(bundle_id)
    encoder_name = bundle.manifest.encoder
    title = _TITLES.get(encoder_name, f"{encoder_name} encoder")
    if name not in (LAION_CLAP, encoder_name):
        title = f"{title} of {bundle_id}"
    encoder = load_encoder(bundle, choose_device(engine_named(bundle.manifest.engine), device))
    return EncoderJudge(encoder, name, title, trained_with(bundle.manifest, registry))


def _laion_bundle(registry: Registry, ready: list[str]) -> str | None:
    """The first bundle that is here and brings LAION-CLAP."""
    return next((id_ for id_ in ready if registry.manifest(id_).encoder == "laion"), None)
