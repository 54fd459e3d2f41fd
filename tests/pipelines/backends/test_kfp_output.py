import io
import logging

from lookalike.backends.kfp_output import CacheHits, ReadableLog

PRINTED = """\
08:38:01.347 - INFO - Running pipeline: \x1b[95m'finetune'\x1b[0m
--------------------------------------------------------------------------------
08:38:01.350 - INFO - Executing task \x1b[96m'label'\x1b[0m
08:38:01.350 - INFO - Streamed logs:

    [KFP Executor 2026-11-24 08:38:01,399 INFO]: Got executor_input:
    {
        "inputs": {
            "parameterValues": {}
        }
    }
    08:38:02 label     started
    08:38:02 label     41 labels
    [KFP Executor 2026-11-24 08:38:01,460 INFO]: Wrote executor output file to /root/out.json.

08:38:01.469 - INFO - Task \x1b[96m'label'\x1b[0m finished with status \x1b[92mSUCCESS\x1b[0m
08:38:01.469 - INFO - Task \x1b[96m'label'\x1b[0m outputs:
    labelled: Dataset( name='labelled',
                       uri='/root/labelled',
                       metadata={} )
--------------------------------------------------------------------------------
Traceback (most recent call last):
"""


def readable(printed):
    log = io.StringIO()
    stream = ReadableLog(log)
    for start in range(0, len(printed), 7):
        stream.write(printed[start : start + 7])
    return log.getvalue().splitlines()


def test_only_what_a_person_wants_to_read_is_kept():
    assert readable(PRINTED) == [
        "08:38:02 label     started",
        "08:38:02 label     41 labels",
        "Traceback (most recent call last):",
    ]


def test_a_task_whose_outputs_were_there_already_is_heard_of():
    hits = []
    handler = CacheHits(hits.append)
    for message in ("Task label cache hit (key=0123456789ab); skipping execution.", "Executing task 'split'"):
        handler.handle(logging.LogRecord("root", logging.INFO, "", 0, message, (), None))
    assert hits == ["label"]
