import subprocess
import sys

import pytest

from lookalike_components.serve.command_line import config_of, parser
from lookalike_components.serve.config import Limits, ServeConfig


def parsed(*arguments):
    return config_of(parser().parse_args(["--release", "folder", *arguments]))


def test_what_is_not_given_has_the_defaults_of_the_config():
    assert parsed() == ServeConfig(release="folder")


def test_each_part_of_the_config_can_be_told():
    limits = ["--most-k", "7", "--most-entries", "9", "--timeout", "1.5"]
    config = parsed("--host", "::1", *limits, "--no-page", "--journal", "kept")
    assert config.address.host == "::1"
    assert config.limits == Limits(k=7, entries=9, seconds=1.5)
    assert (config.page, config.journal) == (False, "kept")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--most-images", "0"), ("--most-entries", "0"), ("--timeout", "nan"), ("--grace", "-1"), ("--threads", "-1")],
)
def test_a_limit_that_is_none_is_refused(capsys, option, value):
    with pytest.raises(SystemExit):
        parsed(f"{option}={value}")
    assert f"argument {option}: {value} is" in capsys.readouterr().err


def test_a_certificate_without_its_key_is_refused(release_folder):
    command = [sys.executable, "-m", "lookalike_components.serve", "--release", str(release_folder)]
    ports = ["--http-port", "0", "--grpc-port", "0"]
    run = subprocess.run([*command, *ports, "--tls-certificate", "a.pem"], capture_output=True, text=True, timeout=60)
    assert run.returncode == 2
    sentence = "a certificate and its key go together; pass both --tls-certificate and --tls-key"
    assert run.stderr.strip().endswith(f"error: {sentence}")


def test_a_server_does_not_load_the_client_of_the_kubernetes_api():
    code = (
        "import sys; from lookalike_components.serve.alone import without_cluster_client\n"
        "with without_cluster_client(): import lookalike_components.serve.server\n"
        "print('kubernetes' in sys.modules)\n"
        "from kserve.api.kserve_client import KServeClient; print(KServeClient.__name__)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert run.stdout.split() == ["False", "KServeClient"]
