"""However the forward pass is computed, it is the same encoder."""

from pathlib import Path

import pytest
import torch
import torch._inductor.utils
from torch import Tensor, nn
from torch.nn import functional

from lookalike_components.encoder.model import build
from lookalike_components.errors import LookalikeError
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.distributed.world import ALONE
from lookalike_components.train.optimisation.forward import Forward, uses_bfloat16

IMAGES = torch.arange(2 * 32 * 32 * 3).reshape(2, 32, 32, 3).to(torch.uint8)


@pytest.mark.parametrize(("precision", "halved"), [("auto", False), ("float32", False), ("bfloat16", True)])
def test_a_cpu_takes_bfloat16_by_request_only(precision: str, halved: bool):
    assert uses_bfloat16(TrainConfig(precision=precision), torch.device("cpu")) is halved


def test_embeddings_are_whole_numbers_of_32_bits_and_of_length_1_in_any_precision(weights: Path):
    encoder = build("resnet18", str(weights), 32)
    embeddings = Forward(encoder.eval(), TrainConfig(precision="bfloat16"), ALONE)(IMAGES)
    assert embeddings.dtype == torch.float32
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(2))


class Tiny(nn.Module):
    """Something that takes the compiler a second and not minutes."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(3, 2)
        self.register_buffer("mean", torch.zeros(3))

    def forward(self, images: Tensor) -> Tensor:
        return functional.normalize(self.head(images.float().mean((1, 2)) - self.mean), dim=1)


@pytest.mark.slow
def test_a_compiled_encoder_embeds_the_same_and_keeps_the_names_of_its_weights():
    encoder = Tiny()
    names = [*encoder.state_dict()]
    forward = Forward(encoder, TrainConfig(compile=True), ALONE)
    torch.testing.assert_close(forward(IMAGES), encoder(IMAGES))
    assert [*encoder.state_dict()] == names


@pytest.mark.slow
def test_where_there_is_no_compiler_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch._inductor.config.cpp, "cxx", ("no-such-compiler",))
    torch.compiler.reset()
    with torch._inductor.utils.fresh_cache(), pytest.raises(LookalikeError) as error:
        Forward(Tiny(), TrainConfig(compile=True), ALONE)(IMAGES)
    assert str(error.value).startswith("torch could not compile Tiny (")
    assert str(error.value).endswith("); install a C++ compiler where it misses one, or set train.compile to false")
