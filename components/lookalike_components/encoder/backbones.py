"""The table of pretrained networks that an encoder can start from."""

from dataclasses import dataclass, replace
from typing import Literal

from lookalike_components.errors import UserError

Pooling = Literal["avg", "gem", "cls", "cls_mean", "attention"]
Family = Literal["features", "resnet", "convnext", "transformer", "efficientnet", "vit"]
Channels = tuple[float, float, float]

IMAGENET: tuple[Channels, Channels] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALVES: tuple[Channels, Channels] = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
CLIP: tuple[Channels, Channels] = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
AUTO = "auto"
"""Stands for the backbone that finds most on the validation labels without training; the step `choose` looks for it."""
FIRST_CHOICE = "resnet50"
"""The backbone where nobody names one."""
SIGNED: tuple[Family, ...] = ("convnext", "transformer", "vit")
"""Families whose features come out of a sum or a norm; those of the others come out of an activation."""
PERMISSIVE = ("Apache-2.0", "BSD-3-Clause", "MIT")


@dataclass(frozen=True, slots=True)
class Backbone:
    """A pretrained network of torchvision's or timm's.

    Attributes:
        name: As its library calls it; timm's names end with the tag of their weights.
        library: Whose code builds the network.
        family: How it is laid out, which says where its features come out and what its stages are.
        dimension: Length of the features.
        address: Where the weights are published.
        licence: Of the weights.
        trained_on: What the weights were trained on.
        pooling: The network's own way from the features of all places to one vector.
        class_token: Whether a token beside those of the patches gathers what the whole picture shows.
        input_size: Height and width in pixels that suit the weights.
        any_size: False where the weights fit one input size only.
        multiple: What the input size has to be a multiple of.
        signed: Whether its features are as often and as far below zero as above, so that no roots can be taken.
        normalisation: Mean and standard deviation of R, G and B in 0..1.
        sha256: Of the weights' file, or its beginning; empty where it is not published, and the file not held to any.
    """

    name: str
    library: Literal["torchvision", "timm"]
    family: Family
    dimension: int
    address: str
    licence: str
    trained_on: str
    pooling: Pooling = "avg"
    class_token: bool = False
    input_size: int = 224
    any_size: bool = True
    multiple: int = 1
    signed: bool = False
    normalisation: tuple[Channels, Channels] = IMAGENET
    sha256: str = ""

    @property
    def is_permissive(self) -> bool:
        """Whether the weights may be used for anything, sold products among it."""
        return self.licence in PERMISSIVE

    @property
    def poolings(self) -> tuple[Pooling, ...]:
        """The ways to one vector that this network allows.

        The generalised mean takes roots, which features of both signs do not allow.
        """
        own: tuple[Pooling, ...] = ("cls", "cls_mean") if self.class_token else (self.pooling,)
        roots: tuple[Pooling, ...] = () if self.signed else ("gem",)
        return tuple(dict.fromkeys((*own, "avg", *roots)))

    def pooled(self, pooling: Pooling) -> int:
        """Length of the vector that a way of pooling gives."""
        return 2 * self.dimension if pooling == "cls_mean" else self.dimension


def _torchvision(name: str, family: Family, dimension: int, file: str) -> Backbone:
    """A row for weights that torchvision publishes; the beginning of their sha256 is in the file's name."""
    return Backbone(
        name=name,
        library="torchvision",
        family=family,
        dimension=dimension,
        address=f"https://download.pytorch.org/models/{file}",
        licence="BSD-3-Clause",
        trained_on="ImageNet-1K",
        signed=family in SIGNED,
        sha256=file.rsplit("-", 1)[-1].removesuffix(".pth"),
    )


def _timm(name: str, family: Family, dimension: int, trained_on: str, licence: str = "Apache-2.0") -> Backbone:
    """A row for weights that timm publishes."""
    address = f"https://huggingface.co/timm/{name}/resolve/main/model.safetensors"
    return Backbone(name, "timm", family, dimension, address, licence, trained_on, signed=family in SIGNED)


def _vit(
    name: str,
    dimension: int,
    trained_on: str,
    multiple: int = 16,
    pooling: Pooling = "cls",
    normalisation: tuple[Channels, Channels] = IMAGENET,
) -> Backbone:
    """A row for a vision transformer of timm's, which cuts a picture into patches of ``multiple`` pixels."""
    row = _timm(name, "vit", dimension, trained_on)
    layout = {"multiple": multiple, "pooling": pooling, "class_token": pooling == "cls"}
    return replace(row, **layout, normalisation=normalisation)  # type: ignore[arg-type]


ROWS = (
    _torchvision("resnet18", "resnet", 512, "resnet18-f37072fd.pth"),
    _torchvision("resnet50", "resnet", 2048, "resnet50-11ad3fa6.pth"),
    _torchvision("resnet101", "resnet", 2048, "resnet101-cd907fc2.pth"),
    _torchvision("mobilenet_v2", "features", 1280, "mobilenet_v2-b0353104.pth"),
    _torchvision("mobilenet_v3_large", "features", 960, "mobilenet_v3_large-5c1a4163.pth"),
    _torchvision("efficientnet_b0", "features", 1280, "efficientnet_b0_rwightman-7f5810bc.pth"),
    _torchvision("convnext_tiny", "convnext", 768, "convnext_tiny-983f1562.pth"),
    replace(
        _torchvision("vit_b_16", "transformer", 768, "vit_b_16-c867db91.pth"),
        pooling="cls",
        class_token=True,
        any_size=False,
        multiple=16,
    ),
    _timm("resnet18.a1_in1k", "resnet", 512, "ImageNet-1K"),
    _timm("resnet50.a1_in1k", "resnet", 2048, "ImageNet-1K"),
    _timm("resnet101.a1h_in1k", "resnet", 2048, "ImageNet-1K"),
    _timm("resnet50.fb_swsl_ig1b_ft_in1k", "resnet", 2048, "Instagram-1B, ImageNet-1K", licence="CC-BY-NC-4.0"),
    _timm("mobilenetv4_conv_small.e2400_r224_in1k", "efficientnet", 960, "ImageNet-1K"),
    _timm("efficientnet_b0.ra_in1k", "efficientnet", 1280, "ImageNet-1K"),
    replace(
        _timm("tf_efficientnetv2_b3.in21k", "efficientnet", 1536, "ImageNet-21K"), normalisation=HALVES, input_size=240
    ),
    _timm("convnext_atto.d2_in1k", "convnext", 320, "ImageNet-1K"),
    _timm("convnext_nano.in12k", "convnext", 640, "ImageNet-12K"),
    _timm("convnext_tiny.in12k", "convnext", 768, "ImageNet-12K"),
    _timm("convnext_small.in12k", "convnext", 768, "ImageNet-12K"),
    _timm("convnext_tiny.dinov3_lvd1689m", "convnext", 768, "LVD-1689M, no labels", licence="DINOv3 License"),
    _vit("vit_tiny_patch16_224.augreg_in21k", 192, "ImageNet-21K", normalisation=HALVES),
    _vit("vit_small_patch16_224.augreg_in21k", 384, "ImageNet-21K", normalisation=HALVES),
    _vit("vit_base_patch16_224.augreg_in21k", 768, "ImageNet-21K", normalisation=HALVES),
    _vit("vit_small_patch16_224.dino", 384, "ImageNet-1K, no labels"),
    _vit("vit_base_patch16_224.dino", 768, "ImageNet-1K, no labels"),
    _vit("vit_small_patch14_dinov2.lvd142m", 384, "LVD-142M, no labels", multiple=14),
    _vit("vit_base_patch14_dinov2.lvd142m", 768, "LVD-142M, no labels", multiple=14),
    _vit("vit_small_patch14_reg4_dinov2.lvd142m", 384, "LVD-142M, no labels", multiple=14),
    _vit("vit_base_patch14_reg4_dinov2.lvd142m", 768, "LVD-142M, no labels", multiple=14),
    _vit("vit_base_patch16_siglip_224.webli", 768, "WebLI", pooling="attention", normalisation=HALVES),
    _vit("vit_base_patch16_siglip_224.v2_webli", 768, "WebLI", pooling="attention", normalisation=HALVES),
    _vit("vit_base_patch16_clip_224.openai", 768, "WIT-400M", normalisation=CLIP),
    _vit("vit_base_patch16_clip_224.laion2b", 768, "LAION-2B", normalisation=CLIP),
)
BACKBONES = {row.name: row for row in ROWS}


def backbone(model: str) -> Backbone:
    """The backbone called ``model``.

    Raises:
        UserError: There is none of that name; the sentence lists those that there are.
    """
    if model not in BACKBONES:
        raise UserError(f"there is no model {model!r}; choose one of {', '.join(BACKBONES)}")
    return BACKBONES[model]


def weights_file(model: str) -> str:
    """Name of the file that holds the weights of ``model`` once they are on this machine."""
    row = backbone(model)
    return f"{model}.safetensors" if row.library == "timm" else row.address.rsplit("/", 1)[-1]


def accepted_size(model: str, input_size: int) -> int:
    """The input size that an encoder gets where ``input_size`` is asked for; 0 asks for the backbone's own.

    Raises:
        UserError: The network cannot take pictures of that size.
    """
    row = backbone(model)
    size = input_size or row.input_size
    if size != row.input_size and not row.any_size:
        raise UserError(f"{model} takes {row.input_size} px only but the input size is {size}; leave it out")
    if size % row.multiple:
        nearest = max(1, round(size / row.multiple)) * row.multiple
        raise UserError(
            f"{model} cuts pictures into patches of {row.multiple} px but the input size is {size}; "
            f"take a multiple such as {nearest}"
        )
    return size


def accepted_pooling(model: str, pooling: Pooling | Literal[""]) -> Pooling:
    """The pooling that an encoder gets where ``pooling`` is asked for; an empty text asks for the backbone's own.

    Raises:
        UserError: The network has nothing that this way of pooling takes.
    """
    row = backbone(model)
    chosen = pooling or row.pooling
    if chosen not in row.poolings:
        raise UserError(f"{model} cannot be pooled by {chosen}; choose one of {', '.join(row.poolings)}")
    return chosen
