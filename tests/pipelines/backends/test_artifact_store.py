"""The artifact store of local runs: a folder, file:// or a bucket, by the same tests."""

import json
from collections.abc import Callable

import pytest
from tenacity import retry, stop_after_delay, wait_fixed

import lookalike
from lookalike.backends import RunRecord, Status
from lookalike.backends.artifact_store import ArtifactStore, place_of
from lookalike_components.errors import UserError
from lookalike_components.storage import exists, join, list_files, local_path, read_bytes, write_bytes

QUARANTINE, ENCODER = "quarantine.parquet", "encoder"


@pytest.fixture(params=["path", "file", "gs"])
def artifacts(request, tmp_path) -> str:
    places: dict[str, Callable[[], str]] = {
        "path": lambda: str(tmp_path / "store"),
        "file": lambda: (tmp_path / "store").as_uri(),
        "gs": lambda: f"{request.getfixturevalue('bucket')}/runs",
    }
    return places[request.param]()


@pytest.fixture
def folder(tmp_path):
    """The folder of a run called mugs-1, in which two steps have written something."""
    folder = tmp_path / "runs" / "mugs-1"
    (folder / "artifacts/encoder").mkdir(parents=True)
    (folder / "artifacts/encoder/encoder.json").write_text("{}")
    (folder / "artifacts/quarantine").write_text("refused")
    (folder / "logs.txt").write_text("a log")
    return folder


def finished(folder, step, **outputs):
    """Writes down that a step has finished, as the steps do."""
    event = {"step": step, "status": "finished", "outputs": {name: str(path) for name, path in outputs.items()}}
    with (folder / "events.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\n")
    return event


def below(place):
    start = len(str(local_path(place) or place)) + 1
    return [file.uri[start:] for file in list_files(place)]


def test_a_run_has_a_place_of_its_own_below_the_artifacts(folder, artifacts):
    assert place_of(folder, artifacts) == join(artifacts, "mugs-1")


def test_a_run_that_lies_in_its_artifact_store_already_is_not_copied(folder):
    assert (
        place_of(folder, str(folder.parent)) == place_of(folder, folder.parent.as_uri()) == place_of(folder, "") == ""
    )


def test_artifacts_arrive_under_the_places_of_the_runs_folder(folder, artifacts):
    store = ArtifactStore(folder, place_of(folder, artifacts))
    store.bring(
        [
            finished(folder, "ingest", quarantine=folder / "artifacts/quarantine", images="not kept"),
            finished(folder, "train", encoder=folder / "artifacts/encoder"),
        ]
    )
    assert below(store.place) == ["encoder/encoder.json", QUARANTINE]
    assert read_bytes(join(store.place, QUARANTINE)) == b"refused"


def test_the_comparisons_metrics_stand_beside_it_too(folder, artifacts):
    (folder / "artifacts/comparison").mkdir()
    (folder / "artifacts/comparison/metrics.json").write_text("{}")
    store = ArtifactStore(folder, place_of(folder, artifacts))
    store.bring([finished(folder, "compare", comparison=folder / "artifacts/comparison")])
    assert below(store.place) == ["comparison/metrics.json", "metrics.json"]


def test_what_was_brought_is_not_brought_again_even_by_another_process(folder, artifacts):
    event = finished(folder, "ingest", quarantine=folder / "artifacts/quarantine")
    place = place_of(folder, artifacts)
    ArtifactStore(folder, place).bring([event])
    write_bytes(join(place, QUARANTINE), b"marked")
    ArtifactStore(folder, place).bring([event])
    assert read_bytes(join(place, QUARANTINE)) == b"marked"


def test_of_a_step_that_ran_twice_the_last_artifact_is_kept(folder, artifacts):
    (folder / "artifacts/quarantine-2").write_text("refused again")
    first = finished(folder, "ingest", quarantine=folder / "artifacts/quarantine")
    second = finished(folder, "ingest", quarantine=folder / "artifacts/quarantine-2")
    store = ArtifactStore(folder, place_of(folder, artifacts))
    store.bring([second])
    store.bring([first, second])
    assert read_bytes(join(store.place, QUARANTINE)) == b"refused again"


def test_steps_are_followed_while_they_work(folder, artifacts):
    store = ArtifactStore(folder, place_of(folder, artifacts))
    with store.following():
        finished(folder, "ingest", quarantine=folder / "artifacts/quarantine")
    assert below(store.place) == [QUARANTINE]


def failing(folder):
    """A step that fails once it has written something."""
    finished(folder, "ingest", quarantine=folder / "artifacts/quarantine")
    raise RuntimeError("the step failed")


def test_what_a_step_that_failed_has_written_is_there_before_the_failure_goes_on(folder, artifacts):
    store = ArtifactStore(folder, place_of(folder, artifacts))
    with pytest.raises(RuntimeError, match="the step failed"), store.following():
        failing(folder)
    assert below(store.place) == [QUARANTINE]


def test_the_record_comes_last_with_the_log_and_the_events(folder, artifacts):
    store = ArtifactStore(folder, place_of(folder, artifacts))
    record = RunRecord(name="mugs-1", config={}, artifacts=store.place)
    store.claim(record)
    finished(folder, "ingest")
    store.conclude(record.changed(status=Status.FINISHED))
    assert below(store.place) == ["events.jsonl", "logs.txt", "run.json"]
    assert json.loads(read_bytes(join(store.place, "run.json")))["status"] == "FINISHED"


def test_a_run_that_is_resumed_finds_its_own_place(folder, artifacts):
    record = RunRecord(name="mugs-1", config={})
    store = ArtifactStore(folder, place_of(folder, artifacts))
    store.claim(record)
    store.claim(record.changed(status=Status.STARTED))
    assert json.loads(read_bytes(join(store.place, "run.json")))["status"] == "STARTED"


def test_another_run_of_the_same_name_is_not_written_over(folder, artifacts):
    first, second = (RunRecord(name="mugs-1", config={}, created=created) for created in (1.0, 2.0))
    ArtifactStore(folder, place_of(folder, artifacts)).claim(first)
    store = ArtifactStore(folder, place_of(folder, artifacts))
    with pytest.raises(UserError) as error:
        store.claim(second)
    assert str(error.value) == f"{store.place} holds another run of this name; choose another --name or --artifacts"
    store.conclude(second.changed(status=Status.FAILED))
    assert json.loads(read_bytes(join(store.place, "run.json")))["created"] == 1.0
    assert below(store.place) == ["run.json"]


def test_without_a_store_nothing_is_written(folder, tmp_path):
    store = ArtifactStore(folder, "")
    record = RunRecord(name="mugs-1", config={})
    store.claim(record)
    with store.following():
        event = finished(folder, "ingest", quarantine=folder / "artifacts/quarantine")
    store.bring([event])
    store.conclude(record)
    assert sorted(path.name for path in folder.iterdir()) == ["artifacts", "events.jsonl", "logs.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_failed_transfer_is_told_in_the_log_and_made_up_for_at_the_end(watched_bucket, folder, capfd):
    store = ArtifactStore(folder, f"{watched_bucket.uri}/runs/mugs-1")
    watched_bucket.fail("upload", "refused", status=403)
    with store.following():
        event = finished(folder, "ingest", quarantine=folder / "artifacts/quarantine")
    assert "is not open to this account; ask for access to the bucket (goes on; brings it at the end)" in (
        capfd.readouterr().err
    )
    assert not exists(f"{store.place}/{QUARANTINE}")
    store.bring([event])
    assert below(store.place) == [QUARANTINE]


@pytest.fixture
def fit(photos, weights, tmp_path):
    """A run of one epoch that takes seconds."""

    def begin(name, artifacts, **more):
        return lookalike.fit(
            photos,
            name=name,
            runs=tmp_path / "runs",
            artifacts=artifacts,
            model="resnet18",
            weights=str(weights),
            input_size=32,
            train={"epochs": 1, "classes_per_batch": 8, "variants": []},
            test=0.5,
            **more,
        )

    return begin


@pytest.mark.slow
def test_a_whole_run_lies_in_its_store_as_in_its_folder(fit, tmp_path):
    run = fit("mugs-1", (tmp_path / "store").as_uri())
    here, there = tmp_path / "runs/mugs-1", tmp_path / "store/mugs-1"
    assert (run.status(), run.record().error, run.record().artifacts) == (Status.FINISHED, "", str(there))
    names = set(below(str(there)))
    assert {"metrics.json", "report.html", "run.json", "logs.txt", "encoder/encoder.json", "table.parquet"} <= names
    grown_since = {"logs.txt"}
    assert [name for name in names - grown_since if (there / name).read_bytes() != (here / name).read_bytes()] == []


@pytest.mark.slow
@retry(stop=stop_after_delay(60), wait=wait_fixed(0.05), reraise=True)
def _wait_until_the_store_says(record: str, status: str) -> None:
    """Of a run that failed, the folder tells first: the store may be what has failed."""
    assert json.loads(read_bytes(record))["status"] == status


def test_a_store_that_refuses_fails_the_run_with_one_sentence_and_resuming_completes_it(fit, watched_bucket):
    artifacts = f"{watched_bucket.uri}/runs"
    watched_bucket.fail("upload", "refused", times=100, status=403, ending="report.html")
    failed = fit("mugs-1", artifacts).record()
    sentence = f"{artifacts}/mugs-1/report.html is not open to this account; ask for access to the bucket"
    assert (failed.status, failed.exit_code, failed.error) == (Status.FAILED, 2, sentence)
    _wait_until_the_store_says(f"{artifacts}/mugs-1/run.json", "FAILED")

    watched_bucket.reset()
    resumed = fit("mugs-1", artifacts, resume=True).record()
    assert (resumed.status, resumed.error) == (Status.FINISHED, "")
    assert exists(f"{artifacts}/mugs-1/report.html")
    assert watched_bucket.of("upload", ending=".safetensors") == watched_bucket.of("upload", ending=".tar") == []
