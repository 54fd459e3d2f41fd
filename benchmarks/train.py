"""Seconds of a training step: the pure step on tensors in memory, lookalike's step, and a plain loop.

    python benchmarks/train.py ~/groceries --size 112

The source is a folder with one subfolder a label. Every fourth label is held out to see that equal steps teach the
same. All contestants train one network with one loss, batch normalisation and all stages included, in turns and each in
a process of its own; what is printed is the median over all rounds, with the range.

The pure step is what the hardware allows: one batch of normalised tensors in memory, again and again, in the ways that
torch offers. The plain loop is torchvision's ImageFolder, Pillow, the DataLoader and a loss of pytorch-metric-learning,
without workers and with two, and with the same settings of the allocator. Lookalike's step is that of the step
*train*, taken from its history after the first epoch; with the preset `best` it is what a run does by default, with
its own augmentation and frozen parts. With `--compile`, the pure step and lookalike's are also timed with a network
that torch has compiled, and what compiling took stands beside them. Pictures are taken as they are, and enlarged to
640 x 480, as cameras give them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from machine import machine
from training.contestants import CONTESTANTS, Facts
from training.work import CLASSES, EACH, Work, lay_out

from lookalike_components.encoder.process import ENVIRONMENT, WAITING


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
    parser.add_argument("--compile", action="store_true", help="also with torch.compile, which takes minutes each time")
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
            names = [name for name, who in CONTESTANTS.items() if arguments.compile or not who.compiled]
            names = [name for name in names if not (large and name.startswith("pure"))]
            print(f"\n{count} pictures, {name}\n", flush=True)
            print("\n".join(lines(measured(own, names, arguments.rounds), count / own.batch)))


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
    compiled = any("compiling" in facts for rounds in told.values() for facts in rounds)
    columns = ["Seconds a step", "Range", "To the fastest pure step", "Plain loop to it", "First epoch, s"]
    columns += ["Compiling, s", "MAP@R"] if compiled else ["MAP@R"]
    yield f"| | {' | '.join(columns)} |"
    yield f"|---|{'--:|' * len(columns)}"
    for name, values in seconds.items():
        cells = [name, f"{middle[name]:.3f}", f"{min(values):.3f} to {max(values):.3f}"]
        cells += [f"{middle[name] / limit:.2f}" if limit else "", f"{plain / middle[name]:.2f}"]
        cells.append(median([facts["before"] + middle[name] * epoch for facts in told[name] if "before" in facts], 1))
        cells += [median([facts["compiling"] for facts in told[name] if "compiling" in facts], 1)] if compiled else []
        cells.append(median([facts["map_at_r"] for facts in told[name] if "map_at_r" in facts], 3))
        yield f"| {' | '.join(cells)} |"


def median(values: list[float], digits: int) -> str:
    """Of what the rounds told; nothing where they told nothing."""
    return f"{statistics.median(values):.{digits}f}" if values else ""


if __name__ == "__main__":
    main()
