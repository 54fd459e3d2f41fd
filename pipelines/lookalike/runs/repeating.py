"""The same run once more with other chance: how much of a gain is luck of the training."""

from pathlib import Path

from lookalike.backends import Status
from lookalike.backends.local import LocalBackend
from lookalike.config import FinetuneConfig, merged
from lookalike.runs import Run, free_name
from lookalike_components.errors import UserError

WITHOUT_ITS_OWN_CHANGE = {"deploy": {"apply": False}}
"""What a repetition leaves to the run that it repeats: a cluster serves that one's release."""


def name_of(name: str, number: int) -> str:
    """The name of a run's repetition, such as ``photos-1-seed-2``."""
    return f"{name}-seed-{number}"


def start(name: str, config: FinetuneConfig, folder: Path, seeds: int, *, resume: bool = False) -> Run:
    """Starts a run that is to be repeated, or finds it where it has finished and others are to go on.

    Args:
        name: Its name; "" for one that is free.
        config: Its settings.
        folder: Where runs live.
        seeds: Trainings in all, 2 or more.
        resume: Whether to go on with a run of this name, and with its repetitions.

    Raises:
        UserError: The run is a challenge, was started with other settings, or a name is not to be had.
    """
    _refuse_a_challenge(config)
    backend = LocalBackend(folder)
    name = name or free_name(config.source, set(backend.names()))
    if not resume:
        _check_room(name, seeds, backend)
    elif backend.record(name).status == Status.FINISHED:
        backend.check_unchanged(name, config)
        return Run(name, backend)
    backend.submit(name, config, resume=resume)
    return Run(name, backend)


def repeat(run: Run, number: int) -> Run:
    """Starts a run once more with other chance, goes on with that, or returns it where it has finished.

    Steps before the training, and the reference's evaluation, are taken from the run itself.

    Args:
        run: The run to repeat; it has finished.
        number: Which repetition, from 1 up.

    Raises:
        UserError: The run is not finished, not of this machine or a challenge, or another run has the name.
    """
    if not isinstance(run.backend, LocalBackend):
        raise UserError(f"{run.name} is not of this machine; submit it anew with train.repetition={number}")
    record = run.record()
    if record.status != Status.FINISHED:
        raise UserError(f"{run.name} is {record.status}; only a run that has finished can be repeated")
    config = FinetuneConfig.model_validate(record.config)
    _refuse_a_challenge(config)
    other = {"train": {"repetition": config.section("train")["repetition"] + number}}
    again = FinetuneConfig.model_validate(merged(config.model_dump(), merged(WITHOUT_ITS_OWN_CHANGE, other)))
    return _begun(Run(name_of(run.name, number), run.backend), again, run, run.backend)


def _begun(repetition: Run, config: FinetuneConfig, first: Run, backend: LocalBackend) -> Run:
    if repetition.name not in backend.names():
        backend.submit(repetition.name, config, repeats=first.name)
        return repetition
    if repetition.record().repeats != first.name:
        raise UserError(f"{repetition.name} does not repeat {first.name}; delete it, or choose another --name")
    if repetition.status() != Status.FINISHED:
        backend.submit(repetition.name, config, resume=True)
        return repetition
    backend.check_unchanged(repetition.name, config)
    return repetition


def repetitions(run: Run) -> list[Run]:
    """The runs that repeated one, oldest first."""
    others = [Run(name, run.backend) for name in run.backend.names()]
    return [other for other in others if other.record().repeats == run.name]


def _check_room(name: str, seeds: int, backend: LocalBackend) -> None:
    """Makes sure that a run and its repetitions can have their names, before the first of them takes its time.

    Raises:
        UserError: A name is too long, or taken.
    """
    for number in range(1, seeds):
        repetition = name_of(name, number)
        if backend.folder(repetition).exists():
            raise UserError(
                f"--seeds {seeds} needs the name {repetition}, which a run has already; choose another --name, go on "
                f"with --resume, or `lookalike runs delete {repetition}`"
            )


def _refuse_a_challenge(config: FinetuneConfig) -> None:
    """Refuses repetitions of a challenge, whose first run would change what the others are compared with.

    Raises:
        UserError: The run challenges the champion.
    """
    if config.top()["challenge"]:
        raise UserError(
            "--seeds does not go with --challenge: the first run may become the champion that the others would have to "
            "beat; challenge with one run, and see the spread with --no-challenge"
        )
