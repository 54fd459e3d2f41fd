"""The steps of a run, read out of what the API tells of its tasks.

Argo runs a step as several nodes: ``train-driver`` (may it start, is it cached?), ``train``, and below it ``executor``,
the pod that works, once for each attempt. The API lists all of them side by side; the middle one has the step's name.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from lookalike.cluster import STEPS

TASK_OF_STEP = {"evaluate-reference": "evaluate", "evaluate-candidate": "evaluate-2"}
STEP_OF_TASK = {task: step for step, task in TASK_OF_STEP.items()} | {
    step: step for step in STEPS if step not in TASK_OF_STEP
}
ENDED = {"SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"}
ATTEMPT = re.compile(r"executor\(\d+\)$")
TEMPLATES = ("system-container-impl", "retry-system-container-impl")


class Step(NamedTuple):
    """A step as far as it has come.

    Attributes:
        state: RUNNING, SUCCEEDED, FAILED, CANCELED, or SKIPPED where its outputs were there already.
        started: Seconds since 1970.
        ended: The same; None while it runs.
        pods: Names that its pods may have, one tuple a pod, oldest first.
    """

    name: str
    state: str
    started: float
    ended: float | None
    pods: list[tuple[str, ...]]


def steps_of(run: Any) -> list[Step]:
    """The steps that have begun, in that order; the parts of a step that was divided count as one."""
    details = (run.run_details.task_details if run.run_details else None) or []
    nodes = {detail.pod_name: detail for detail in details if detail.pod_name}
    named: dict[str, list[Any]] = {}
    for detail in details:
        if detail.display_name in STEP_OF_TASK and _has_begun(detail):
            named.setdefault(STEP_OF_TASK[detail.display_name], []).append(detail)
    return sorted((_step(name, tasks, nodes) for name, tasks in named.items()), key=lambda step: step.started)


def _has_begun(task: Any) -> bool:
    """Argo keeps a node for what it left out, too; and a time that is not yet known is the year 1 or 1970."""
    return task.state not in {None, "RUNTIME_STATE_UNSPECIFIED"} and _seconds(task.start_time) > 0


def _step(name: str, tasks: list[Any], nodes: dict[str, Any]) -> Step:
    state = _together([_state(task, nodes) for task in tasks])
    ended = max(_seconds(task.end_time) for task in tasks) if state in ENDED else None
    pods = [pod for task in tasks for pod in _pods(task, nodes)]
    return Step(name, state, min(_seconds(task.start_time) for task in tasks), ended, pods)


def _state(task: Any, nodes: dict[str, Any]) -> str:
    """A step whose pod was left out has succeeded in the eyes of Argo; its outputs came from the cache."""
    below = {nodes[child.pod_name].state for child in task.child_tasks or [] if child.pod_name in nodes}
    return "SKIPPED" if task.state == "SUCCEEDED" and below == {"SKIPPED"} else str(task.state)


def _together(states: Iterable[str]) -> str:
    found = set(states)
    for state in ("FAILED", "CANCELED"):
        if state in found:
            return state
    if found - ENDED:
        return "RUNNING"
    return "SKIPPED" if found == {"SKIPPED"} else "SUCCEEDED"


def _pods(task: Any, nodes: dict[str, Any]) -> list[tuple[str, ...]]:
    """Pods of a task: below it, or below the node that counts its attempts; where none is told, its own name."""
    below = [child.pod_name for child in task.child_tasks or []]
    pods = [attempt for node in below for attempt in _attempts(node, nodes) or [node]]
    return [_names(pod, task.display_name) for pod in pods] or ([(task.pod_name,)] if task.pod_name else [])


def _attempts(node: str, nodes: dict[str, Any]) -> list[str]:
    """The attempts of a step that is tried again. Below other pods Argo lists what comes after them."""
    after = (nodes[node].child_tasks or []) if node in nodes else []
    return [child.pod_name for child in after if ATTEMPT.match(_display_name(nodes, child.pod_name))]


def _display_name(nodes: dict[str, Any], node: str) -> str:
    return str(nodes[node].display_name) if node in nodes else ""


def _names(node: str, task: str) -> tuple[str, ...]:
    """Argo tells nodes by ``WORKFLOW-NUMBER``; newer versions put the template between the two to name the pod."""
    workflow, _, number = node.rpartition("-")
    templates = (*TEMPLATES, f"{task}-{TEMPLATES[0]}")
    return *(f"{workflow}-{template}-{number}" for template in templates), node


def _seconds(time: Any) -> float:
    return float(time.timestamp()) if time else 0.0
