"""A change that a page of another place has a browser ask for is refused; every other client may ask."""

import pytest

from lookalike_components.serve.access.origin import NotJson, OtherOrigin, check_change

HOST = {"host": "shoes.example:8080"}
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "http://shoes.example:8080"},
        {"sec-fetch-site": "same-origin", "origin": "https://where-the-proxy-is.example"},
        {"origin": "http://shoes.example:8080"},
        {"origin": "http://SHOES.example:8080"},
        {"content-type": "Application/JSON; charset=utf-8"},
    ],
)
def test_clients_and_the_servers_own_page_may_change_something(headers):
    check_change(HOST | JSON | headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "http://shoes.example:8080"},
        {"origin": "https://elsewhere.example"},
        {"origin": "http://shoes.example"},
        {"origin": "http://shoes.example:8081"},
        {"origin": "null"},
        {"origin": "shoes.example:8080"},
    ],
)
def test_pages_of_other_places_may_not(headers):
    with pytest.raises(OtherOrigin):
        check_change(HOST | JSON | headers)


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain; application/json"],
)
def test_what_browsers_send_without_asking_is_no_change(kind):
    with pytest.raises(NotJson):
        check_change(HOST | {"content-type": kind})
