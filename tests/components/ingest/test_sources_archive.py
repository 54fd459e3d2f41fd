"""Archives that are read where they lie, and what is in some of them on purpose."""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lookalike_components.errors import UserError
from lookalike_components.ingest.config import IngestConfig
from lookalike_components.ingest.sources import Source, open_source
from lookalike_components.storage import create_file

FILES = {
    "mug/10.jpg": b"ten",
    "mug/2.JPEG": b"two",
    "lamp/1.png": b"one" * 500,
    "0.webp": b"",
    "lamp/notes.doc": b"",
    "__MACOSX/mug/2.JPEG": b"",
    ".trash/3.jpg": b"",
}
ORDER = ["0.webp", "lamp/1.png", "mug/2.JPEG", "mug/10.jpg"]


def entry(name: str, data: bytes = b"", **attributes: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size = len(data)
    for attribute, value in attributes.items():
        setattr(made, attribute, value)
    return made


def tar_of(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in files.items():
            archive.addfile(entry(name, data), io.BytesIO(data))
    return file.getvalue()


def zip_of(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


MAKERS = {
    "photos.tar": tar_of,
    "photos.tar.gz": lambda files: gzip.compress(tar_of(files)),
    "photos.TGZ": lambda files: gzip.compress(tar_of(files)),
    "photos.tar.bz2": lambda files: bz2.compress(tar_of(files)),
    "photos.tar.xz": lambda files: lzma.compress(tar_of(files)),
    "photos.tar.zst": lambda files: zstd(tar_of(files)),
    "photos.zip": zip_of,
    "stored.zip": lambda files: zip_of(files, zipfile.ZIP_STORED),
}


def opened(path: Path | str, **settings: object) -> Source:
    return open_source(IngestConfig.from_arguments({"source": str(path), "store": "store", **settings}))


def written(folder: Path, name: str, data: bytes) -> Path:
    (folder / name).write_bytes(data)
    return folder / name


def names(source: Source, path: Path | str) -> list[str]:
    return [uri.removeprefix(f"{path}!/") for uri in source.listing["uri"]]


def contents(source: Source) -> list[bytes]:
    return [content.data for uri in source.listing["uri"] if (content := source.read(uri))]


def refusals(source: Source, path: Path) -> dict[str, str]:
    """Why each image cannot be read, by its name."""
    reasons = {}
    for uri in source.listing["uri"]:
        with pytest.raises(UserError) as error:
            source.read(uri)
        reasons[uri.removeprefix(f"{path}!/")] = str(error.value)
    return reasons


@pytest.mark.parametrize("name", MAKERS)
def test_an_archive_is_listed_and_read_like_a_folder(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, MAKERS[name](FILES))
    with opened(path) as source:
        assert names(source, path) == ORDER
        assert contents(source) == [FILES[name] for name in ORDER]
        assert source.listing["nbytes"].tolist() == [len(FILES[name]) for name in ORDER]
        assert "" not in source.listing["version"].tolist()


@pytest.mark.parametrize("name", ["photos.tar", "photos.tar.gz", "photos.zip"])
def test_an_archive_in_a_bucket_is_read_there(name: str, tmp_path: Path, bucket: str) -> None:
    create_file(f"{bucket}/{name}", written(tmp_path, name, MAKERS[name](FILES)))
    with opened(f"{bucket}/{name}") as source:
        assert names(source, f"{bucket}/{name}") == ORDER
        assert contents(source) == [FILES[name] for name in ORDER]


@pytest.mark.parametrize("name", MAKERS)
def test_no_file_is_left_on_this_machine(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, name, MAKERS[name](FILES))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with opened(path) as source:
        contents(source)
        assert list(scratch.iterdir()) == []


def test_other_members_are_passed_over_aloud_and_archives_are_not_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, "photos.zip", zip_of({**FILES, "more.zip": zip_of(FILES)}))
    opened(path).close()
    assert f"passes over what has no image's suffix in {path}: lamp/notes.doc, more.zip" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["photos.tar", "photos.zip"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_members_with_one_name_the_last_counts(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = io.BytesIO()
    if name.endswith("tar"):
        file.write(tar_of({"a.jpg": b"first", "./a.jpg": b"second", "b//c.jpg": b"", "b/c.jpg": b"last"}))
    else:
        with zipfile.ZipFile(file, "w") as archive:
            for member, data in [("a.jpg", "first"), ("a.jpg", "second"), ("b//c.jpg", ""), ("b/c.jpg", "last")]:
                archive.writestr(member, data)
    with opened(written(tmp_path, name, file.getvalue())) as source:
        assert contents(source) == [b"second", b"last"]
    assert "passes over 2 members" in capsys.readouterr().err


def test_members_that_lead_out_of_a_tar_or_are_no_files_are_refused(tmp_path: Path) -> None:
    kinds = {"l.jpg": tarfile.SYMTYPE, "h.jpg": tarfile.LNKTYPE, "d.jpg": tarfile.CHRTYPE, "f.jpg": tarfile.FIFOTYPE}
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        for name in ("../up.jpg", "a/../../up.jpg", "/etc/a.jpg", "C:\\a.jpg", "a\\..\\..\\b.jpg"):
            archive.addfile(entry(name))
        for name, kind in kinds.items():
            archive.addfile(entry(name, type=kind, linkname="/etc/passwd"))
    with opened(tmp_path / "bad.tar") as source:
        outside = "has a name that leads out of the archive"
        link = "is a link; the archive has the file itself under another name, or not at all"
        assert refusals(source, tmp_path / "bad.tar") == {
            "../up.jpg": outside,
            "/etc/a.jpg": outside,
            "C:\\a.jpg": outside,
            "a/../../up.jpg": outside,
            "a\\..\\..\\b.jpg": outside,
            "d.jpg": "is not a plain file",
            "f.jpg": "is not a plain file",
            "h.jpg": link,
            "l.jpg": link,
        }


def test_members_of_a_zip_that_lead_out_or_are_no_plain_files_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("../up.jpg"), b"")
        archive.writestr(link, "/etc/passwd")
        archive.writestr("odd.jpg", b"data", zipfile.ZIP_LZMA)
        archive.writestr("secret.jpg", b"data")
    data = (tmp_path / "bad.zip").read_bytes()
    flags = data.rindex(b"secret.jpg") - 38  # the directory's flags of the last member
    written(tmp_path, "bad.zip", data[:flags] + b"\1\0" + data[flags + 2 :])
    with opened(tmp_path / "bad.zip") as source:
        assert refusals(source, tmp_path / "bad.zip") == {
            "../up.jpg": "has a name that leads out of the archive",
            "link.jpg": "is not a plain file",
            "odd.jpg": "is compressed in a way that is not read; make the archive with deflate, or without compression",
            "secret.jpg": "is encrypted; make the archive without a password",
        }


@pytest.mark.parametrize("name", ["photos.tar", "photos.tar.gz", "photos.zip"])
def test_members_that_are_too_large_are_refused(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, MAKERS[name]({"a.jpg": bytes(2**20 + 1)}))
    with opened(path, most_megabytes=1) as source:
        assert refusals(source, path) == {"a.jpg": "is larger than 1 MiB (most_megabytes)"}


def directory_field(archive: bytes, offset: int, value: int) -> bytes:
    """The archive with a field of its only member's entry in the directory changed."""
    place = archive.rindex(b"PK\1\2") + offset
    return archive[:place] + struct.pack("<I", value) + archive[place + 4 :]


@pytest.mark.parametrize(
    ("offset", "value", "sentence"),
    [
        (16, 1234, "does not match its checksum in the archive"),
        (24, 100, "is not as long as the archive says"),
        (24, 10**5, "is not as long as the archive says"),
        (20, 10, "is not as long as the archive says"),
        (20, 2**31, "is larger than 100 MiB (most_megabytes)"),
        (42, 7, "is not where the archive's directory says"),
        (42, 2**31, "is not where the archive's directory says"),
    ],
    ids=["crc", "a bomb: more than it says", "less", "packed less", "packed more", "elsewhere", "outside"],
)
def test_a_member_that_is_not_what_the_directory_says_is_refused(
    offset: int, value: int, sentence: str, tmp_path: Path
) -> None:
    path = written(tmp_path, "bad.zip", directory_field(zip_of({"a.jpg": bytes(10**4)}), offset, value))
    with opened(path) as source:
        assert refusals(source, path) == {"a.jpg": sentence}


def test_a_member_with_damaged_bytes_is_refused(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a.jpg": bytes(range(256)) * 20}))
    data[40:60] = bytes(20)
    path = written(tmp_path, "bad.zip", bytes(data))
    with opened(path) as source:
        assert "archive" in refusals(source, path)["a.jpg"]


def test_a_tar_that_unpacks_to_far_more_than_images_do_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "bomb.tar.gz", gzip.compress(tar_of({"a.jpg": bytes(70 * 2**20)})))
    with pytest.raises(UserError) as error:
        opened(path)
    assert str(error.value) == f"{path} unpacks to more than 64 MiB, unlike images; unpack it, and pass the folder"


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("share", [0.05, 0.4, 0.7, 0.99])
def test_a_torn_archive_is_one_sentence(name: str, share: float, tmp_path: Path) -> None:
    data = MAKERS[name]({f"{number}.jpg": bytes(range(256)) * 16 for number in range(40)})
    path = written(tmp_path, name, data[: int(len(data.rstrip(b"\0")) * share)])
    with pytest.raises(UserError) as error:
        opened(path)
    assert str(error.value).startswith(f"{path} is torn")
    assert "\n" not in str(error.value)


def test_a_tar_cut_between_two_members_is_torn(tmp_path: Path) -> None:
    path = written(tmp_path, "photos.tar", tar_of({"a.jpg": b"a", "b.jpg": b"b"})[: 2 * 512])
    with pytest.raises(UserError, match=r"is torn, or no tar archive \(it has no end\)"):
        opened(path)


def test_a_header_that_claims_to_be_endless_fills_no_memory(tmp_path: Path) -> None:
    long_name = entry("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=8 * 2**30).tobuf(tarfile.GNU_FORMAT)
    path = written(tmp_path, "photos.tar", tar_of({"a.jpg": b"a"})[:1024] + long_name + bytes(2**20))
    with pytest.raises(UserError, match="is torn, or no tar archive"):
        opened(path)


def test_a_header_that_leads_back_makes_no_circle(tmp_path: Path) -> None:
    back = bytearray(entry("b.jpg").tobuf(tarfile.GNU_FORMAT))
    back[124:136] = (256**12 - 1024).to_bytes(12, "big")  # minus 1024 bytes, as GNU tar writes large numbers
    back[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(back))[0]
    path = written(tmp_path, "photos.tar", tar_of({"a.jpg": b"a"})[:1024] + bytes(back) + bytes(1024))
    with pytest.raises(UserError, match="is torn, or no tar archive"):
        opened(path)


@pytest.mark.parametrize("name", ["photos.tar", "photos.zip", "photos.tar.gz"])
@pytest.mark.parametrize("data", [b"", b"a text", bytes(2000), b"PK\5\6" + bytes(18)])
def test_what_is_no_archive_is_one_sentence(name: str, data: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is torn|holds no images"):
        opened(written(tmp_path, name, data))


def test_a_zip_made_on_a_mac_or_on_windows_keeps_its_names(tmp_path: Path) -> None:
    made_on_windows = zipfile.ZipInfo("mug\\1.jpg")
    made_on_windows.create_system, made_on_windows.filename = 0, "mug\\1.jpg"
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr(made_on_windows, b"")
        archive.writestr("caf_e_.jpg", b"")
    data = (tmp_path / "photos.zip").read_bytes().replace(b"caf_e_", "café_".encode())
    path = written(tmp_path, "photos.zip", data)
    with opened(path) as source:
        assert names(source, path) == ["café_.jpg", "mug/1.jpg"]


def test_a_zip_that_grows_keeps_the_versions_of_what_it_had(tmp_path: Path) -> None:
    path = written(tmp_path, "photos.zip", zip_of({"b.jpg": b"b"}))
    before = opened(path).listing.set_index("uri")["version"]
    written(tmp_path, "photos.zip", zip_of({"a.jpg": b"a", "b.jpg": b"b"}))
    after = opened(path).listing.set_index("uri")["version"]
    assert after[before.index].tolist() == before.tolist()


def test_a_folder_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not an archive; pass a file ending in \.zip, \.tar"):
        opened(tmp_path, kind="archive")


def test_a_folder_may_be_called_like_an_archive(tmp_path: Path) -> None:
    (tmp_path / "photos.zip").mkdir()
    written(tmp_path / "photos.zip", "a.jpg", b"")
    assert opened(tmp_path / "photos.zip").listing["uri"].tolist() == [str(tmp_path / "photos.zip" / "a.jpg")]


part = st.text(
    st.one_of(
        st.sampled_from("aB19 .-_'\"\n\\:%#?éß猫🐈ﬁ①²"),
        st.characters(exclude_categories=["Cs"], exclude_characters="/\0"),
    ),
    min_size=1,
    max_size=12,
).filter(lambda text: text not in {".", ".."} and len(text.encode()) < 200)
file_names = st.lists(part, min_size=1, max_size=3).map("/".join).map(lambda name: f"{name}.jpg")


def free_of_clashes(found: Iterable[str]) -> list[str]:
    """Without the names that would need a file to be a folder, too."""
    return [one for one in found if not any(other.startswith(f"{one}/") for other in found)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(file_names, min_size=1, max_size=12).map(free_of_clashes))
def test_a_folder_a_zip_and_a_tar_of_the_same_files_are_listed_alike(found: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder, "photos")
        for name in [*found, "always.jpg"]:
            (photos / name).parent.mkdir(parents=True, exist_ok=True)
            (photos / name).write_bytes(name.encode())
        everything = {str(path.relative_to(photos)): path.read_bytes() for path in photos.rglob("*") if path.is_file()}
        with opened(photos) as source:
            listed = [uri.removeprefix(f"{photos}/") for uri in source.listing["uri"]]
        for name, maker in (("photos.tar", tar_of), ("photos.zip", zip_of)):
            path = written(Path(folder), name, maker(everything))
            with opened(path) as source:
                assert names(source, path) == listed
