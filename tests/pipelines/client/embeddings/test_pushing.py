import subprocess
import sys

import pytest

from lookalike.client.embeddings.pushing import push
from lookalike_components.errors import LookalikeError, UserError

NOBODY = "127.0.0.1:9"


def test_an_unknown_kind_of_database_is_the_users_fault(write):
    with pytest.raises(UserError) as error:
        push(write(), "milvus")
    assert str(error.value) == "there is no way to push to milvus; choose one of qdrant, pgvector"


@pytest.mark.parametrize(
    ("to", "url", "sentence"),
    [
        ("qdrant", f"http://{NOBODY}", f"no answer from Qdrant at http://{NOBODY} ("),
        ("pgvector", f"postgresql://me:hidden@{NOBODY}/shop", "no answer from PostgreSQL ("),
    ],
)
def test_nobody_there_is_one_sentence(write, to, url, sentence):
    with pytest.raises(LookalikeError) as error:
        push(write(), to, url)
    assert str(error.value).startswith(sentence)
    assert str(error.value).endswith("; is it running?") or str(error.value).endswith("; is it running there?")
    assert "hidden" not in str(error.value)
    assert error.value.exit_code == 1


@pytest.mark.parametrize(("to", "package"), [("qdrant", "qdrant_client"), ("pgvector", "psycopg")])
def test_a_missing_package_names_its_extra(write, to, package):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from lookalike.client.embeddings.pushing import push\n"
        "from lookalike_components.errors import UserError\n"
        f"try: push({str(write())!r}, {to!r})\n"
        "except UserError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f"pushing to {to} needs the package {package}; pip install 'lookalike[{to}]'"
