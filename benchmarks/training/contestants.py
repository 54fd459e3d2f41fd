"""Who is timed: the pure step in the ways that torch offers, lookalike's step, and a plain loop."""

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from pytorch_metric_learning import losses, miners, samplers
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from lookalike.config import FinetuneConfig
from lookalike_components import retrieval
from lookalike_components.dataset import read_table
from lookalike_components.encoder.folder import read_config
from lookalike_components.encoder.model import best_device
from lookalike_components.encoder.weights import load_state, resolve
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.train.keeping.history import read_history
from lookalike_components.train.pictures.pictures import decode
from training.work import EACH, Work

WARM = 4
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLASSIFIERS = ("fc", "classifier", "heads")
PLAIN = {
    "augmentation": "none",
    "freeze": 0,
    "freeze_batch_norm": False,
    "variants": [],
    "resolutions": [1.0],
    "interpolations": [1.0],
    "average": 0.0,
    "keep": "last",
    "loss": "MultiSimilarityLoss",
    "loss_options": {},
    "miner": "MultiSimilarityMiner",
    "miner_options": {},
    "optimizer": "Adam",
    "optimizer_options": {},
    "learning_rate": 1e-4,
    "layer_decay": 1.0,
    "schedule": "constant",
    "warmup": 0.0,
}
"""What makes lookalike's training the same computation as the others'."""

Facts = dict[str, Any]


def network_of(work: Work) -> nn.Module:
    """A network of torchvision's without its classifier, pretrained, as anybody would train it."""
    network: nn.Module = models.get_model(work.model, weights=None)
    network.load_state_dict(load_state(resolve(work.model, work.weights)))
    for name in CLASSIFIERS:
        if hasattr(network, name):
            setattr(network, name, nn.Identity())
    return network.train()


def steps_on(network: nn.Module, batches: Iterator[tuple[Tensor, Tensor]], bfloat16: bool = False) -> list[float]:
    """Takes a step with each batch; gives the seconds of each, waiting for the batch included."""
    device = best_device()
    loss_of, mine = losses.MultiSimilarityLoss(), miners.MultiSimilarityMiner()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    taken, started = [], time.perf_counter()
    for images, labels in batches:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            embeddings = nn.functional.normalize(network(images).float())
        loss = loss_of(embeddings, labels, mine(embeddings, labels))
        loss.backward()
        optimizer.step()
        loss.item()  # waits for a graphics card
        taken.append(time.perf_counter() - started)
        started = time.perf_counter()
    return taken


def pure(channels_last: bool = False, bfloat16: bool = False, compiled: bool = False) -> Callable[[Work], Facts]:
    """A contestant: one batch in memory, again and again."""

    def run(work: Work) -> Facts:
        torch.manual_seed(0)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        network = network_of(work).to(best_device()).to(memory_format=layout)
        network = cast(nn.Module, torch.compile(network)) if compiled else network
        images = torch.randn(work.batch, 3, work.size, work.size, device=best_device())
        batch = (
            images.to(memory_format=layout),
            torch.arange(work.classes, device=best_device()).repeat_interleave(EACH),
        )
        taken = steps_on(network, (batch for _ in range(work.steps)), bfloat16)
        return {"seconds": taken[WARM:]} | ({"compiling": longer(taken[:WARM], taken[WARM:])} if compiled else {})

    return run


def plain_loop(workers: int) -> Callable[[Work], Facts]:
    """A contestant: what a tutorial would write."""

    def run(work: Work) -> Facts:
        torch.manual_seed(0)
        np.random.seed(0)
        folders = ImageFolder(str(Path(work.folder, "train")), prepared(work.size))
        sampler = samplers.MPerClassSampler(folders.targets, EACH, work.batch, work.batch * work.steps)
        loader = DataLoader(
            folders,
            work.batch,
            sampler=sampler,
            num_workers=workers,
            pin_memory=torch.cuda.is_available(),
            drop_last=True,
        )
        network = network_of(work).to(best_device())
        given = (batch for batch, _ in zip(loader, range(work.steps), strict=False))
        taken = steps_on(network, given)
        return {"seconds": taken[WARM:], "before": taken[0], "map_at_r": score(network, work)}

    return run


def longer(first: list[float], later: list[float]) -> float:
    """Seconds that the first steps took beyond what later ones take: what compiling cost."""
    return sum(first) - len(first) * statistics.median(later)


def prepared(size: int) -> v2.Compose:
    """Pillow's picture as a normalised tensor."""
    parts = [v2.Resize((size, size)), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]
    return v2.Compose(parts)


def score(network: nn.Module, work: Work) -> float:
    """MAP@R on the labels that were held out."""
    folders = ImageFolder(str(Path(work.folder, "held-out")), prepared(work.size))
    network.eval()
    with torch.inference_mode():
        parts = [network(images.to(best_device())).cpu() for images, _ in DataLoader(folders, 64)]
    vectors = nn.functional.normalize(torch.cat(parts)).numpy()
    ranking = retrieval.rank_leave_one_out(vectors, [str(label) for label in folders.targets], 3)
    return retrieval.means(ranking.metrics(3))["map_at_r"]


def lookalikes(preset: str, compiled: bool = False) -> Callable[[Work], Facts]:
    """A contestant: the step *train*, with a preset or with what makes it the others' computation."""

    def run(work: Work) -> Facts:
        table = Path(work.folder, "table.parquet")
        chosen = {"model": work.model, "weights": work.weights, "input_size": work.size}
        batch = {"classes_per_batch": work.classes, "images_per_class": EACH}
        overrides = {"source": work.folder, "encoder": chosen, "train": {**({} if preset else PLAIN), **batch}}
        config = FinetuneConfig.resolve(preset=preset, overrides=overrides).step("train")
        assert isinstance(config, TrainConfig)
        stretches = {
            "variants": [],
            "compile": compiled,
            "steps": work.steps,
            "validate_every": max(work.steps // 4, 1),
            "checkpoint_every": 0,
        }
        config = config.model_copy(update=stretches)
        with TemporaryDirectory() as scratch:
            fine_tune(table, Path(scratch, "encoder"), Path(scratch, "history.jsonl"), config)
            rows = read_history(Path(scratch, "history.jsonl"))
            started = time.perf_counter()
            decode(read_table(table), "train", read_config(Path(scratch, "encoder")), work.size, scratch, config)
            before = time.perf_counter() - started
        stretched = [row for row in rows if row["step"] and "trial" not in row and "share" not in row]
        pairs = pairwise(stretched)
        seconds = [row["seconds"] / (row["step"] - past["step"]) for past, row in pairs if row["step"] > past["step"]]
        facts = {"seconds": seconds, "before": before, "map_at_r": rows[-1]["validation"]["map_at_r"]}
        first = stretched[0]["seconds"] / stretched[0]["step"]
        return facts | ({"compiling": longer([first] * stretched[0]["step"], seconds)} if compiled else {})

    return run


class Contestant(NamedTuple):
    """Who takes part.

    Attributes:
        run: What it does.
        allocator: Whether glibc's allocator is set as lookalike sets it.
        compiled: Whether torch compiles its network first: it takes part on demand alone.
    """

    run: Callable[[Work], Facts]
    allocator: bool
    compiled: bool = False


CONTESTANTS = {
    "pure": Contestant(pure(), False),
    "pure, channels_last": Contestant(pure(channels_last=True), False),
    "pure, channels_last, allocator": Contestant(pure(channels_last=True), True),
    "pure, channels_last, allocator, bfloat16": Contestant(pure(channels_last=True, bfloat16=True), True),
    "pure, channels_last, allocator, compiled": Contestant(
        pure(channels_last=True, compiled=True), True, compiled=True
    ),
    "lookalike, same computation": Contestant(lookalikes(""), True),
    "lookalike, same computation, compiled": Contestant(lookalikes("", compiled=True), True, compiled=True),
    "lookalike, preset best": Contestant(lookalikes("best"), True),
    "plain loop, no workers": Contestant(plain_loop(0), True),
    "plain loop, 2 workers": Contestant(plain_loop(2), True),
}
