"""Who answers which share of the requests, and what deploying, promoting and rolling back make of it.

The two deployment modes of KServe write a canary down in different ways. In Standard mode it stands beside the stable
predictor (``spec.canary``) and is promoted by giving its name to the stable one, which restarts no pod. On Knative
there is one predictor: a new release gets ``canaryTrafficPercent`` of the requests, the revision before it the rest.
"""

from dataclasses import dataclass, replace
from typing import Any

from lookalike_components.deploy.config import Mode
from lookalike_components.deploy.served import Predictor, Served, served_before, served_by, with_release
from lookalike_components.errors import UserError

OURS = {
    "annotations",
    "automountServiceAccountToken",
    "maxReplicas",
    "minReplicas",
    "name",
    "securityContext",
    "serviceAccountName",
}
OURS_OF_THE_MODEL = {"modelFormat", "protocolVersion", "runtime", "storageUri", "resources"}
CONTAINER = "kserve-container"


@dataclass(frozen=True)
class Traffic:
    """The predictor that serves, and beside it perhaps a canary with its share."""

    stable: Predictor
    canary: Predictor | None = None
    percent: int = 0

    @classmethod
    def read(cls, spec: dict[str, Any], mode: Mode) -> "Traffic":
        """Reads the share of each release from the spec of a service on the cluster."""
        predictor = _ours(spec["predictor"])
        if mode == "Standard":
            for canary in spec.get("canary", []):
                return cls(predictor, _ours(canary["predictor"]), canary["trafficPercent"])
            return cls(predictor)
        percent = spec["predictor"].get("canaryTrafficPercent")
        if percent is None or not (before := served_before(predictor)):
            return cls(predictor)  # a share that somebody else gave the only release is none
        last, *older = before
        return cls(with_release(predictor, last, older), predictor, percent)

    def spec(self, mode: Mode) -> dict[str, Any]:
        """The spec of the service that gives every release its share."""
        if self.canary is None:
            return {"predictor": _named_for(self.stable, mode)}
        if mode == "Knative":
            return {"predictor": {**_named_for(self.canary, mode), "canaryTrafficPercent": self.percent}}
        beside = {**self.canary, "model": {"name": CONTAINER, **self.canary["model"]}}
        # KServe refuses limits of their own for a canary and works out its replicas from its share.
        beside = {key: value for key, value in beside.items() if key not in {"minReplicas", "maxReplicas"}}
        return {"predictor": self.stable, "canary": [{"trafficPercent": self.percent, "predictor": beside}]}

    def deployed(self, served: Served, rendered: Predictor) -> "Traffic":
        """The release answers everything from now on."""
        return Traffic(_keeping_the_name(self.stable, with_release(rendered, served, self._before(served))))

    def tried(self, served: Served, rendered: Predictor, percent: int) -> "Traffic":
        """The release answers ``percent`` of the requests, and the stable one the rest."""
        if served.release == served_by(self.stable).release:
            raise UserError(
                f"release {served.release[:12]} serves already, and cannot be a canary beside itself; "
                "deploy it without a canary"
            )
        name = _canary_name(served, self.stable)
        return replace(
            self, canary={**with_release(rendered, served, self._before(served)), "name": name}, percent=percent
        )

    def promoted(self, where: str) -> "Traffic":
        """The canary answers everything from now on."""
        if self.canary is None:
            raise UserError(f"{where} has no canary to promote; `lookalike deploy RELEASE --canary 10` starts one")
        limits = {key: value for key, value in self.stable.items() if key in {"minReplicas", "maxReplicas"}}
        return Traffic({**self.canary, **limits})

    def rolled_back(self, where: str) -> "Traffic":
        """Without the canary; where there is none, the release before answers everything from now on."""
        if self.canary is not None:
            return Traffic(self.stable)
        if not (before := served_before(self.stable)):
            raise UserError(f"{where} has served no other release before this one; deploy the one that you want")
        return Traffic(with_release(self.stable, before[0], before[1:]))

    def _before(self, served: Served) -> list[Served]:
        now, before = served_by(self.stable), served_before(self.stable)
        return before if now.release == served.release else [now, *before]


def _ours(predictor: Predictor) -> Predictor:
    """What this step writes, without what KServe or others have put beside it."""
    model = {key: value for key, value in predictor["model"].items() if key in OURS_OF_THE_MODEL}
    return {**{key: value for key, value in predictor.items() if key in OURS}, "model": model}


def _keeping_the_name(stable: Predictor, predictor: Predictor) -> Predictor:
    # A new name would be a new Deployment, and KServe deletes the old one before the new one is ready.
    return {**predictor, **({"name": stable["name"]} if "name" in stable else {})}


def _canary_name(served: Served, stable: Predictor) -> str:
    name = f"r{served.release[:8]}"
    return name if name != stable.get("name") else f"s{served.release[:8]}"


def _named_for(predictor: Predictor, mode: Mode) -> Predictor:
    return predictor if mode == "Standard" else {key: value for key, value in predictor.items() if key != "name"}
