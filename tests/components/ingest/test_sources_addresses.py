"""Which addresses images are fetched from, and that no name leads around the answer."""

from collections.abc import Callable

import pytest
from downloads import MOST_BYTES, PICTURE, QUICK, refusal
from web_server import Answer, Site, serving

from lookalike_components.ingest.sources.addresses import CheckedNetwork, any_address, is_public
from lookalike_components.ingest.sources.web import Downloads


def through(allowed: Callable[[str], bool], addresses: list[str], asked: list[str]) -> Downloads:
    """Downloads for which every host has these addresses; notes which hosts were asked for."""

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return addresses

    return Downloads(MOST_BYTES, 4, CheckedNetwork(allowed, resolver), QUICK)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:169.254.169.254", False),
        ("2002:7f00:1::1", False),
        ("64:ff9b::a9fe:a9fe", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_private_addresses_are_refused_however_they_are_written(site: Site) -> None:
    port = site.url.rpartition(":")[2]
    web = Downloads(MOST_BYTES, 4, CheckedNetwork(is_public), QUICK)
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        assert "which is not a public address" in refusal(web, f"http://{host}:{port}/a.jpg")
    assert site.requests == []
    web.close()


def test_a_redirect_to_a_private_address_is_refused(site: Site) -> None:
    web = Downloads(MOST_BYTES, 4, CheckedNetwork(lambda address: address == "127.0.0.1"), QUICK)
    with serving("127.0.0.2") as private:
        site["/a.jpg"] = Answer(302, headers={"Location": f"{private.url}/secret"})
        assert refusal(web, f"{site.url}/a.jpg") == (
            "lies at 127.0.0.2, which is not a public address; set ingest.private_addresses to fetch it"
        )
        assert private.requests == []
    web.close()


def test_the_address_that_was_judged_is_the_one_connected_to(site: Site) -> None:
    site["/a.jpg"] = PICTURE
    asked: list[str] = []
    web = through(any_address, ["127.0.0.1"], asked)
    assert web.read(site.url.replace("127.0.0.1", "photos.example") + "/a.jpg", "")
    assert asked == ["photos.example"]
    assert site.requests[0].headers["host"].startswith("photos.example:")
    web.close()


def test_a_host_with_one_address_that_is_not_public_is_refused(site: Site) -> None:
    web = through(is_public, ["93.184.215.14", "127.0.0.1"], [])
    assert refusal(web, site.url.replace("127.0.0.1", "photos.example")).startswith("lies at 127.0.0.1, which")
    web.close()


def test_an_address_that_does_not_answer_is_passed_over_for_the_next(site: Site) -> None:
    site["/a.jpg"] = PICTURE
    web = through(any_address, ["127.0.0.3", "127.0.0.1"], [])
    assert web.read(f"{site.url}/a.jpg", "")
    web.close()
