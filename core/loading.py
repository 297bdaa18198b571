"""From a model bundle to a working engine and its encoder.

The one place that knows every engine by name; each is imported only when a bundle asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.encoders.base import TimbreEncoder
from core.engines.base import Engine
from core.errors import ModelDamaged, SettingsError

if TYPE_CHECKING:
    from core.models.registry import Bundle

DEVICES = ("cpu", "cuda", "mps")


def choose_device(engine: str, wanted: str | None) -> str:
    """The device to compute on.

    Args:
        engine: name of the engine. The embedded one is quick enough anywhere and starts
            fastest on the CPU, so it stays there unless told otherwise.
        wanted: the user's choice, such as ``cuda`` or ``cuda:1``; None leaves it to us.

    Raises:
        SettingsError: if this machine has no such device.
    """
    import torch

    available = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if wanted is None:
        if engine == "embedded":
            return "cpu"
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

    Raises:
        ModelMissing, ModelDamaged: if a file is absent, or is not what it should be.
    """
    name = bundle.manifest.engine
    if name == "embedded":
        from core.engines.embedded.engine import EmbeddedEngine
        from core.engines.embedded.weights import load_decoder

        return EmbeddedEngine(load_decoder(bundle.file("weights")), device)
    if name == "tokensynth":
        from core.engines.tokensynth.engine import TokenSynthEngine

        unconditional = "unconditional"
        return TokenSynthEngine.from_files(
            bundle.file("transformer"),
            bundle.file(unconditional) if bundle.has(unconditional) else None,
            bundle.file("codec"),
            device,
        )
    raise ModelDamaged(f"bundle {bundle.id} names the engine {name!r}, which does not exist here")


def load_encoder(bundle: Bundle, device: str) -> TimbreEncoder:
    """The timbre encoder that belongs to a bundle.

    Raises:
        ModelMissing, ModelDamaged: if a file is absent, or is not what it should be.
    """
    name = bundle.manifest.encoder
    if name == "embedded":
        from core.encoders.embedded.encoder import EmbeddedEncoder
        from core.encoders.embedded.weights import load_encoder_parts

        parts = load_encoder_parts(bundle.file("weights"))
        return EmbeddedEncoder(*parts, bundle.id, bundle.sha256_of("weights"))
    if name == "laion":
        from core.encoders.laion.encoder import LaionEncoder

        return LaionEncoder.from_files(
            bundle.file("clap"),
            bundle.file("tokenizer") if bundle.has("tokenizer") else None,
            device,
            bundle.sha256_of("clap"),
        )
    raise ModelDamaged(f"bundle {bundle.id} names the encoder {name!r}, which does not exist here")
