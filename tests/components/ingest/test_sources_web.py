"""Downloads from a real server on this machine that is slow, broken, or up to something."""

import gzip
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from downloads import MOST_BYTES, PICTURE, QUICK, refusal
from web_server import Answer, Site

from lookalike_components.errors import UserError
from lookalike_components.ingest.sources import Unavailable
from lookalike_components.ingest.sources.addresses import CheckedNetwork, any_address
from lookalike_components.ingest.sources.web import Downloads, Patience


@pytest.fixture
def web() -> Iterator[Downloads]:
    downloads = Downloads(MOST_BYTES, 4, CheckedNetwork(any_address), QUICK)
    yield downloads
    downloads.close()


def failure(web: Downloads, url: str) -> str:
    """The sentence of an image that the next run may have."""
    with pytest.raises(Unavailable) as error:
        web.read(url, "")
    return str(error.value)


def test_an_image_comes_with_what_the_server_calls_its_version(site: Site, web: Downloads) -> None:
    site["/a.jpg"] = PICTURE
    assert web.read(f"{site.url}/a.jpg", "") == (b"a picture", 'etag:"1"')


def test_the_path_is_sent_as_it_was_written(site: Site, web: Downloads) -> None:
    site["/a%2Fb%20c.jpg?size=2"] = PICTURE
    assert web.read(f"{site.url}/a%2Fb%20c.jpg?size=2", "")


def test_a_name_in_any_script_is_encoded(site: Site, web: Downloads) -> None:
    site["/%E7%8C%AB%20%F0%9F%90%88.jpg"] = PICTURE
    assert web.read(f"{site.url}/猫 🐈.jpg", "")


@pytest.mark.parametrize(
    ("version", "header", "value"),
    [
        ('etag:"1"', "if-none-match", '"1"'),
        ("last-modified:Sun, 01 Mar 2026 10:00:00 GMT", "if-modified-since", "Sun, 01 Mar 2026 10:00:00 GMT"),
    ],
)
def test_an_image_that_is_still_the_same_is_not_sent_again(
    version: str, header: str, value: str, site: Site, web: Downloads
) -> None:
    site["/a.jpg"] = Answer(304)
    assert web.read(f"{site.url}/a.jpg", version) is None
    assert site.requests[0].headers[header] == value


def test_a_version_from_elsewhere_is_no_condition(site: Site, web: Downloads) -> None:
    site["/a.jpg"] = PICTURE
    assert web.read(f"{site.url}/a.jpg", "9-1772359200") is not None
    assert not {"if-none-match", "if-modified-since"} & set(site.requests[0].headers)


@pytest.mark.parametrize(
    "fault",
    [
        Answer(503),
        Answer(500),
        Answer(429),
        Answer(body=b"half a pic", promised=20),
        Answer(seconds=0.5, body=b"too late"),
    ],
    ids=["503", "500", "429", "closes mid-body", "slow"],
)
def test_what_passes_is_tried_again(fault: Answer, site: Site, web: Downloads) -> None:
    site["/a.jpg"] = fault, fault, PICTURE
    content = web.read(f"{site.url}/a.jpg", "")
    assert content is not None
    assert content.data == b"a picture"
    assert len(site.requests) == 3


@pytest.mark.parametrize("after", ["1", "Wed, 01 Jan 2200 00:00:00 GMT"])
def test_a_server_that_asks_for_patience_gets_it_within_bounds(after: str, site: Site, web: Downloads) -> None:
    site["/a.jpg"] = Answer(503, headers={"Retry-After": after}), Answer(429, headers={"Retry-After": after}), PICTURE
    started = time.monotonic()
    assert web.read(f"{site.url}/a.jpg", "")
    assert 2 * QUICK.longest_wait <= time.monotonic() - started < 0.9


@pytest.mark.parametrize("after", ["", "soon", "-1", "Wed, 01 Jan 2020 00:00:00 GMT"])
def test_a_wish_that_makes_no_sense_is_passed_over(after: str, site: Site, web: Downloads) -> None:
    site["/a.jpg"] = Answer(503, headers={"Retry-After": after}), PICTURE
    assert web.read(f"{site.url}/a.jpg", "")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Answer(503), "answers 503 Service Unavailable, at the last of 3 tries"),
        (Answer(seconds=5), "sends nothing for 0.3 s, at the last of 3 tries"),
        (Answer(body=bytes(200), trickle=0.1), "is not through after 0.5 s, at the last of 3 tries"),
    ],
)
def test_a_server_that_stays_broken_leaves_the_image_to_the_next_run(
    fault: Answer, sentence: str, site: Site, web: Downloads
) -> None:
    site["/a.jpg"] = fault
    started = time.monotonic()
    assert failure(web, f"{site.url}/a.jpg") == sentence
    assert len(site.requests) == 3
    assert time.monotonic() - started < 10


def test_a_body_that_always_breaks_off_leaves_the_image_to_the_next_run(site: Site, web: Downloads) -> None:
    site["/a.jpg"] = Answer(body=b"half", promised=8)
    assert failure(web, f"{site.url}/a.jpg").startswith("cannot be fetched (peer closed connection")


def test_a_server_out_of_reach_leaves_the_image_to_the_next_run(web: Downloads) -> None:
    assert failure(web, "http://127.0.0.1:9/a.jpg").startswith("cannot be fetched ([Errno 111]")
    assert failure(web, "http://nowhere.invalid/a.jpg").startswith("cannot be fetched (nowhere.invalid has no address")


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (404, "answers 404 Not Found"),
        (403, "answers 403 Forbidden"),
        (410, "answers 410 Gone"),
        (204, "answers 204 No Content"),
    ],
)
def test_an_answer_that_will_not_change_is_asked_for_once(
    status: int, sentence: str, site: Site, web: Downloads
) -> None:
    site["/a.jpg"] = Answer(status)
    assert refusal(web, f"{site.url}/a.jpg") == sentence
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "large",
    [
        Answer(body=bytes(MOST_BYTES + 1)),
        Answer(promised=10**15),
        Answer(endless=True),
        Answer(endless=True, headers={"Content-Encoding": "gzip"}, body=gzip.compress(bytes(10**8))),
    ],
    ids=["large", "huge Content-Length", "endless", "compressed bomb"],
)
def test_no_more_bytes_than_allowed_are_taken(large: Answer, site: Site, web: Downloads) -> None:
    site["/a.jpg"] = large
    assert refusal(web, f"{site.url}/a.jpg") == "is larger than 0 MiB (most_megabytes)"
    assert len(site.requests) == 1


def test_an_image_of_just_the_size_allowed_is_taken(site: Site, web: Downloads) -> None:
    site["/a.jpg"] = Answer(body=bytes(MOST_BYTES))
    assert web.read(f"{site.url}/a.jpg", "") == (bytes(MOST_BYTES), "")


def test_what_was_compressed_on_its_way_is_what_it_was(site: Site, web: Downloads) -> None:
    site["/a.jpg"] = Answer(body=gzip.compress(b"a picture"), headers={"Content-Encoding": "gzip"})
    assert web.read(f"{site.url}/a.jpg", "") == (b"a picture", "")


def chain(site: Site, redirects: int) -> str:
    for number in range(redirects):
        site[f"/{number}"] = Answer(302, headers={"Location": f"/{number + 1}"}, body=b"over there")
    site[f"/{redirects}"] = PICTURE
    return f"{site.url}/0"


def test_five_redirects_are_followed_and_no_more(site: Site, web: Downloads) -> None:
    assert web.read(chain(site, 5), "")
    assert refusal(web, chain(site, 6)) == "redirects more than 5 times"


def test_a_redirect_in_a_circle_ends(site: Site, web: Downloads) -> None:
    site["/a.jpg"] = Answer(301, headers={"Location": "/a.jpg"}, endless=True)
    assert refusal(web, f"{site.url}/a.jpg") == "redirects more than 5 times"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("ftp://elsewhere.example/a.jpg", "redirects to ftp://, which is not fetched"),
        ("file:///etc/passwd", "redirects to file://, which is not fetched"),
        ("http://me:secret@elsewhere.example/", "carries a user name or a password, or redirects to a URL that does"),
        ("http://[::1/a.jpg", "cannot be fetched"),
    ],
)
def test_a_redirect_leads_to_no_other_kind_of_place(place: str, sentence: str, site: Site, web: Downloads) -> None:
    site["/a.jpg"] = Answer(302, headers={"Location": place})
    with pytest.raises(UserError) as error:
        web.read(f"{site.url}/a.jpg", "")
    assert str(error.value).startswith(sentence)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1/a.jpg", "http://a b/c.jpg", "http://host:99999/a.jpg", "http://xn--a/a.jpg"]
)
def test_what_is_no_url_is_refused(url: str, web: Downloads) -> None:
    with pytest.raises(UserError):
        web.read(url, "")


def test_a_password_is_neither_sent_nor_told(site: Site, web: Downloads) -> None:
    assert refusal(web, site.url.replace("//", "//me:secret@")) == (
        "carries a user name or a password, or redirects to a URL that does; none are sent"
    )
    assert site.requests == []


def test_a_proxy_of_the_environment_is_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    site["/a.jpg"] = PICTURE
    web = Downloads(MOST_BYTES, 4, CheckedNetwork(any_address), QUICK)
    assert web.read(f"{site.url}/a.jpg", "")
    web.close()


def test_cookies_are_not_kept(site: Site, web: Downloads) -> None:
    site["/a.jpg"] = Answer(headers={"Set-Cookie": "seen=1"})
    web.read(f"{site.url}/a.jpg", "")
    web.read(f"{site.url}/a.jpg", "")
    assert "cookie" not in site.requests[1].headers


def test_no_more_downloads_are_under_way_than_allowed(site: Site) -> None:
    site["/a.jpg"] = Answer(body=b"a picture", seconds=0.05)
    web = Downloads(MOST_BYTES, 2, CheckedNetwork(any_address), Patience(tries=1))
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(web.read, [f"{site.url}/a.jpg"] * 12, [""] * 12))) == 12
    assert site.most_at_once == 2
    web.close()


@pytest.mark.parametrize("answer", [Answer(body=bytes(5000), trickle=0.05), Answer(503, headers={"Retry-After": "60"})])
def test_what_is_under_way_is_given_up_when_the_downloads_are_closed(answer: Answer, site: Site) -> None:
    site["/a.jpg"] = answer
    web = Downloads(MOST_BYTES, 4, CheckedNetwork(any_address))
    with ThreadPoolExecutor(1) as pool:
        download = pool.submit(web.read, f"{site.url}/a.jpg", "")
        while not site.requests:
            time.sleep(0.01)
        time.sleep(0.1)
        web.close()
        assert isinstance(download.exception(timeout=5), Unavailable)
