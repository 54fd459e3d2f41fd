"""Settings that make no sense together are refused with the reason, before torch is loaded."""

import pytest

from lookalike_components.errors import UserError
from lookalike_components.train.config import TrainConfig

REFUSED = [
    (
        {"loss": "ArcFaceLoss", "miner": "MultiSimilarityMiner"},
        "the loss ArcFaceLoss takes no miner, as it compares images with vectors that it learns for the labels, but "
        "miner is MultiSimilarityMiner; set miner to an empty text",
    ),
    (
        {"loss": "PNPLoss", "miner": "MultiSimilarityMiner"},
        "the loss PNPLoss takes no miner, as it compares every image of a batch with all others, but miner is "
        "MultiSimilarityMiner; set miner to an empty text",
    ),
    (
        {"miner": "", "miner_options": {"epsilon": 0.2}},
        "miner_options sets epsilon, but miner is empty; name a miner or set no options",
    ),
    (
        {"miner": "BatchEasyHardMiner", "miner_options": {"pos_strategy": "all"}},
        "the miner BatchEasyHardMiner cannot look for semihard pairs without easy or hard ones on the other side; set "
        "pos_strategy or neg_strategy to easy or hard",
    ),
    (
        {"loss": "HistogramLoss", "memory": 1024},
        "the loss HistogramLoss cannot compare with earlier batches, but memory is 1,024; set memory to 0, or loss to "
        "one of AngularLoss, CircleLoss, ContrastiveLoss, GeneralizedLiftedStructureLoss, IntraPairVarianceLoss, "
        "MarginLoss, MultiSimilarityLoss, NTXentLoss, SignalToNoiseRatioContrastiveLoss, SupConLoss, "
        "TripletMarginLoss, TupletMarginLoss",
    ),
    ({"memory": 63}, "memory is 63, but a batch has 64 images; set memory to more, or to 0"),
    (
        {"loss": "TripletMarginLoss", "loss_options": {"swap": True}, "memory": 1024},
        "the loss TripletMarginLoss with swap compares positives with negatives, which are both in the memory; leave "
        "swap out, or set memory to 0",
    ),
    (
        {"miner": "BatchEasyHardMiner", "memory": 1024},
        "the miner BatchEasyHardMiner with pos_strategy easy finds every image itself in the memory; set pos_strategy "
        "to hard, or memory to 0",
    ),
    (
        {"supervision": "views", "label_noise": 0.1},
        "label_noise is for wrong labels, but supervision is views; set label_noise to 0",
    ),
    (
        {"sampler": "random", "label_noise": 0.1},
        "label_noise judges an image by others of its label in the batch, which the sampler random rarely has; set "
        "sampler to balanced, or label_noise to 0",
    ),
    (
        {"matryoshka": [128, 64]},
        "matryoshka is [128, 64]; give lengths above 0 in rising order, such as [64, 128]",
    ),
    (
        {"matryoshka": [64, 128], "dimension": 128},
        "matryoshka has the length 128, but an embedding has 128 numbers; leave lengths out that are not below",
    ),
    (
        {"matryoshka": [64, 2048], "model": "resnet50"},
        "matryoshka has the length 2048, but an embedding has 2048 numbers; leave lengths out that are not below",
    ),
    (
        {"sampler": "category"},
        "the sampler category needs a column; set category to its name, or sampler to balanced",
    ),
    (
        {"category": "kind"},
        "category is kind, but the sampler balanced does not look at it; set sampler to category, or category to an "
        "empty text",
    ),
    (
        {"supervision": "views", "augmentation": "none"},
        "supervision is views, but with augmentation none all views of a picture are the same; set augmentation to "
        "crop, photo or strong",
    ),
    (
        {"supervision": "views", "sampler": "random"},
        "supervision is views, but the sampler random draws a picture once a batch, which leaves no two views; set "
        "sampler to balanced",
    ),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED, ids=[str(settings) for settings, _ in REFUSED])
def test_senseless_settings_are_refused_with_the_reason(settings: dict[str, object], sentence: str):
    with pytest.raises(UserError) as error:
        TrainConfig.from_arguments(settings)
    assert str(error.value) == sentence


def test_what_a_variant_sets_is_checked_too():
    with pytest.raises(UserError, match="the loss ArcFaceLoss takes no miner"):
        TrainConfig.from_arguments({"variants": [{"loss": "ArcFaceLoss", "miner": "MultiSimilarityMiner"}]})


@pytest.mark.parametrize("settings", [{"model": "auto"}, {"model": "resnet18", "start_from": "gs://bucket/encoder"}])
def test_lengths_are_let_through_where_only_the_encoder_can_tell(settings: dict[str, str]):
    assert TrainConfig(matryoshka=[64, 2048], **settings).matryoshka == [64, 2048]
