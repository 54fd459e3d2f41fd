import pytest
from axe_playwright_python.sync_playwright import Axe

WIDTHS = pytest.mark.parametrize("width", [1280, 390])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
PAGES = pytest.mark.parametrize("page", ["report", "summary"])


@pytest.fixture(scope="module")
def written(drawings, measured, tmp_path_factory):
    return drawings.compare(tmp_path_factory.mktemp("browser"), *measured)[-1]


@pytest.fixture
def opened(browser, written, page, width, scheme):
    """A page in a window of this width, with what the browser complained about and asked for."""
    window = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    window.complaints, window.requests = [], []
    window.on("console", lambda message: window.complaints.append(message.text))
    window.on("pageerror", lambda error: window.complaints.append(str(error)))
    window.on("request", lambda request: window.requests.append(request.url))
    window.goto(getattr(written, page).as_uri())
    yield window
    window.close()


@pytest.fixture
def report(browser, written):
    """The report in a large window, scrolled to the map."""
    window = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    window.goto(written.report.as_uri())
    window.locator("#map").scroll_into_view_if_needed()
    yield window
    window.close()


@PAGES
@WIDTHS
@SCHEMES
def test_a_page_opens_without_complaints_and_without_a_request(opened, written, page):
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [getattr(written, page).as_uri()]


@PAGES
@WIDTHS
@SCHEMES
def test_nothing_sticks_out_to_the_side(opened):
    assert opened.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@PAGES
@WIDTHS
@SCHEMES
def test_axe_finds_no_barrier(opened):
    """Contrast, names, roles, order of headings, and what else axe-core looks for."""
    opened.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    found = Axe().run(opened).response
    told = [(rule["id"], node["html"][:200]) for rule in found["violations"] for node in rule["nodes"]]
    assert told == []
    assert "color-contrast" in [rule["id"] for rule in found["passes"]]


@pytest.mark.parametrize(("page", "width", "scheme"), [("report", 1280, "light")])
def test_every_picture_is_drawn(opened):
    assert opened.evaluate("[...document.images].filter(image => image.src && !image.naturalWidth).length") == 0
    drawn = opened.evaluate("[...document.querySelectorAll('.dot use')].filter(use => use.getBBox().width > 0).length")
    assert drawn == 96


@pytest.mark.parametrize(
    ("page", "width", "scheme", "columns"), [("report", 1280, "light", 2), ("report", 390, "light", 1)]
)
def test_cases_stand_side_by_side_where_there_is_room(opened, columns):
    template = opened.evaluate("getComputedStyle(document.querySelector('.cases')).gridTemplateColumns")
    assert len(template.split()) == columns


@pytest.mark.parametrize(("page", "width"), [("report", 1280)])
@SCHEMES
def test_the_scheme_of_the_reader_is_taken(opened, scheme):
    light = opened.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0]")
    assert (light > 127) == (scheme == "light")


def test_pointing_at_a_dot_shows_its_picture_and_its_kind_on_both_maps(report):
    dot = report.locator(".map svg").first.locator(".dot").nth(5)
    dot.hover(force=True)
    peek = report.locator(".peek")
    assert peek.is_visible()
    assert peek.locator("b").inner_text() == report.evaluate("document.querySelector('.dot.self').dataset.label")
    assert report.evaluate("document.querySelector('.peek img').naturalWidth") > 0
    assert report.locator(".dot.kin").count() == 8
    assert report.locator(".dot.self").count() == 2


def test_the_picture_goes_when_the_pointer_leaves(report):
    report.locator(".map svg").first.locator(".dot").nth(5).hover(force=True)
    report.mouse.move(5, 5)
    assert not report.locator(".peek").is_visible()
    assert report.locator(".lit").count() == 0


def focused(report):
    return report.evaluate("document.activeElement.dataset.point")


def test_the_keyboard_walks_the_map_and_every_step_shows_a_picture(report):
    first = report.locator(".map svg").first.locator(".dot").first
    first.focus()
    passed = [focused(report)]
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp") * 2:
        report.keyboard.press(key)
        passed.append(focused(report))
        assert report.locator(".peek").is_visible()
    assert len(set(passed)) > 2
    assert report.locator(".map svg").first.locator('[tabindex="0"]').count() == 1
    report.keyboard.press("Escape")
    assert not report.locator(".peek").is_visible()


def test_a_map_is_one_stop_of_the_tab_key(report):
    report.locator(".map svg").first.locator(".dot").first.focus()
    report.keyboard.press("Tab")
    side = "[...document.querySelectorAll('.map svg')].findIndex(map => map.contains(document.activeElement))"
    assert report.evaluate(side) == 1


def test_the_picture_stays_inside_the_window(report):
    for place in range(48):
        report.locator(".map svg").last.locator(".dot").nth(place).focus()
        box = report.locator(".peek").bounding_box()
        assert 0 <= box["x"] <= 1280 - box["width"]
