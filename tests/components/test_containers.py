from importlib.metadata import version

import pytest

from lookalike_components import containers


def test_outside_of_an_image_the_code_is_the_packages_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(containers.REVISION, raising=False)
    monkeypatch.delenv(containers.IMAGE, raising=False)
    assert (containers.code(), containers.image()) == (version("lookalike"), "")


def test_in_an_image_the_commit_and_the_reference_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(containers.REVISION, "abc123")
    monkeypatch.setenv(containers.IMAGE, "registry/gpu@sha256:1")
    assert containers.code() == f"{version('lookalike')}+abc123"
    assert containers.image() == "registry/gpu@sha256:1"
