"""A file of tokens: who is admitted, and what becomes of that while the file changes."""

import logging
from pathlib import Path

import pytest

from lookalike_components.errors import UserError
from lookalike_components.serve.access import TokenFile

TOKEN = "first-token-of-the-day"  # noqa: S105
NEXT = "second-token-of-the-day"


@pytest.fixture
def token_path(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return path


def test_a_token_is_admitted_and_another_is_not(token_path):
    token = TokenFile(token_path)
    assert token.admits(f"Bearer {TOKEN}")
    assert token.admits(f"bearer  {TOKEN}")
    assert not token.admits(f"Bearer {TOKEN}x")
    assert not token.admits(f"Basic {TOKEN}")
    assert not token.admits(TOKEN)
    assert not token.admits("")


def test_each_line_is_a_token_so_that_clients_can_change_over(token_path):
    token = TokenFile(token_path)
    token_path.write_text(f"{TOKEN}\n{NEXT}\n")
    assert token.admits(f"Bearer {TOKEN}")
    assert token.admits(f"Bearer {NEXT}")
    token_path.write_text(f"{NEXT}\n")
    assert not token.admits(f"Bearer {TOKEN}")


def test_a_mounted_secret_is_exchanged_by_its_links(tmp_path):
    for version, text in {"one": TOKEN, "two": NEXT}.items():
        (tmp_path / version).mkdir()
        (tmp_path / version / "token").write_text(text)
    (tmp_path / "..data").symlink_to("one")
    (tmp_path / "token").symlink_to("..data/token")
    token = TokenFile(tmp_path / "token")
    (tmp_path / "..data_tmp").symlink_to("two")
    (tmp_path / "..data_tmp").replace(tmp_path / "..data")
    assert token.admits(f"Bearer {NEXT}")
    assert not token.admits(f"Bearer {TOKEN}")


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_text(""), lambda path: path.write_text("a b")])
def test_what_a_file_held_stays_in_force_while_it_is_spoilt_and_the_log_says_so_once(token_path, spoil, caplog):
    token = TokenFile(token_path)
    spoil(token_path)
    with caplog.at_level(logging.WARNING):
        assert token.admits(f"Bearer {TOKEN}")
        assert token.admits(f"Bearer {TOKEN}")
    assert [record.message.startswith("the token stays as it was: ") for record in caplog.records] == [True]
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "the token file {} is empty; write one token a line"),
        (b"\xff\xfe", "the token file {} holds no token but bytes; write it anew"),
        (
            b"two words in a line",
            "token 1 in {} has characters that a header cannot carry; use letters, digits and -._~+/ alone",
        ),
        (
            b"first-token-of-the-day\nshort",
            "token 2 in {} has 5 characters, which can be guessed; use 16 or more, such as `openssl rand -hex 32` "
            "prints",
        ),
    ],
)
def test_a_file_without_a_good_token_is_one_sentence(token_path, text, sentence):
    token_path.write_bytes(text)
    with pytest.raises(UserError) as error:
        TokenFile(token_path)
    assert str(error.value) == sentence.format(token_path)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(UserError) as error:
        TokenFile(tmp_path / "token")
    assert str(error.value) == f"the token file {tmp_path / 'token'} cannot be read: No such file or directory"
