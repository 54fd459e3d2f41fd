"""The networks behind the table of backbones, with their classifiers taken off."""

from torch import Tensor, nn
from torchvision import models

from lookalike_components.encoder.backbones import backbone

State = dict[str, Tensor]


def weights_url(model: str) -> str:
    """Where torchvision publishes the pretrained weights of ``model``."""
    url: str = models.get_model_weights(model)[backbone(model).weights].url
    return url


def network(model: str) -> nn.Module:
    """An untrained network that maps normalised float32 ``[b, 3, h, w]`` to features ``[b, d]``."""
    features: nn.Module = models.get_model(model, weights=None)
    features.set_submodule(backbone(model).classifier, nn.Identity())
    return features


def without_classifier(state: State, model: str) -> State:
    """The weights of everything but the classifier, which may have had any number of classes."""
    prefix = backbone(model).classifier + "."
    return {name: tensor for name, tensor in state.items() if not name.startswith(prefix)}
