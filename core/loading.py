"""From a model bundle to a working engine and its encoder.

Which there are stands in the tables of :mod:`core.engines.registry` and
:mod:`core.encoders.registry`; each is imported only when a bundle asks for it.
"""

from __future__ import annotations

from pkgutil import resolve_name

from core.encoders.base import TimbreEncoder
from core.encoders.deferred import DeferredEncoder
from core.encoders.registry import ENCODERS, EncoderEntry
from core.engines.base import Engine
from core.engines.declaration import EngineDeclaration
from core.engines.registry import engine_named
from core.errors import ModelDamaged, SettingsError
from core.models.registry import Bundle

DEVICES = ("cpu", "cuda", "mps")


def choose_device(engine: EngineDeclaration, wanted: str | None) -> str:
    """The device to compute on.

    Args:
        engine: what is to run there; it says where it likes to.
        wanted: the user's choice, such as ``cuda`` or ``cuda:1``; None leaves it to the engine.

    Raises:
        SettingsError: if this machine has no such device.
    """
    if wanted is None and engine.device == "cpu":
        return "cpu"
    import torch

    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if wanted is None:
        return next(name for name in ("cuda", "mps", "cpu") if available[name])
    kind, _, number = wanted.partition(":")
    fits = available.get(kind, False) and (not number or number.isdigit())
    if fits and kind == "cuda" and number:
        fits = int(number) < torch.cuda.device_count()
    if not fits:
        usable = ", ".join(name for name in DEVICES if available[name])
        raise SettingsError(f"there is no device {wanted!r} on this machine; usable: {usable}")
    return wanted


def load_engine(bundle: Bundle, device: str) -> Engine:
    """The engine of a bundle, with its weights.

    Args:
        bundle: resolved, its files in place.
        device: from :func:`choose_device`.

    Raises:
        ModelMissing, ModelDamaged: if a file is absent, or is not what it should be.
    """
    engine: Engine = resolve_name(engine_named(bundle.manifest.engine).loader)(bundle, device)
    return engine


def load_encoder(bundle: Bundle, device: str) -> TimbreEncoder:
    """The timbre encoder that belongs to a bundle.

    Args:
        bundle: resolved, its files in place.
        device: from :func:`choose_device`.

    Raises:
        ModelMissing, ModelDamaged: if a file is absent, or is not what it should be.
    """
    encoder: TimbreEncoder = resolve_name(_encoder_entry(bundle).loader)(bundle, device)
    return encoder


def deferred_encoder(bundle: Bundle, device: str | None = None) -> TimbreEncoder:
    """The timbre encoder that belongs to a bundle, loaded when it first encodes something.

    Args:
        bundle: resolved, its files in place.
        device: as the user chose; None chooses what suits the bundle's engine.

    Raises:
        ModelDamaged: if the manifest names no encoder of ours, or not its weights.
    """
    entry = _encoder_entry(bundle)
    sha256 = bundle.sha256_of(entry.weights_role)
    fingerprint = sha256 if entry.fingerprint is None else resolve_name(entry.fingerprint)(sha256)

    engine = engine_named(bundle.manifest.engine)

    def load() -> TimbreEncoder:
        return load_encoder(bundle, choose_device(engine, device))

    return DeferredEncoder(
        bundle.id, sha256, fingerprint, load, has_small_steps=engine.has_small_steps
    )


def _encoder_entry(bundle: Bundle) -> EncoderEntry:
    name = bundle.manifest.encoder
    if name not in ENCODERS:
        raise ModelDamaged(
            f"bundle {bundle.id} names the encoder {name!r}; this version has {', '.join(ENCODERS)}"
        )
    return ENCODERS[name]
