"""Published checkpoints ↔ :class:`Transformer`, strict on both sides.

Every tensor of a file is accounted for and every parameter of the network is filled, or
:class:`ModelDamaged` names what is wrong. Parameters have the same names in both. The
package's module also keeps working memory in its state dict, which a file may hold or not:

    blocks.N.attn.mask        which positions attend to which. The package builds it True
                              *above* the diagonal and hands it to PyTorch's attention,
                              where True means "attends", so an untrained module of its
                              looks only ahead; a checkpoint's own mask replaces it on
                              loading. Here attention is causal. A stored mask must say
                              so in one of the two conventions (True on and below the
                              diagonal attends; True above it is blocked).
    blocks.N.attn.k_cache     left-over keys and values: of no meaning, not read
    blocks.N.attn.v_cache
    clap_projection.*         in unconditional files: inherited there, never used, not read
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import Tensor

from core.engines.tokensynth.transformer import (
    PRESETS,
    Transformer,
    TransformerConfig,
    timbre_projection,
)
from core.errors import ModelDamaged

_WORKING_MEMORY = re.compile(r"blocks\.\d+\.attn\.(mask|k_cache|v_cache)")


def load_transformer(
    path: Path, *, conditional: bool, device: torch.device | str = "cpu"
) -> Transformer:
    """Load a checkpoint of any size in :data:`PRESETS`, ready to decode with.

    Args:
        path: a file ``torch.save`` made of a state dict; nothing else in it is run.
        conditional: which of the two networks it must hold.

    Raises:
        ModelDamaged: if the file is not such a checkpoint, to the last tensor.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch raises half a dozen types for a damaged file
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelDamaged(f"{path} cannot be read as weights ({reason}); pull it again") from error
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ModelDamaged(f"{path} holds no plain state dict; pull it again")
    try:
        config = config_of(state, conditional=conditional)
        model = from_state(state, config)
    except ModelDamaged as error:
        raise ModelDamaged(f"{path}: {error}") from error
    return model.to(device)


def config_of(state: dict[str, Tensor], *, conditional: bool) -> TransformerConfig:
    """The preset a state dict's sizes belong to.

    Args:
        state: tensors by name.
        conditional: which of the two networks it must hold.

    Raises:
        ModelDamaged: if there is none.
    """
    table = state.get("pos_embed")
    layers = {int(m[1]) for name in state if (m := re.match(r"blocks\.(\d+)\.", name))}
    if table is not None and table.ndim == 3:
        for config in PRESETS.values():
            sizes = (1, config.positions, config.width)
            if tuple(table.shape) == sizes and layers == set(range(config.layers)):
                return config if conditional else config.unconditional()
    raise ModelDamaged("the tensors' sizes are those of no known TokenSynth network")


def from_state(state: dict[str, Tensor], config: TransformerConfig) -> Transformer:
    """A network in evaluation mode with these weights.

    Args:
        state: tensors by name; those of the package's working memory may be there or not.
        config: sizes of the network.

    Raises:
        ModelDamaged: if a tensor is missing, unexpected, of the wrong shape or not finite,
            or a stored mask is not causal.
    """
    with torch.device("meta"):  # no memory, no initial weights: all are assigned below
        model = Transformer(config)
    expected = model.state_dict()
    weights: dict[str, Tensor] = {}
    unexpected: list[str] = []
    for name, tensor in state.items():
        if name in expected:
            weights[name] = tensor.to(torch.float32)
        elif name.endswith(".mask") and _WORKING_MEMORY.fullmatch(name):
            _check_mask(name, tensor)
        elif not (_WORKING_MEMORY.fullmatch(name) or _unused(name, config)):
            unexpected.append(name)
    missing = sorted(expected.keys() - weights.keys())
    misshapen = [name for name, tensor in weights.items() if tensor.shape != expected[name].shape]
    not_finite = [name for name, tensor in weights.items() if not bool(tensor.isfinite().all())]
    for fault, names in (
        ("missing", missing),
        ("unexpected", unexpected),
        ("of the wrong shape", misshapen),
        ("not finite", not_finite),
    ):
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            raise ModelDamaged(f"tensors {fault}: {', '.join(names[:3])}{more}")
    model.load_state_dict(weights, strict=True, assign=True)
    return model.requires_grad_(False).eval()


def to_published(model: Transformer) -> dict[str, Tensor]:
    """The state dict the package tokensynth 0.0.4 loads (with ``strict=True``) and runs alike."""
    config = model.config
    state = dict(model.state_dict())
    allowed = torch.ones(config.positions, config.positions, dtype=torch.bool).tril()[None, None]
    cache = (1, config.heads, config.positions, config.head_width)
    for n in range(config.layers):
        state[f"blocks.{n}.attn.mask"] = allowed
        state[f"blocks.{n}.attn.k_cache"] = torch.zeros(cache)
        state[f"blocks.{n}.attn.v_cache"] = torch.zeros(cache)
    if not config.conditional:  # the package's class inherits what it does not use
        unused = timbre_projection(config)
        state |= {f"clap_projection.{name}": tensor for name, tensor in unused.state_dict().items()}
    return state


def _unused(name: str, config: TransformerConfig) -> bool:
    return not config.conditional and name.startswith("clap_projection.")


def _check_mask(name: str, mask: Tensor) -> None:
    size = mask.shape[-1] if mask.ndim else 0
    allowed = torch.ones(size, size, dtype=torch.bool).tril()
    if mask.numel() != size * size:
        raise ModelDamaged(f"{name} is not a causal mask")
    matrix = mask.reshape(size, size).to(torch.bool)
    if not (torch.equal(matrix, allowed) or torch.equal(matrix, ~allowed)):
        raise ModelDamaged(f"{name} is not a causal mask")
