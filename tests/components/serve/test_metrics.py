import base64
import math
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from grpc_client import files, infer
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from lookalike_components.serve.observability import metrics


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


def samples(server):
    text = httpx.get(f"http://{server.http}/metrics").text
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sorted(sample.labels.items())): sample.value for sample in found}


def requests_of(server, **labels):
    return samples(server).get(("lookalike_requests_total", *sorted(labels.items())), 0)


def counts(server, ways):
    return [requests_of(server, model="search", protocol=protocol, status=status) for protocol, status in ways]


def becomes(expected, count):
    """Whether a count reaches a value: a request is counted once its answer is on its way."""
    ends = time.monotonic() + 10
    while count() != expected and time.monotonic() < ends:
        pass
    return count() == expected


def search(server, picture):
    body = {"instances": [{"b64": base64.b64encode(picture).decode()}]}
    return server.post("/v1/models/search:predict", json=body)


def test_what_fails_takes_time_too():
    before = value("lookalike_stage_seconds_count", stage="decode")
    with pytest.raises(ZeroDivisionError), metrics.timed("decode"):
        _ = 1 / 0
    assert value("lookalike_stage_seconds_count", stage="decode") == before + 1


def test_none_is_lost_when_threads_count_at_once():
    before = value("lookalike_stage_seconds_sum", stage="queue")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: metrics.observe("queue", 0.5), range(2000)))
    assert value("lookalike_stage_seconds_sum", stage="queue") == before + 1000


@pytest.mark.parametrize("reason", metrics.REASONS)
def test_every_reason_is_there_before_the_first_refusal(reason):
    assert value("lookalike_rejected_total", reason=reason) is not None


def test_a_reason_of_a_later_day_is_counted_as_well():
    metrics.rejected("full moon")
    assert value("lookalike_rejected_total", reason="full moon") == 1


def test_one_release_is_in_service_at_a_time():
    metrics.served_release("a", "e", images=6, threshold=0.9)
    metrics.served_release("b", "f", images=7)
    assert value("lookalike_release_info", release="a", encoder="e") is None
    assert value("lookalike_release_info", release="b", encoder="f") == 1
    assert value("lookalike_index_images") == 7
    assert math.isnan(value("lookalike_threshold"))


def test_a_request_is_counted_by_model_protocol_and_status(server, pictures, grpc):
    ways = [("v1", "200"), ("v2", "200"), ("grpc", "OK")]
    before = counts(server, ways)
    assert search(server, pictures[0]).is_success
    tensor = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [base64.b64encode(pictures[0]).decode()]}
    assert server.post("/v2/models/search/infer", json={"inputs": [tensor]}).is_success
    grpc(infer, "search", [files(pictures[:1])])
    assert becomes([count + 1 for count in before], lambda: counts(server, ways))


def test_a_refusal_is_counted_by_its_status_and_its_reason(server, grpc):
    before = samples(server)
    assert search(server, b"no image").status_code == 400
    status, _ = grpc(infer, "encoder", [files([b"no image"])])
    assert status == "StatusCode.INVALID_ARGUMENT"
    after = samples(server)
    reason = ("lookalike_rejected_total", ("reason", "image"))
    assert after[reason] == before[reason] + 2
    assert becomes(True, lambda: requests_of(server, model="search", protocol="v1", status="400") >= 1)
    assert becomes(True, lambda: requests_of(server, model="encoder", protocol="grpc", status="INVALID_ARGUMENT") >= 1)


@pytest.mark.parametrize("stage", ["queue", "decode", "inference", "search"])
def test_every_stage_of_a_search_is_timed(server, pictures, stage):
    count = ("lookalike_stage_seconds_count", ("stage", stage))
    before = samples(server)[count]
    search(server, pictures[0])
    assert samples(server)[count] == before + 1


def test_the_best_score_of_each_query_is_seen(server, pictures):
    before = samples(server)
    search(server, pictures[0])
    after = samples(server)
    assert after[("lookalike_top_score_count",)] == before[("lookalike_top_score_count",)] + 1
    risen = after[("lookalike_top_score_sum",)] - before[("lookalike_top_score_sum",)]
    assert risen == pytest.approx(1, abs=1e-4)


def test_the_size_of_a_batch_is_seen(server, pictures):
    before = samples(server)[("lookalike_batch_images_sum",)]
    search(server, pictures[0])
    assert samples(server)[("lookalike_batch_images_sum",)] == before + 1


def test_the_release_in_service_is_named(server, release):
    found = samples(server)
    digests = ("encoder", release.manifest.encoder.digest), ("release", release.manifest.digest)
    assert found[("lookalike_release_info", *digests)] == 1
    assert found[("lookalike_index_images",)] == 6
    assert found[("lookalike_threshold",)] == 0.9


def test_probes_are_not_counted_as_requests(server):
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/encoder/ready", "/v1/models/encoder", "/metrics"):
        before = requests_of(server, model="", protocol="http", status="200")
        assert httpx.get(f"http://{server.http}{path}").is_success
        assert requests_of(server, model="", protocol="http", status="200") == before


def test_what_is_no_inference_is_counted_without_its_path(server):
    before = requests_of(server, model="", protocol="http", status="404")
    httpx.get(f"http://{server.http}/no/such/{'page' * 50}")
    assert becomes(before + 1, lambda: requests_of(server, model="", protocol="http", status="404"))
