"""The networks behind the table of backbones, with the weights that fit them."""

from torch import Tensor

from lookalike_components.encoder import timm_networks, torchvision_networks
from lookalike_components.encoder.backbones import Pooling, backbone
from lookalike_components.encoder.trunk import Trunk

State = dict[str, Tensor]

CLASSIFIERS = ("fc.", "classifier.", "heads.", "head.", "conv_head.", "norm_head.", "attn_pool.", "fc_norm.")
"""How the names of those weights begin that stand behind the features: a trunk has none of them, or part of them."""


def trunk(model: str, pooling: Pooling, input_size: int) -> Trunk:
    """An untrained network without its classifier.

    Args:
        model: Name of a backbone.
        pooling: How its features will be pooled, where a network has weights for that.
        input_size: Height and width in pixels that its learned places are for, where it has such.

    Raises:
        UserError: There is no such model, or its library is not installed.
    """
    row = backbone(model)
    if row.library == "timm":
        return timm_networks.trunk(model, row, pooling, input_size)
    return torchvision_networks.trunk(model, row)


def put_in(state: State, trunk: Trunk) -> bool:
    """Puts published weights into a trunk; classifiers, of any number of classes, are left out.

    Returns:
        Whether they were this network's: all of its weights, and no strangers among them.
    """
    own = trunk.network.state_dict()
    known = {name: tensor for name, tensor in state.items() if name in own or not name.startswith(CLASSIFIERS)}
    try:
        trunk.network.load_state_dict(timm_networks.fitted(known, trunk))
    except RuntimeError:
        return False
    return True
