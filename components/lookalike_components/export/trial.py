"""Every way to run the encoder, tried on the user's own test queries; what keeps within the margin is shipped."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lookalike_components.encoder.config import EncoderConfig
from lookalike_components.errors import UserError
from lookalike_components.export.config import ExportConfig
from lookalike_components.export.quantisation import QUANTISED, WEIGHTS
from lookalike_components.export.questions import ROUNDING, Answers, Pixels, Questions, Vectors
from lookalike_components.progress import say
from lookalike_components.release.candidates import GRAPH, Candidate, Trial, onnx
from lookalike_components.release.runtimes.choice import load, obstacle
from lookalike_components.release.sealing import Tried

SECONDS_TIMED = 0.5
PICTURES_TIMED = 16
UNTRIED = "there are no test queries to measure it on"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one way to run the encoder made of the queries: float32 ``[q, d]``, what that found, and how fast it was."""

    vectors: Vectors
    answers: Answers
    images_per_second: float


def candidates(draft: Path, quantised: str) -> list[Candidate]:
    """All that can be tried, the float32 graph first.

    Args:
        draft: Folder of the release in the making.
        quantised: Why there is no int8 graph in it; empty where there is one.
    """
    int8 = Candidate(runtime="int8", precision="int8", files=(QUANTISED, WEIGHTS), shipped=False, reason=quantised)
    openvino = [
        Candidate(runtime="openvino", precision=precision, files=(GRAPH,), shipped=False)
        for precision in ("f32", "bf16")
    ]
    return [_weighed(draft, candidate) for candidate in (onnx(), *openvino, int8)]


def attempt(
    draft: Path,
    encoder: EncoderConfig,
    questions: Questions | None,
    threshold: float | None,
    config: ExportConfig,
    quantised: str = "",
) -> Tried:
    """Runs the queries through every candidate and decides which are shipped.

    Args:
        draft: Folder of the release in the making, with the graphs.
        encoder: What the encoder is.
        questions: The test queries; None where there are none, and then the float32 graph alone is shipped.
        threshold: Cosine from which two pictures count as the same thing, where there is one.
        config: The metric, and the margin.
        quantised: Why there is no int8 graph; empty where there is one.

    Raises:
        UserError: The metric was not measured.
    """
    tried = candidates(draft, quantised)
    if questions is None:
        untried = [each if each.shipped or each.reason else _changed(each, reason=UNTRIED) for each in tried]
        return Tried(tuple(untried))
    pixels = questions.pixels(encoder)
    reference = _measure(draft, tried[0], pixels, questions, config.k)
    if config.metric not in reference.answers.metrics:
        measured = ", ".join(reference.answers.metrics)
        raise UserError(f"{config.metric} was not measured on these labels; decide by one of {measured}")
    judge = _Judge(reference, questions, threshold, config)
    told = [_tried(draft, each, pixels, questions, judge, reference if each is tried[0] else None) for each in tried]
    trial = Trial(metric=config.metric, margin=config.margin, queries=len(pixels), images=len(questions.index))
    return Tried(tuple(told), trial)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Compares what a candidate found with what the float32 graph found."""

    reference: Measured
    questions: Questions
    threshold: float | None
    config: ExportConfig

    def judged(self, candidate: Candidate, measured: Measured) -> Candidate:
        """The candidate with its figures and, unless it is shipped anyway, the decision."""
        score = measured.answers.metrics[self.config.metric]
        difference = score - self.reference.answers.metrics[self.config.metric]
        cosines = np.einsum("qd,qd->q", measured.vectors, self.reference.vectors)
        fits = difference >= -self.config.margin
        reason = f"{self.config.metric} falls by {-difference:.4f}, more than {self.config.margin:g}"
        return _changed(
            candidate,
            score=score,
            difference=difference,
            cosine_mean=min(float(cosines.mean()), 1.0),
            cosine_worst=min(float(cosines.min()), 1.0),
            nearest_kept=float(self._keeps_nearest(measured.answers).mean()),
            same_kept=self._same_kept(measured.answers),
            images_per_second=measured.images_per_second,
            shipped=fits,
            reason="" if fits else reason,
        )

    def _keeps_nearest(self, found: Answers) -> np.ndarray:
        """Whether its first result is as near to the float32 vector of the query as the first result of that one."""
        nearness = np.einsum("qd,qd->q", self.reference.vectors, self.questions.index[found.first])
        kept: np.ndarray = nearness >= self.reference.answers.scores - ROUNDING
        return kept

    def _same_kept(self, found: Answers) -> float | None:
        if self.threshold is None:
            return None
        before, after = (answers.scores >= self.threshold for answers in (self.reference.answers, found))
        return float((before == after).mean())


def _tried(
    draft: Path, candidate: Candidate, pixels: Pixels, questions: Questions, judge: _Judge, known: Measured | None
) -> Candidate:
    reason = candidate.reason or obstacle(candidate).partition(";")[0]
    if reason:
        return _changed(candidate, reason=reason)
    try:
        measured = known or _measure(draft, candidate, pixels, questions, judge.config.k)
    except RuntimeError as error:  # whatever OpenVINO cannot compile
        return _changed(candidate, reason=f"it does not run: {_first_line(error)}")
    judged = judge.judged(candidate, measured)
    say(f"{judged.title}: {judged.images_per_second:.0f} images/s, {'shipped' if judged.shipped else judged.reason}")
    return judged


def _measure(draft: Path, candidate: Candidate, pixels: Pixels, questions: Questions, k: int) -> Measured:
    vectors = load(draft, candidate).encode(pixels)
    alone = load(draft, candidate, threads=1)
    return Measured(vectors, questions.answers(vectors, k), speed(alone.run, pixels[:PICTURES_TIMED]))


def speed(run: Callable[[Pixels], Vectors], pixels: Pixels) -> float:
    """Pictures a second, one after the other, in the faster of two turns of half a second."""
    run(pixels[:1])
    return max(_turn(run, pixels) for _ in range(2))


def _turn(run: Callable[[Pixels], Vectors], pixels: Pixels) -> float:
    done, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < SECONDS_TIMED:
        at = done % len(pixels)
        run(pixels[at : at + 1])
        done += 1
    return done / passed


def _weighed(draft: Path, candidate: Candidate) -> Candidate:
    there = [draft / name for name in candidate.files if (draft / name).is_file()]
    return _changed(candidate, nbytes=sum(path.stat().st_size for path in there))


def _changed(candidate: Candidate, **fields: object) -> Candidate:
    return candidate.model_copy(update=fields)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1][:200] if str(error).strip() else type(error).__name__
