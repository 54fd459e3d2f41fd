"""The dashboard and the alerts ask for metrics that servers really have, in PromQL that Prometheus would take."""

import json
import os
import re

import promql_parser
import pytest
from kustomized import MANIFESTS, built_upon
from prometheus_client import REGISTRY

from lookalike_components.serve.observability import metrics

DASHBOARD = json.loads((MANIFESTS / "base" / "dashboard.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]]
TARGETS += [(note["name"], note["expr"]) for note in DASHBOARD["annotations"]["list"]]
GRAFANAS_OWN = {"$__rate_interval": "5m", "$namespace": ".*"}
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def grafana(expression):
    """An expression as Grafana sends it."""
    for variable, value in GRAFANAS_OWN.items():
        expression = expression.replace(variable, value)
    return expression


def asked_for(expression):
    promql_parser.parse(expression)
    return set(re.findall(r"\b(?:lookalike|process)_\w+", expression))


def known():
    assert metrics.REASONS  # importing it is what registers the metrics
    return {family.name + suffix for family in REGISTRY.collect() for suffix in SUFFIXES.get(family.type, ())}


@pytest.fixture
def rules(tmp_path):
    component = os.path.relpath(MANIFESTS / "components" / "alerts", tmp_path / "own")
    documents = built_upon("base", tmp_path / "own", components=[component], namespace="shop")
    (rule,) = [document for document in documents if document["kind"] == "PrometheusRule"]
    assert rule["metadata"]["namespace"] == "shop"
    return [alert for group in rule["spec"]["groups"] for alert in group["rules"]]


@pytest.mark.parametrize(("title", "expression"), TARGETS, ids=[title for title, _ in TARGETS])
def test_a_panel_asks_for_what_there_is(title, expression):
    names = asked_for(grafana(expression))
    assert names
    assert names <= known()


def test_a_name_that_is_misspelt_would_be_seen():
    assert not asked_for("rate(lookalike_request_total[5m])") <= known()


def test_an_alert_asks_for_what_there_is_and_says_what_to_do(rules):
    assert len({rule["alert"] for rule in rules}) == len(rules) == 5
    assert set().union(*(asked_for(rule["expr"]) for rule in rules)) <= known()
    told = [text for rule in rules for text in (rule["annotations"]["summary"], rule["annotations"]["description"])]
    assert [text for text in told if not text.endswith(".")] == []


def test_every_metric_is_shown_somewhere(rules):
    shown = set().union(*(asked_for(grafana(expression)) for _, expression in TARGETS))
    families = {family.name for family in REGISTRY.collect() if family.name.startswith("lookalike_")}
    assert {name for name in families if not any(used.startswith(name) for used in shown)} == set()


def test_panels_lie_side_by_side_and_not_on_top_of_each_other():
    cells = [
        (panel["gridPos"]["x"] + column, panel["gridPos"]["y"] + line)
        for panel in DASHBOARD["panels"]
        for column in range(panel["gridPos"]["w"])
        for line in range(panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(column for column, _ in cells) == 23


def test_panels_have_ids_of_their_own_and_ask_the_source_that_is_chosen():
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    sources = {target["datasource"]["uid"] for panel in PANELS for target in panel["targets"]}
    assert sources == {"${datasource}"}


def test_grafanas_sidecar_finds_the_dashboard(manifests):
    (config,) = manifests.of("base", "ConfigMap", "lookalike-dashboard")
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(config["data"]["lookalike.json"]) == DASHBOARD
