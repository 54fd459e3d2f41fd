import pytest


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=str)
def opened(request, browser, inspected, page):
    """The page in a window of some width, with what the browser complained about and asked for."""
    width, scheme = request.param
    opened = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened.complaints, opened.requests = [], []
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.on("request", lambda request: opened.requests.append(request.url))
    opened.goto(page.as_uri())
    yield opened
    opened.close()


def test_it_opens_without_complaints_and_without_a_request(opened, page):
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [page.as_uri()]


def test_every_picture_is_drawn(opened):
    assert opened.evaluate("document.images.length") > 10
    assert opened.evaluate("[...document.images].filter(image => !image.naturalWidth).length") == 0


def test_nothing_sticks_out_to_the_side(opened):
    assert opened.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_name_stays_text(opened):
    assert "line <b>&.png" in opened.evaluate("document.body.textContent")
