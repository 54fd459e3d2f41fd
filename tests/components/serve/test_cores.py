import os

import pytest

from lookalike_components.serve.cores import cores

USABLE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("max 100000\n", USABLE),
        ("50000 100000\n", 1),
        ("100000 100000\n", 1),
        ("9900000 100000\n", USABLE),
        ("nonsense", USABLE),
    ],
)
def test_a_containers_quota_counts_where_it_is_less_than_its_cores(tmp_path, content, expected):
    (tmp_path / "cpu.max").write_text(content)
    assert cores(tmp_path / "cpu.max") == expected


def test_without_a_quota_every_core_counts(tmp_path):
    assert cores(tmp_path / "missing") == USABLE
