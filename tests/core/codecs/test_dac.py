"""The codec wrapper, on a real DAC with few channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core.codecs.dac import Dac, receptive_reach
from core.errors import Cancelled, ModelDamaged
from tests.core.engines.tokensynth import tiny


@pytest.fixture(scope="module")
def codec() -> Dac:
    return Dac(tiny.dac_model())


def codes(frames: int) -> torch.Tensor:
    return torch.randint(0, 1024, (frames, 9), generator=torch.manual_seed(0))


@pytest.mark.parametrize("chunk_frames", [1, 37, 100])
def test_chunks_decode_to_the_whole(codec: Dac, chunk_frames: int) -> None:
    made = codes(120)
    whole = codec.decode(made, chunk_frames=1000)
    largest = float(np.abs(codec.decode(made, chunk_frames=chunk_frames) - whole).max())
    print(f"largest difference of chunked decode: {largest:.3g}, of peak {np.abs(whole).max():.2g}")
    assert whole.shape == (120 * 512,)
    assert float(whole.std()) > 1e-3
    assert largest <= 1e-3 * float(np.abs(whole).max())


def test_the_reach_is_the_receptive_field() -> None:
    """By differentiation: no frame further away matters, and one nearly as far does."""
    model = tiny.dac_model().eval()
    reach = receptive_reach(model.decoder)
    latent = torch.randn(1, 8, 61, generator=torch.manual_seed(0), requires_grad=True)
    model.decode(latent)[0, 0, 30 * 512 : 31 * 512].sum().backward()
    assert latent.grad is not None
    touched = torch.nonzero(latent.grad.abs().sum(dim=(0, 1)))[:, 0]
    furthest = max(30 - int(touched.min()), int(touched.max()) - 30)
    assert furthest <= reach <= furthest + 3


def test_encoding_keeps_time(codec: Dac) -> None:
    assert codec.encode(np.zeros(512 * 7, np.float32)).shape == (7, 9)
    assert codec.encode(np.zeros(512 * 7 + 1, np.float32)).shape == (8, 9)


def test_silence_is_one_frame_over_and_over(codec: Dac) -> None:
    silence = codec.silence(5)
    assert silence.shape == (5, 9)
    assert bool((silence == silence[0]).all())
    assert torch.equal(silence[0], codec.encode(np.zeros(512 * 40, np.float32))[20])


def test_decoding_can_be_cancelled(codec: Dac) -> None:
    with pytest.raises(Cancelled):
        codec.decode(codes(50), on_progress=lambda fraction: fraction < 0.5, chunk_frames=10)


def test_no_codes_are_no_sound(codec: Dac) -> None:
    assert codec.decode(codes(0)).shape == (0,)


def test_a_file_in_the_published_form_loads(tmp_path: Path, codec: Dac) -> None:
    path = tmp_path / "dac.pt"
    settings = {**tiny.DAC_SETTINGS, "sample_rate": 44100, "lr": 1e-4}
    torch.save(
        {"state_dict": tiny.dac_model().state_dict(), "metadata": {"kwargs": settings}}, path
    )
    loaded = Dac.from_file(path)
    assert (loaded.sample_rate, loaded.hop, loaded.codebooks) == (44100, 512, 9)
    assert np.array_equal(loaded.decode(codes(20)), codec.decode(codes(20)))


@pytest.mark.parametrize("fault", ["missing", "unexpected", "no metadata", "not weights"])
def test_a_damaged_file_is_named(tmp_path: Path, fault: str) -> None:
    state = tiny.dac_model().state_dict()
    content: dict[str, object] = {
        "state_dict": state,
        "metadata": {"kwargs": tiny.DAC_SETTINGS},
    }
    path = tmp_path / "dac.pt"
    match fault:
        case "missing":
            del state["encoder.block.0.bias"]
        case "unexpected":
            state["more"] = torch.zeros(1)
        case "no metadata":
            del content["metadata"]
    torch.save(content, path)
    if fault == "not weights":
        path.write_bytes(b"<html>")
    with pytest.raises(ModelDamaged, match=r"dac\.pt.*pull it again"):
        Dac.from_file(path)


def test_a_codec_that_does_not_keep_time_is_refused() -> None:
    import dac

    odd = dac.DAC(encoder_dim=2, encoder_rates=[3], decoder_dim=4, decoder_rates=[3], latent_dim=4)
    with pytest.raises(ModelDamaged, match="odd"):
        Dac(odd)
