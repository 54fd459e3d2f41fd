"""Who reaches a server and what a server reaches, worked out from the policies as Kubernetes documents them.

Nothing here enforces a policy; a cluster's network does.
"""

from ipaddress import ip_address, ip_network

import pytest

WITH_POLICIES = ["base", "overlays/gke", "overlays/scale-to-zero", "overlays/dev"]


def lets(policies, direction, port, protocol="TCP", **peer):
    """Whether one of the rules lets a connection pass; what no rule names is refused."""
    rules = [rule for policy in policies for rule in policy["spec"].get(direction, [])]
    peers = {"ingress": "from", "egress": "to"}[direction]
    return any(
        any(is_peer(each, **peer) for each in rule[peers])
        and any((each["port"], each["protocol"]) == (port, protocol) for each in rule["ports"])
        for rule in rules
    )


def is_peer(peer, labels=None, address=None):
    if labels is not None and "namespaceSelector" in peer:
        return selects(peer["namespaceSelector"], labels)
    if address is not None and "ipBlock" in peer:
        block = peer["ipBlock"]
        inside = ip_address(address) in ip_network(block["cidr"])
        return inside and not any(ip_address(address) in ip_network(less) for less in block.get("except", []))
    return False


def selects(selector, labels):
    for wanted in selector.get("matchExpressions", []):
        assert wanted["operator"] == "In"
        if labels.get(wanted["key"]) not in wanted["values"]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()


def named(namespace, **labels):
    return {"kubernetes.io/metadata.name": namespace, **labels}


GATEWAYS = ("istio-system", "istio-ingress", "envoy-gateway-system", "kserve", "knative-serving", "kourier-system")
CLIENTS = [*map(named, GATEWAYS), named("shop", **{"lookalike/client": "true"})]


@pytest.fixture
def policies(manifests):
    return lambda folder: manifests.of(folder, "NetworkPolicy")


def server_ports(folder):
    """Where requests come in: at the server, or on Knative at the proxy in its pod."""
    return [8012, 8013] if folder == "overlays/scale-to-zero" else [8080, 8081]


@pytest.mark.parametrize("folder", WITH_POLICIES)
def test_both_directions_are_closed_but_for_the_rules(policies, folder):
    closed = {direction for policy in policies(folder) for direction in policy["spec"]["policyTypes"]}
    assert closed == {"Ingress", "Egress"}


@pytest.mark.parametrize("folder", WITH_POLICIES)
@pytest.mark.parametrize("labels", CLIENTS, ids=lambda labels: "+".join(labels.values()))
def test_gateways_and_clients_with_a_label_reach_the_server(policies, folder, labels):
    assert all(lets(policies(folder), "ingress", port, labels=labels) for port in server_ports(folder))


@pytest.mark.parametrize("folder", WITH_POLICIES)
@pytest.mark.parametrize("namespace", ["monitoring", "gmp-system"])
def test_prometheus_reaches_the_metrics_and_nothing_else(policies, folder, namespace):
    assert lets(policies(folder), "ingress", 8080, labels=named(namespace))
    others = [8081, 8012, 8013]
    assert not any(lets(policies(folder), "ingress", port, labels=named(namespace)) for port in others)


@pytest.mark.parametrize("folder", WITH_POLICIES)
def test_nobody_else_reaches_the_server(policies, folder):
    for port in (8080, 8081, 8012, 8013, 22):
        assert not lets(policies(folder), "ingress", port, labels=named("shop"))
        assert not lets(policies(folder), "ingress", port, address="10.0.0.7")


@pytest.mark.parametrize("folder", WITH_POLICIES)
def test_a_server_reaches_names_and_object_storage(policies, folder):
    for protocol in ("UDP", "TCP"):
        assert lets(policies(folder), "egress", 53, protocol, labels=named("kube-system"))
    assert lets(policies(folder), "egress", 443, address="142.250.74.91")
    assert lets(policies(folder), "egress", 443, address="199.36.153.8")  # Private Google Access


@pytest.mark.parametrize("folder", WITH_POLICIES)
def test_a_sidecar_of_istio_reaches_istiod(policies, folder):
    assert lets(policies(folder), "egress", 15012, labels=named("istio-system"))


@pytest.mark.parametrize("folder", WITH_POLICIES)
@pytest.mark.parametrize("address", ["10.96.0.1", "172.17.0.2", "192.168.1.1", "100.64.0.1"])
def test_a_server_reaches_nothing_private_and_not_the_api_server(policies, folder, address):
    assert not lets(policies(folder), "egress", 443, address=address)


@pytest.mark.parametrize("folder", WITH_POLICIES)
def test_a_server_reaches_the_metadata_of_its_node_on_gke_alone(policies, folder):
    reached = [
        lets(policies(folder), "egress", port, address=address)
        for address, port in [("169.254.169.254", 80), ("169.254.169.252", 988)]
    ]
    assert reached == [folder == "overlays/gke"] * 2


def test_on_knative_the_autoscaler_counts_requests(policies):
    assert lets(policies("overlays/scale-to-zero"), "ingress", 9090, labels=named("knative-serving"))
