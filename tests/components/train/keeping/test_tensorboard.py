"""TensorBoard reads the rows while they are written."""

from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lookalike_components.train.keeping.tensorboard import TensorBoard

ROW = {"step": 80, "loss": 0.5, "learning_rate": 1e-4, "images_per_second": 128.0, "waiting": 0.02}
ROW |= {"validation": {"map_at_r": 0.25}}


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values of each scalar, as TensorBoard reads them."""
    read = EventAccumulator(str(folder))
    read.Reload()
    return {tag: [(event.step, event.value) for event in read.Scalars(tag)] for tag in read.Tags()["scalars"]}


def test_rows_become_curves(tmp_path: Path):
    board = TensorBoard(tmp_path)
    board.record({**ROW, "step": 0, "loss": None})
    board.record(ROW)
    board.close()
    found = curves(tmp_path)
    assert found["loss"] == [(80, 0.5)]
    assert found["validation/map_at_r"] == [(0, 0.25), (80, 0.25)]


def test_a_row_can_be_read_before_the_next(tmp_path: Path):
    board = TensorBoard(tmp_path)
    board.record(ROW)
    assert curves(tmp_path)["loss"] == [(80, 0.5)]
    board.close()


def test_a_trial_is_a_run_of_its_own(tmp_path: Path):
    board = TensorBoard(tmp_path)
    board.record({**ROW, "trial": 0})
    board.close()
    assert [path.name for path in tmp_path.iterdir()] == ["trial-1"]
    assert curves(tmp_path / "trial-1")["loss"] == [(80, 0.5)]


def test_a_later_attempt_replaces_what_an_earlier_one_left(tmp_path: Path):
    for loss in (0.5, 0.25):
        board = TensorBoard(tmp_path)
        board.record({**ROW, "loss": loss})
        board.close()
    assert curves(tmp_path)["loss"] == [(80, 0.25)]
