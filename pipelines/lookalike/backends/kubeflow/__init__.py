"""The backend of a cluster: Kubeflow Pipelines, spoken to by its API.

This package is light; what speaks to the API imports kfp, and is imported when a place turns out to be Kubeflow.
"""

IN_THE_CLUSTER_OR_KUBECONFIG = "kubeflow"


def is_kubeflow(place: str) -> bool:
    """Whether a place of runs is Kubeflow: an address, or the word ``kubeflow``; everything else is a folder."""
    return place == IN_THE_CLUSTER_OR_KUBECONFIG or place.startswith(("http://", "https://"))
