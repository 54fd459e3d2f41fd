"""The page on a server that really answers, in a real browser."""

import base64
from urllib.parse import quote

import httpx
import numpy as np
import onnx
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tiny_release import ENCODER, block_colours, blocks

from lookalike_components.pixels import thumbnail, to_pixels
from lookalike_components.release.runtimes.onnx import OnnxGraph
from lookalike_components.release.sealing import seal, write_index
from lookalike_components.release.thumbnails import write_thumbnails

WIDTHS = pytest.mark.parametrize("width", [1280, 390])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
TOKEN = "a-token-for-the-page-0123456789"  # noqa: S105 (of this test's own server)
LABELS = ["mug", "<b>lamp</b>", "mug", "lamp", "mug", None]
URIS = [
    "https://shop.example/mugs/blue.jpg?size=9",
    "/srv/private/pictures/lamps/1.png",
    "javascript:alert(1)",
    "gs://bucket/lamps/2.png",
    "3.png",
    "4.png",
]
TRANSFER = """([name, text]) => {
  const transfer = new DataTransfer();
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
  return transfer;
}"""


def sealed(root, threshold=0.9, thumbnails=True, encoder=ENCODER):
    """A release of six pictures, with labels and places as strangers may have written them."""
    draft, pictures = root / "draft", [blocks(seed) for seed in range(6)]
    draft.mkdir(parents=True)
    onnx.save(block_colours(), draft / "encoder.onnx")
    pixels = np.stack([to_pixels(picture, ENCODER.input_size) for picture in pictures])
    ids = [f"{number:064x}" for number in range(6)]
    table = pd.DataFrame({"image_id": ids, "uri": URIS, "label": LABELS, "subset": "index"})
    write_index(draft, OnnxGraph(draft / "encoder.onnx").encode(pixels), table)
    if thumbnails:
        write_thumbnails(draft, ids, [thumbnail(picture, 96) for picture in pictures])
    seal(draft, root / "release", "things", encoder, threshold)
    return root / "release"


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """Folders of a release, of one without threshold and thumbnails, and of one whose encoder is another."""
    root = tmp_path_factory.mktemp("releases")
    another = ENCODER.model_copy(update={"digest": "f" * 64, "model": "other_blocks"})
    sealed(root / "things")
    sealed(root / "plain", threshold=None, thumbnails=False)
    sealed(root / "another", encoder=another)
    (root / "next").symlink_to(root / "another" / "release")
    return root


@pytest.fixture(scope="module")
def shop(start, releases):
    """A server of the release with everything."""
    return start(releases / "things" / "release")


@pytest.fixture(scope="module")
def plain(start, releases):
    """A server of the release without threshold and thumbnails."""
    return start(releases / "plain" / "release")


@pytest.fixture(scope="module")
def guarded(start, releases, tmp_path_factory):
    """A server that wants a token."""
    file = tmp_path_factory.mktemp("secret") / "token"
    file.write_text(TOKEN)
    return start(releases / "things" / "release", "--token-file", str(file))


@pytest.fixture
def changing(start, releases, tmp_path):
    """Starts servers whose indexes can be changed, all with one journal; a new one ends the one before."""
    servers = []

    def serving(name="things"):
        for server in servers:
            server.stop()
        servers.append(start(releases / name / "release", "--journal", str(tmp_path / "journal")))
        return servers[-1]

    yield serving
    for server in servers:
        server.stop()


def add(server, *entries):
    answer = server.post("/index", json={"entries": list(entries), "encoder": ENCODER.digest})
    assert answer.is_success, answer.text
    return answer.json()["ids"]


def b64(picture):
    return base64.b64encode(picture).decode()


def small_picture(server, image_id):
    answer = httpx.get(f"http://{server.http}/thumbnails/{quote(image_id, safe='')}")
    if answer.status_code == 404:
        return None
    assert answer.headers["Content-Type"] == "image/webp"
    return answer.content


@pytest.fixture
def open_page(browser):
    """Opens the page of a server, with what the browser complains about and asks for."""
    windows = []

    def open_page(server, width=1280, scheme="light", **context):
        window = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, **context)
        windows.append(window)
        window.complaints, window.requests = [], []
        window.on("console", lambda message: window.complaints.append(message.text))
        window.on("pageerror", lambda error: window.complaints.append(str(error)))
        window.on("request", lambda request: window.requests.append(request.url))
        window.goto(f"http://{server.http}/")
        return window

    yield open_page
    for window in windows:
        window.close()


@pytest.fixture
def page(open_page, shop):
    return open_page(shop)


def choose(window, data, name="picture.jpg"):
    window.locator("#file").set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": data})


def answered(window):
    window.locator("#matches li").first.wait_for()
    window.locator("body[aria-busy=false]").wait_for()
    return window


def names(window):
    return window.locator("#matches .name b").all_inner_texts()


def violations(window):
    found = Axe().run(window).response
    assert "color-contrast" in [rule["id"] for rule in found["passes"]]
    return [(rule["id"], node["html"][:200]) for rule in found["violations"] for node in rule["nodes"]]


def test_a_chosen_picture_finds_itself_first_and_the_threshold_speaks(page, pictures):
    choose(page, pictures[0])
    answered(page)
    assert page.locator("#verdict").inner_text() == "This is mug."
    assert page.locator("#reason").inner_text().startswith("The best match scores 1.00; from .90 on,")
    assert len(names(page)) == 6
    assert page.locator("#matches .same:visible").count() == 1
    assert page.locator("#matches .score").first.inner_text() == "1.00"
    assert page.locator("#vote").inner_text().startswith("Vote of 6 neighbours: mug, ")


def test_what_is_unlike_everything_is_not_called_the_same(page):
    choose(page, blocks(77))
    answered(page)
    assert page.locator("#verdict").inner_text() == "Nothing here is the same thing."
    assert page.locator("#matches .same:visible").count() == 0


@pytest.mark.parametrize("gesture", ["drop", "paste"])
def test_a_picture_can_be_dropped_and_pasted(page, pictures, gesture):
    page.locator("#zone").wait_for()
    transfer = page.evaluate_handle(TRANSFER, ["a.jpg", base64.b64encode(pictures[3]).decode()])
    name = {"drop": "dataTransfer", "paste": "clipboardData"}[gesture]
    kind = {"drop": "DragEvent", "paste": "ClipboardEvent"}[gesture]
    code = f"transfer => document.body.dispatchEvent(new {kind}('{gesture}', {{ {name}: transfer, bubbles: true }}))"
    page.evaluate(code, transfer)
    assert names(answered(page))[0] == "lamp"


def test_the_slider_asks_again_without_sending_the_picture(page, pictures):
    choose(page, pictures[0])
    answered(page)
    page.requests.clear()
    page.locator("#k").focus()
    page.keyboard.press("Home")
    expect(page.locator("#matches li")).to_have_count(1)
    asked = [url for url in page.requests if "/models/" in url]
    assert {url.rsplit("/", 1)[-1] for url in asked} == {"search:predict"}
    assert page.locator("#k-value").inner_text() == "1"


def test_a_label_narrows_the_search(page, pictures):
    choose(page, pictures[0])
    answered(page)
    page.locator("#label").fill("lamp")
    expect(page.locator("#matches li")).to_have_count(1)
    assert names(page) == ["lamp"]


def test_a_label_that_nothing_has_leaves_a_sentence(page, pictures):
    choose(page, pictures[0])
    answered(page)
    page.locator("#label").fill("unicorn")
    page.locator("#label").press("Enter")
    page.locator("#none").wait_for()
    assert names(page) == []


def test_labels_are_offered_while_one_is_typed(page):
    page.locator("#labels option").first.wait_for(state="attached")
    offered = page.evaluate("[...document.querySelectorAll('#labels option')].map(option => option.value)")
    assert offered[0] == "mug"
    assert {"mug", "lamp", "<b>lamp</b>"} <= set(offered)


def test_every_neighbour_has_its_picture(page, pictures):
    choose(page, pictures[0])
    answered(page)
    for picture in page.locator("#matches img").all():
        expect(picture).not_to_have_js_property("naturalWidth", 0)
    assert page.locator("#matches .letter:visible").count() == 0


def test_an_entry_that_was_added_has_its_picture(open_page, changing):
    server = changing()
    add(server, {"b64": b64(blocks(77)), "label": "added"})
    page = open_page(server)
    choose(page, blocks(77))
    assert names(answered(page))[0] == "added"
    expect(page.locator("#matches img").first).not_to_have_js_property("naturalWidth", 0)
    assert page.locator("#matches .letter:visible").count() == 0


def test_an_example_can_be_tried_with_the_keyboard_alone(page):
    page.locator("#example-list img").first.wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('ul')?.id") == "example-list"
    page.keyboard.press("Enter")
    assert answered(page).locator("#verdict").inner_text()


def test_what_strangers_wrote_is_text_and_only_the_web_is_linked(page, pictures):
    choose(page, pictures[0])
    answered(page)
    assert "<b>lamp</b>" in names(page)
    links = page.locator("#matches .uri a")
    assert links.count() == 1
    assert links.get_attribute("href") == URIS[0]
    assert links.get_attribute("rel") == "noopener noreferrer"
    places = {"mugs/blue.jpg", "lamps/1.png", "javascript:alert(1)", "lamps/2.png", "3.png", "4.png"}
    assert set(page.locator("#matches .uri").all_inner_texts()) == places


def test_a_file_that_is_no_picture_gets_the_servers_sentence(page):
    choose(page, b"no picture")
    page.locator("#fault").wait_for()
    assert page.locator("#fault").inner_text() == "Image 1 is not an image; send another."
    assert not page.locator("#answer").is_visible()


def test_the_next_picture_clears_the_sentence(page, pictures):
    choose(page, b"no picture")
    page.locator("#fault").wait_for()
    choose(page, pictures[0])
    answered(page)
    assert not page.locator("#fault").is_visible()


def test_a_busy_server_is_asked_again(page, pictures):
    """Played: a server that is busy for just one request cannot be had."""
    busy = [lambda route: route.fulfill(status=429, headers={"Retry-After": "0.05"}, body="{}")]
    page.route("**/v1/models/*:predict", lambda route: busy.pop()(route) if busy else route.continue_())
    choose(page, pictures[0])
    assert names(answered(page))[0] == "mug"
    assert busy == []


def test_a_server_that_is_gone_is_told(page, pictures):
    page.route("**/v1/models/*:predict", lambda route: route.abort())
    choose(page, pictures[0])
    page.locator("#fault").wait_for()
    assert page.locator("#fault").inner_text() == "The server does not answer."


def test_without_threshold_and_thumbnails_it_still_tells_what_is_closest(open_page, plain, pictures):
    page = open_page(plain)
    choose(page, pictures[0])
    answered(page)
    assert page.locator("#verdict").inner_text() == "Most like mug."
    assert page.locator("#matches .same:visible").count() == 0
    assert page.locator("#matches .letter:visible").count() == 6
    assert not page.locator("#examples").is_visible()
    assert [url for url in page.requests if "/thumbnails/" in url] == []


def test_the_camera_is_offered_where_there_is_one(open_page, shop):
    phone = open_page(shop, width=390, has_touch=True, is_mobile=True)
    assert phone.locator("#take").is_visible()
    assert phone.locator("#camera").get_attribute("capture") == "environment"
    assert not open_page(shop).locator("#take").is_visible()


def test_a_release_that_comes_meanwhile_is_noticed(open_page, start, releases, pictures):
    """The embedding that the page kept is another encoder's now."""
    server = start(releases / "things" / "release", "--releases", str(releases))
    page = open_page(server)
    choose(page, pictures[0])
    answered(page)
    assert server.post("/release", json={"folder": "next"}, timeout=60).is_success
    page.locator("#k").focus()
    page.keyboard.press("Home")
    expect(page.locator("#matches li")).to_have_count(1)
    assert page.locator("#particulars").inner_text().endswith("encoder other_blocks")
    assert not page.locator("#fault").is_visible()


def test_a_guarded_server_asks_for_its_token(open_page, guarded, pictures):
    page = open_page(guarded)
    page.locator("#access").wait_for()
    assert not page.locator("#trial").is_visible()
    page.locator("#token").fill("something-else-altogether")
    page.keyboard.press("Enter")
    page.locator("#fault").wait_for()
    page.locator("#token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.locator("#zone").wait_for()
    choose(page, pictures[0])
    answered(page)
    expect(page.locator("#matches img").first).not_to_have_js_property("naturalWidth", 0)
    assert not page.locator("#fault").is_visible()


def test_the_token_is_forgotten_with_the_tab(open_page, guarded):
    page = open_page(guarded)
    page.locator("#token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.locator("#zone").wait_for()
    assert page.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0
    assert TOKEN not in page.url
    another = open_page(guarded)
    another.locator("#access").wait_for()


@WIDTHS
@SCHEMES
def test_it_opens_without_complaints_and_asks_nobody_else(open_page, shop, pictures, width, scheme):
    page = open_page(shop, width, scheme)
    choose(page, pictures[0])
    answered(page)
    assert page.complaints == []
    elsewhere = [url for url in page.requests if not url.startswith((f"http://{shop.http}/", "blob:"))]
    assert elsewhere == []


@WIDTHS
@SCHEMES
def test_nothing_sticks_out_and_axe_finds_no_barrier(open_page, shop, pictures, width, scheme):
    page = open_page(shop, width, scheme, reduced_motion="reduce")
    page.locator("#example-list img").first.wait_for()
    assert violations(page) == []
    choose(page, pictures[0])
    answered(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    assert violations(page) == []
    choose(page, b"no picture")
    page.locator("#fault").wait_for()
    assert violations(page) == []


@SCHEMES
def test_axe_finds_no_barrier_where_a_token_is_wanted(open_page, guarded, scheme):
    page = open_page(guarded, 390, scheme)
    page.locator("#access").wait_for()
    assert violations(page) == []


@SCHEMES
def test_the_scheme_of_the_visitor_is_taken(open_page, shop, scheme):
    page = open_page(shop, scheme=scheme)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]")
    assert (light > 127) == (scheme == "light")


@pytest.mark.parametrize("path", ["/", "/page/page.js", "/page/page.css", "/page/icon.svg"])
def test_the_policy_is_strict(shop, path):
    answer = httpx.get(f"http://{shop.http}{path}", headers={"Accept": "text/html"})
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_policy_stops_what_is_put_into_the_page(page):
    """Were a label ever taken for markup, its script would not run."""
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.harmed = true\">')")
    assert page.evaluate("window.harmed") is None


def test_a_copy_that_is_still_good_is_not_sent_again(shop):
    first = httpx.get(f"http://{shop.http}/page/page.js")
    again = httpx.get(f"http://{shop.http}/page/page.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_page_asks_for_no_more_neighbours_than_the_server_finds(start, releases):
    frugal = start(releases / "things" / "release", "--most-k", "3")
    most = httpx.get(f"http://{frugal.http}/about").json()["most_neighbours"]
    instances, parameters = [{"b64": b64(blocks(0))}], {"k": most}
    answer = frugal.post("/v1/models/search:predict", json={"instances": instances, "parameters": parameters})
    assert (most, answer.status_code) == (3, 200)


@pytest.mark.parametrize("path", ["/page/../about.py", "/page/%2e%2e/routes.py", "/page/", "/page/none.js"])
def test_only_the_pages_own_files_are_served(shop, path):
    with httpx.Client() as client:
        request = client.build_request("GET", "http://server/")
        request.url = httpx.URL(f"http://{shop.http}").copy_with(raw_path=path.encode())
        assert client.send(request).status_code == 404


def test_who_does_not_ask_for_html_hears_that_the_server_lives(shop):
    assert httpx.get(f"http://{shop.http}/").json() == {"status": "alive"}


def test_a_thumbnail_that_is_not_there_is_a_sentence(shop, plain):
    for server in (shop, plain):
        answer = httpx.get(f"http://{server.http}/thumbnails/none")
        assert answer.status_code == 404
        assert answer.json() == {"error": "there is no thumbnail of this picture"}


def test_a_thumbnail_is_a_small_picture_for_this_client_alone(shop):
    answer = httpx.get(f"http://{shop.http}/thumbnails/{0:064x}")
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.content[8:12] == b"WEBP"
    assert answer.headers["Cache-Control"].startswith("private")


def test_what_is_added_as_an_image_has_a_thumbnail_until_it_is_removed(changing):
    server, picture = changing(), blocks(77)
    (own,) = add(server, {"b64": b64(picture)})
    add(server, {"id": "shop/7 ü", "b64": b64(blocks(78))}, {"id": "v", "embedding": np.eye(48)[0].tolist()})
    expected = [thumbnail(picture, 96), thumbnail(blocks(78), 96), None]
    assert [small_picture(server, image_id) for image_id in (own, "shop/7 ü", "v")] == expected
    again = changing()
    assert [small_picture(again, image_id) for image_id in (own, "shop/7 ü", "v")] == expected
    assert again.post("/index/remove", json={"ids": [own]}).json()["removed"] == 1
    assert small_picture(again, own) is None


def test_an_entry_in_place_of_another_brings_its_own_thumbnail_or_none(changing):
    server = changing()
    first, second, third = (f"{number:064x}" for number in range(3))
    add(server, {"id": first, "b64": b64(blocks(77))}, {"id": second, "embedding": np.eye(48)[0].tolist()})
    server.post("/index/remove", json={"ids": [third]})
    found = [small_picture(server, image_id) for image_id in (first, second, third)]
    assert found == [thumbnail(blocks(77), 96), None, None]
    assert first in httpx.get(f"http://{server.http}/about").json()["examples"]
    add(server, {"id": first, "b64": b64(blocks(78))})
    assert small_picture(server, first) == thumbnail(blocks(78), 96)
    headers = httpx.get(f"http://{server.http}/thumbnails/{first}").headers
    assert headers["Cache-Control"] == "private, no-cache"


def test_where_the_release_has_no_thumbnails_none_are_kept_and_none_are_shown(changing):
    (added,) = add(changing("plain"), {"b64": b64(blocks(77))})
    with_thumbnails = changing("things")
    assert small_picture(with_thumbnails, added) is None
    add(with_thumbnails, {"b64": b64(blocks(77))})
    assert small_picture(with_thumbnails, added) == thumbnail(blocks(77), 96)
    plain = changing("plain")
    assert small_picture(plain, added) is None
    assert httpx.get(f"http://{plain.http}/about").json()["thumbnails"] is False


def test_a_picture_that_is_refused_is_not_added(changing):
    server = changing()
    entries = [{"id": "good", "b64": b64(blocks(77))}, {"id": "bad", "b64": b64(b"no picture")}]
    answer = server.post("/index", json={"entries": entries})
    assert (answer.status_code, answer.json()) == (400, {"error": "image 2 is not an image; send another"})
    assert small_picture(server, "good") is None


def test_the_page_is_open_and_the_release_is_not_where_a_token_is_wanted(guarded):
    html = {"Accept": "text/html"}
    assert httpx.get(f"http://{guarded.http}/", headers=html).status_code == 200
    assert httpx.get(f"http://{guarded.http}/page/page.js").status_code == 200
    assert httpx.get(f"http://{guarded.http}/about").status_code == 401
    assert httpx.get(f"http://{guarded.http}/thumbnails/{0:064x}").status_code == 401


def test_it_can_be_switched_off(start, releases):
    server = start(releases / "things" / "release", "--no-page")
    assert httpx.get(f"http://{server.http}/", headers={"Accept": "text/html"}).json() == {"status": "alive"}
    for path in ("/page/page.js", "/about", f"/thumbnails/{0:064x}"):
        assert httpx.get(f"http://{server.http}{path}").status_code == 404
