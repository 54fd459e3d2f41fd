"""Batch normalisation over several processes is that of one, in any precision, with the activation that timm adds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from lookalike_components.train.distributed.batch_norm import over_all_processes

CPU = torch.device("cpu")

PROCESS = """if True:
    import sys, torch
    from timm.layers import BatchNormAct2d
    from torch import nn
    from lookalike_components.train.distributed.batch_norm import over_all_processes
    from lookalike_components.train.distributed.world import joined

    def run(kind, dtype, world):
        torch.manual_seed(0)
        norm, images = kind(3).double(), torch.randn(5, 3, 4, 4).double()
        if dtype == torch.bfloat16:
            norm = norm.float()
        part = images[world.share(5)].to(dtype)
        normed = (over_all_processes(norm, torch.device("cpu")) if world.size > 1 else norm)(part).double()
        return {"normed": world.together(normed.flatten(1), 5), **{n: t.double() for n, t in norm.state_dict().items()}}

    with joined() as world:
        cases = [(nn.BatchNorm2d, torch.float64), (BatchNormAct2d, torch.float64), (BatchNormAct2d, torch.bfloat16)]
        torch.save([run(*case, world) for case in cases], f"{sys.argv[1]}/{world.rank} of {world.size}")
"""


def test_what_is_frozen_normalises_as_before():
    norm = nn.BatchNorm2d(3).eval()
    images = torch.randn(2, 3, 4, 4)
    expected = norm(images)
    torch.testing.assert_close(over_all_processes(norm, CPU)(images), expected)


def test_what_timm_activates_stays_activated_on_gpus():
    layers = pytest.importorskip("timm.layers", reason="timm is not installed")
    network = nn.Sequential(nn.Conv2d(3, 4, 1), layers.BatchNormAct2d(4)).eval()
    images, names = torch.randn(2, 3, 4, 4), [*network.state_dict()]
    expected = network(images)
    shared = over_all_processes(network, torch.device("cuda")).eval()
    assert isinstance(shared[1], nn.SyncBatchNorm)
    torch.testing.assert_close(shared(images), expected)
    assert [*shared.state_dict()] == names


@pytest.mark.slow
def test_two_processes_normalise_as_one_with_timm_and_without(tmp_path: Path):
    pytest.importorskip("timm", reason="timm is not installed")
    (tmp_path / "process.py").write_text(PROCESS)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--local-addr=localhost", "--nproc-per-node=2"]
    for launcher in ([], torchrun):
        command = [sys.executable, *launcher, str(tmp_path / "process.py"), str(tmp_path)]
        subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    alone, first, second = (torch.load(tmp_path / name) for name in ("0 of 1", "0 of 2", "1 of 2"))
    for case, tolerance in enumerate((1e-12, 1e-12, 0.02)):
        for shared in (first, second):
            torch.testing.assert_close(shared[case], alone[case], rtol=tolerance, atol=tolerance)
