"""Seconds of a training step: the pure step on tensors in memory, lookalike's step, and a plain loop.

    python benchmarks/train.py ~/groceries --size 112

The source is a folder with one subfolder a label. Every fourth label is held out to see that equal steps teach the
same. All contestants train one network with one loss, batch normalisation and all stages included, in turns and each in
a process of its own; what is printed is the median over all rounds, with the range.

The pure step is what the hardware allows: one batch of normalised tensors in memory, again and again, in the ways that
torch offers. The plain loop is torchvision's ImageFolder, Pillow, the DataLoader and a loss of pytorch-metric-learning,
without workers and with two, and with the same settings of the allocator. Lookalike's step is that of the step
*train*, taken from its history after the first epoch; with the preset `best` it is what a run does by default, with
its own augmentation and frozen parts. Pictures are taken as they are, and enlarged to 640 x 480, as cameras give them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from machine import machine
from PIL import Image, ImageOps
from pytorch_metric_learning import losses, miners, samplers
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import models
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from lookalike.config import FinetuneConfig
from lookalike_components import retrieval
from lookalike_components.dataset import read_table, write_table
from lookalike_components.encoder.folder import read_config
from lookalike_components.encoder.model import best_device
from lookalike_components.encoder.process import ENVIRONMENT, WAITING
from lookalike_components.encoder.weights import load_state, resolve
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.ingest import ingest
from lookalike_components.label.config import LabelConfig
from lookalike_components.label.label import label
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.train.keeping.history import read_history
from lookalike_components.train.pictures.pictures import decode

CLASSES, EACH = 16, 4
HELD_OUT = 4
WARM = 4
LARGE = (640, 480)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SUFFIXES = {".jpg", ".jpeg", ".png"}
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


class Work(NamedTuple):
    """What a contestant is given.

    Attributes:
        folder: Holds ``train`` and ``held-out``, folders of labels, and ``table.parquet`` of the same pictures.
        model: Name of the backbone.
        weights: Its weights; empty for the published ones.
        size: Side of the input in pixels.
        steps: To be taken.
    """

    folder: str
    model: str
    weights: str
    size: int
    steps: int

    @property
    def classes(self) -> int:
        """Labels in a batch."""
        return min(CLASSES, len(list(Path(self.folder, "train").iterdir())))

    @property
    def batch(self) -> int:
        """Pictures in a batch."""
        return self.classes * EACH


def main() -> None:
    """Reads the arguments; measures and prints, or is one contestant."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with one subfolder a label")
    parser.add_argument("--model", default="mobilenet_v2")
    parser.add_argument("--weights", default="")
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--images", type=int, default=640, help="pictures to take from the source, at most")
    parser.add_argument("--steps", type=int, default=40, help="of each contestant in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contestant:
        work = Work(str(arguments.source), arguments.model, arguments.weights, arguments.size, arguments.steps)
        print("\n" + json.dumps(CONTESTANTS[arguments.contestant].run(work)))
        return
    print(f"{arguments.model} at {arguments.size} px, batches of {CLASSES} x {EACH}; {machine()}.", flush=True)
    with TemporaryDirectory() as scratch:
        for name, large in (("as they are", False), ("640 x 480", True)):
            folder = Path(scratch) / name.replace(" ", "-")
            count = lay_out(arguments.source, folder, arguments.images, large)
            own = Work(str(folder), arguments.model, arguments.weights, arguments.size, arguments.steps)
            names = [name for name in CONTESTANTS if not (large and name.startswith("pure"))]
            print(f"\n{count} pictures, {name}\n", flush=True)
            print("\n".join(lines(measured(own, names, arguments.rounds), count / own.batch)))


def lay_out(source: Path, folder: Path, most: int, large: bool) -> int:
    """Copies pictures into ``train`` and ``held-out``, and makes the image table of them; gives those to train on."""
    labels = sorted(path for path in source.iterdir() if path.is_dir())
    each = max(most // len(labels), 2)
    rows = []
    for number, home in enumerate(labels):
        side = "held-out" if number % HELD_OUT == 0 else "train"
        (folder / side / home.name).mkdir(parents=True)
        for path in sorted(path for path in home.iterdir() if path.suffix.lower() in SUFFIXES)[:each]:
            target = folder / side / home.name / path.name
            if large:
                target = target.with_suffix(".jpg")
                ImageOps.fit(Image.open(path).convert("RGB"), LARGE).save(target, quality=90)
            else:
                target.write_bytes(path.read_bytes())
            rows.append({"image": str(target), "label": home.name, "side": side})
    write_image_table(pd.DataFrame(rows), folder)
    return sum(row["side"] == "train" for row in rows)


def write_image_table(rows: pd.DataFrame, folder: Path) -> None:
    """Writes what *ingest*, *label* and *split* would, with the same labels held out."""
    listing, images, labelled = (folder / name for name in ("pictures.csv", "images.parquet", "labelled.parquet"))
    rows.to_csv(listing, index=False)
    ingest(IngestConfig(source=str(listing), store=str(folder / "shards")), images, folder / "refused.parquet")
    label(images, labelled, LabelConfig(rule="column"))
    table = read_table(labelled)
    write_table(
        table.assign(subset=table["side"].map({"held-out": "validation"}).fillna("train")), folder / "table.parquet"
    )


def measured(work: Work, names: list[str], rounds: int) -> dict[str, list[Facts]]:
    """What every contestant told, in each round."""
    told: dict[str, list[Facts]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            sys.stderr.write(f"round {number + 1} of {rounds}: {name}\n")
            told[name].append(alone(name, work))
    return told


def alone(name: str, work: Work) -> Facts:
    """One contestant, in a process of its own."""
    command = [sys.executable, __file__, work.folder, "--contestant", name, "--model", work.model]
    command += ["--weights", work.weights, "--size", str(work.size), "--steps", str(work.steps)]
    own = {**os.environ, **(ENVIRONMENT if CONTESTANTS[name].allocator else WAITING)}
    done = subprocess.run(command, capture_output=True, env=own, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} broke off:\n{done.stderr[-4000:]}")
    facts: Facts = json.loads(done.stdout.splitlines()[-1])
    return facts


def lines(told: dict[str, list[Facts]], epoch: float) -> Iterator[str]:
    """The table, in Markdown; an epoch has so many steps."""
    seconds = {name: [one for facts in rounds for one in facts["seconds"]] for name, rounds in told.items()}
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    limit = min((middle[name] for name in middle if name.startswith("pure")), default=None)
    plain = min(middle[name] for name in middle if name.startswith("plain"))
    yield "| | Seconds a step | Range | To the fastest pure step | Plain loop to it | First epoch, s | MAP@R |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for name, values in seconds.items():
        cells = [name, f"{middle[name]:.3f}", f"{min(values):.3f} to {max(values):.3f}"]
        cells += [f"{middle[name] / limit:.2f}" if limit else "", f"{plain / middle[name]:.2f}"]
        first = [facts["before"] + middle[name] * epoch for facts in told[name] if "before" in facts]
        scores = [facts["map_at_r"] for facts in told[name] if "map_at_r" in facts]
        cells += [
            f"{statistics.median(values):.{digits}f}" if values else "" for values, digits in ((first, 1), (scores, 3))
        ]
        yield f"| {' | '.join(cells)} |"


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


def pure(channels_last: bool = False, bfloat16: bool = False) -> Callable[[Work], Facts]:
    """A contestant: one batch in memory, again and again."""

    def run(work: Work) -> Facts:
        torch.manual_seed(0)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        network = network_of(work).to(best_device()).to(memory_format=layout)
        images = torch.randn(work.batch, 3, work.size, work.size, device=best_device())
        batch = (
            images.to(memory_format=layout),
            torch.arange(work.classes, device=best_device()).repeat_interleave(EACH),
        )
        return {"seconds": steps_on(network, (batch for _ in range(work.steps)), bfloat16)[WARM:]}

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


def lookalikes(preset: str) -> Callable[[Work], Facts]:
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
        return {"seconds": seconds, "before": before, "map_at_r": rows[-1]["validation"]["map_at_r"]}

    return run


class Contestant(NamedTuple):
    """Who takes part: what it runs, and whether glibc's allocator is set as lookalike sets it."""

    run: Callable[[Work], Facts]
    allocator: bool


CONTESTANTS = {
    "pure": Contestant(pure(), False),
    "pure, channels_last": Contestant(pure(channels_last=True), False),
    "pure, channels_last, allocator": Contestant(pure(channels_last=True), True),
    "pure, channels_last, allocator, bfloat16": Contestant(pure(channels_last=True, bfloat16=True), True),
    "lookalike, same computation": Contestant(lookalikes(""), True),
    "lookalike, preset best": Contestant(lookalikes("best"), True),
    "plain loop, no workers": Contestant(plain_loop(0), True),
    "plain loop, 2 workers": Contestant(plain_loop(2), True),
}


if __name__ == "__main__":
    main()
