"""What is in the images, and what is not."""

import hashlib
import re
import subprocess
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from lookalike_components import containers

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
DISTRIBUTIONS = (
    "from importlib.metadata import distributions as all\nfor one in all(): print(f'{one.name}=={one.version}')"
)
BYTECODE = """
import marshal, pathlib, lookalike_components.errors as module
bytecode = pathlib.Path(module.__cached__).read_bytes()
print(bytecode[4], marshal.loads(bytecode[16:]).co_filename, module.__file__)
"""
LEFT_BEHIND = ["/source", "/opt/tools", "/project", "/root/.cache", "/etc/pip.conf", "/opt/lookalike/include"]


def normal(pin: str) -> str:
    return re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower() + "==" + pin.partition("==")[2]


def installed(inside) -> set[str]:
    return {normal(line) for line in inside("python", "-c", DISTRIBUTIONS).split()}


def listed(bill, kind: str) -> set[str]:
    return {normal(f"{part['name']}=={part['version']}") for part in bill["components"] if kind in part["bom-ref"]}


def test_every_package_is_the_pinned_one(inside):
    assert installed(inside) - {normal(pin) for pin in PINS} == {f"lookalike=={containers.VERSION}"}


def test_the_bill_lists_every_python_package(inside, bill):
    assert listed(bill, "==") == installed(inside)


def test_the_bill_lists_every_debian_package(inside, bill):
    packages = inside("dpkg-query", "--show", "--showformat", "${Package}==${Version} ").split()
    assert listed(bill, "pkg:deb") == {normal(package) for package in packages}
    assert len(packages) > 50


@pytest.mark.skipif(find_spec("cyclonedx") is None, reason="needs the package cyclonedx-bom, which has the schema")
def test_the_bill_is_cyclonedx(inside):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = inside("cat", "/opt/lookalike/sbom.cdx.json")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_nothing_can_be_installed_at_run_time(podman, image):
    tried = podman.started("run", "--rm", "--entrypoint=python", image, "-m", "pip", "install", "six")
    assert "No module named pip" in tried.stderr


def test_nothing_of_the_build_is_left(inside):
    found = inside("sh", "-c", f"ls -d {' '.join(LEFT_BEHIND)} 2>/dev/null || true")
    assert found == ""


def test_no_setting_of_the_machine_that_built_it_is_in_its_history(podman, image):
    history = podman("history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    assert "LOOKALIKE_REVISION" in history
    assert not re.search(r"find.links|index.url|PIP_", history)


def test_it_runs_as_nobody_in_particular(inside):
    assert inside("id", "-u") == "1000\n"


def test_labels_and_environment_tell_version_and_revision(podman, image, inside):
    labels = podman("image", "inspect", "--format", "{{json .Labels}}", image)
    revision = inside("printenv", "LOOKALIKE_REVISION").strip()
    assert f'"org.opencontainers.image.version":"{containers.VERSION}"' in labels
    assert f'"org.opencontainers.image.revision":"{revision}"' in labels
    assert revision not in {"", "unknown"}


def test_the_revision_is_a_tag_too(podman, image, inside):
    revision = inside("printenv", "LOOKALIKE_REVISION").strip()
    tagged = image.replace(f":{containers.VERSION}", f":{revision}")
    assert podman("image", "inspect", "--format", "{{.Id}}", tagged) == podman(
        "image", "inspect", "--format", "{{.Id}}", image
    )


def test_bytecode_is_there_is_never_compared_with_its_source_and_names_no_place_of_the_build(inside):
    flags, compiled_as, source = inside("python", "-c", BYTECODE).split()
    assert flags == "1"  # named after the source's hash, which is not checked
    assert compiled_as == source


def test_the_server_is_small_and_has_no_torch_and_no_kfp(podman, serve_image):
    size = int(podman("image", "inspect", "--format", "{{.Size}}", serve_image))
    missing = (
        "import importlib.util as u; print(*[n for n in ('torch', 'kfp', 'onnxruntime') if u.find_spec(n) is None])"
    )
    assert size < 1_100_000_000
    assert podman("run", "--rm", "--entrypoint=python", serve_image, "-c", missing) == "torch kfp\n"


def files(podman, image: str) -> dict[str, tuple[object, ...]]:
    """Every file of an image: kind, mode, target of a link, sha256 of what is in it."""
    container = podman("create", image).strip()
    try:
        with (
            subprocess.Popen([*podman.command, "export", container], stdout=subprocess.PIPE) as export,
            tarfile.open(fileobj=export.stdout, mode="r|") as archive,
        ):
            return {entry.name: (entry.type, entry.mode, entry.linkname, digest(archive, entry)) for entry in archive}
    finally:
        podman("rm", container)


def digest(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    file = archive.extractfile(entry) if entry.isreg() else None
    return hashlib.sha256(file.read() if file else b"").hexdigest()


def test_the_same_tree_gives_the_same_files(podman, serve_image):
    again = podman.build("serve", "--no-cache", version="again")
    try:
        first, second = files(podman, serve_image), files(podman, again)
        assert [name for name in first.keys() | second.keys() if first.get(name) != second.get(name)] == []
        assert len(first) > 10_000
    finally:
        podman("rmi", again)
