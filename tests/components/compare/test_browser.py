import pytest

SIZES = pytest.mark.parametrize("width", [1280, 390])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture(scope="module")
def address(drawings, tmp_path_factory):
    *_, paths = drawings.compare(tmp_path_factory.mktemp("browser"))
    return paths.report.as_uri()


@pytest.fixture
def opened(browser, address, width, scheme):
    """The report in a window of this width, with what the browser complained about and asked for."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(address)
    yield page
    page.close()


@SIZES
@SCHEMES
def test_the_report_opens_without_complaints_and_without_a_request(opened, address):
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [address]


@SIZES
@SCHEMES
def test_every_picture_is_drawn(opened):
    assert opened.evaluate("[...document.images].filter(image => !image.naturalWidth).length") == 0


@SIZES
@SCHEMES
def test_nothing_sticks_out_to_the_side(opened):
    assert opened.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@SIZES
@SCHEMES
def test_words_stand_out_from_the_paper(opened):
    """Contrast by WCAG 2.1 of the quietest text, 4.5 or more."""
    contrast = opened.evaluate(
        """() => {
          const light = colour => { const [r, g, b] = colour.match(/\\d+/g).map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126*r + 0.7152*g + 0.0722*b }
          const paper = light(getComputedStyle(document.body).backgroundColor)
          const ink = light(getComputedStyle(document.querySelector(".section-lede")).color)
          return (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05)
        }"""
    )
    assert contrast >= 4.5


@pytest.mark.parametrize(("width", "scheme", "columns"), [(1280, "light", 2), (390, "light", 1)])
def test_cases_stand_side_by_side_where_there_is_room(opened, columns):
    template = opened.evaluate("getComputedStyle(document.querySelector('.cases')).gridTemplateColumns")
    assert len(template.split()) == columns
