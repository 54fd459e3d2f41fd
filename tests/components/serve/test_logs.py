import asyncio
import json
import subprocess
import sys
import time

import httpx
import pytest
from grpc_client import trailing_metadata
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lookalike_components.serve.observability import logs
from lookalike_components.serve.observability.requests import observed

SCRIPT = """
import logging, warnings
from lookalike_components.serve.observability import logs
logs.set_up({level!r}, {form!r})
logs.life.info("serving")
logging.getLogger("kserve").info("a line for every request")
logs.requests.info("GET / 200", extra={{"status": "200"}})
logs.request_id.set("seven")
logging.getLogger("lookalike.somewhere").warning("a shelf is %s", "full")
warnings.warn("old ways", UserWarning)
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("kserve").exception("went wrong")
"""


def lines(level="warning", form="json"):
    code = SCRIPT.format(level=level, form=form)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == ""
    return run.stderr.splitlines()


def ask(app, path="/", **headers):
    async def asking():
        transport = httpx.ASGITransport(observed(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(asking())


async def tell_the_id(_):
    return PlainTextResponse(logs.request_id.get())


APP = Starlette(routes=[Route("/", tell_the_id)])


def test_each_line_is_one_object_with_time_level_logger_and_id():
    told = [json.loads(line) for line in lines()]
    serving, full = told[:2]
    assert serving["message"] == "serving"
    assert "request_id" not in serving
    assert full["time"].endswith("+00:00")
    del full["time"]
    assert full == {
        "level": "WARNING",
        "logger": "lookalike.somewhere",
        "message": "a shelf is full",
        "request_id": "seven",
    }


def test_a_traceback_stays_inside_of_its_line():
    wrong = json.loads(lines()[-1])
    assert wrong["message"] == "went wrong"
    assert wrong["traceback"].endswith("ZeroDivisionError: division by zero")


def test_quiet_unless_told_otherwise():
    told = [json.loads(line)["message"] for line in lines()]
    assert told[:2] == ["serving", "a shelf is full"]
    assert "old ways" in told[2]
    assert told[3:] == ["went wrong"]


def test_every_request_has_a_line_from_info_on_and_kserves_stay_away():
    told = [json.loads(line) for line in lines("info")]
    assert [line["status"] for line in told if line["logger"] == "lookalike.requests"] == ["200"]
    assert "a line for every request" not in [line["message"] for line in told]


def test_text_is_for_people():
    assert lines(form="text")[0].endswith(" INFO    lookalike.server serving")


def test_a_clients_id_comes_back_and_is_known_inside():
    answer = ask(APP, **{"X-Request-Id": "order-66/a"})
    assert (answer.headers["X-Request-Id"], answer.text) == ("order-66/a", "order-66/a")


@pytest.mark.parametrize("given", [None, "", "x" * 129, "two words", "<script>", "caf\u00e9", "a\tb"])
def test_an_id_is_made_where_there_is_none_that_can_be_shown(given):
    answer = ask(APP, **({} if given is None else {"X-Request-Id": given.encode()}))
    assert len(answer.text) == 32
    assert answer.headers["X-Request-Id"] == answer.text


def test_two_requests_have_two_ids():
    assert ask(APP).text != ask(APP).text


def test_the_id_is_forgotten_after_the_answer():
    ask(APP)
    assert logs.request_id.get() == ""


@pytest.fixture(scope="module")
def talkative(start, release_folder):
    """A server that has a line for each request."""
    return start(release_folder, "--log-level", "info", "--log-form", "json")


def about(server, request_id):
    """The lines about a request; the first comes after the answer."""
    ends = time.monotonic() + 10
    while not (found := lines_about(server, request_id)) and time.monotonic() < ends:
        pass
    return found


def lines_about(server, request_id):
    told = [json.loads(line) for line in server.log.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return [line for line in told if line.get("request_id") == request_id]


def test_a_request_leaves_one_line_and_nothing_of_its_picture(talkative):
    body = {"instances": [{"b64": "AAAA"}]}
    talkative.post("/v1/models/encoder:predict", json=body, headers={"X-Request-Id": "one"})
    (line,) = about(talkative, "one")
    assert line["message"] == "POST /v1/models/encoder:predict 400"
    assert (line["model"], line["protocol"], line["status"]) == ("encoder", "v1", "400")
    assert line["milliseconds"] > 0
    assert "AAAA" not in talkative.log.read_text()


def test_a_query_string_is_not_logged(talkative):
    httpx.get(f"http://{talkative.http}/release?secret=7", headers={"X-Request-Id": "two"})
    (line,) = about(talkative, "two")
    assert line["message"] == "GET /release 200"
    assert "secret" not in talkative.log.read_text()


def test_probes_leave_no_line(talkative):
    httpx.get(f"http://{talkative.http}/v2/health/live", headers={"X-Request-Id": "three"})
    httpx.get(f"http://{talkative.http}/release", headers={"X-Request-Id": "the-next"})
    assert about(talkative, "the-next")
    assert lines_about(talkative, "three") == []


def test_a_call_over_grpc_has_an_id_and_a_line(talkative, other_process, pictures):
    given = {"x-request-id": "four"}
    trailing = other_process.submit(trailing_metadata, talkative.grpc, "encoder", pictures, given).result(timeout=60)
    assert trailing["x-request-id"] == "four"
    (line,) = about(talkative, "four")
    assert line["message"] == "/inference.GRPCInferenceService/ModelInfer OK"
    assert (line["model"], line["protocol"]) == ("encoder", "grpc")
