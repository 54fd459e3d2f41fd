import threading

from lookalike.backends.growing_files import follow, lines, objects


def test_a_file_that_is_not_there_yet_has_no_lines(tmp_path):
    assert list(lines(tmp_path / "later")) == []


def test_a_line_without_its_end_is_kept_back(tmp_path):
    path = tmp_path / "log"
    path.write_text("one\ntwo\nthr")
    assert list(lines(path)) == ["one", "two"]


def test_following_passes_lines_on_while_the_file_grows(tmp_path):
    path, ended = tmp_path / "log", threading.Event()
    followed = follow(path, ended.is_set)
    path.write_text("one\ntw")
    assert next(followed) == "one"
    with path.open("a") as file:
        file.write("o\nthree\n")
    assert [next(followed), next(followed)] == ["two", "three"]
    ended.set()
    assert list(followed) == []


def test_what_was_written_last_is_read_after_the_end(tmp_path):
    path = tmp_path / "log"
    path.write_text("last words\n")
    assert list(follow(path, lambda: True)) == ["last words"]


def test_a_line_that_was_cut_is_no_object_and_stops_nobody():
    assert list(objects(['{"step": "ingest"}', '{"step": "la{"step": "split"}', '{"step": "train"}'])) == [
        {"step": "ingest"},
        {"step": "train"},
    ]
