"""The pages of the deployed stack in Debian's Chromium: looked at, filtered, followed down to prospects, decided on,
and a funnel on its way from draft to version. Screenshots of each page are kept in .local/screenshots, to be looked at.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response, ViewportSize, expect, sync_playwright

from lifecycle.services.credentials import create_api_key
from local.stack import PROJECT, STATE_DIR, LocalStack, StackInfo
from tests.e2e.api import Api, eventually, someone, something
from tests.fakes.issuer import FakeIssuer

CHROMIUM = shutil.which("chromium")
AXE = PROJECT / ".local/assets/node_modules/axe-core/axe.min.js"
SCREENSHOTS = STATE_DIR / "screenshots"
ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SCRIPT, FORMULA = "<script>alert(1)</script>", "=cmd|' /C calc'!A0"
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
#: A cold start on a busy machine takes its time.
PATIENCE = 60_000
MOST_BYTES = 500_000

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the pages are walked by Chromium, and this machine has none")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def workspace(local_stack: LocalStack, stack_info: StackInfo) -> Iterator[Api]:
    """A workspace that nobody else uses, with a few prospects on their way."""
    key = create_api_key(
        local_stack.client("dynamodb"), stack_info.table, f"pages-{something()[:12]}", "walk", datetime.now(UTC)
    )
    api = Api(stack_info.api_url, key)
    for number in range(6):
        _arrives(api, number)
    yield api
    api.http.close()


def _arrives(api: Api, number: int) -> None:
    """A prospect that comes by another campaign than the next; every other one asks for a demo, and has a deal."""
    email, moment = someone(), datetime.now(UTC) - timedelta(days=20 - number)
    source = (SCRIPT, FORMULA, "spring")[number % 3]
    told: dict[str, Any] = {"identities": {"email": email}, "source": source, "traits": {"name": source}}
    api.activity(type="website_visit", occurred_at=moment.isoformat(), **told)
    if number % 2:
        later = (moment + timedelta(days=1)).isoformat()
        api.activity(type="form_submission", occurred_at=later, properties={"form": "demo", "note": source}, **told)
        contacts = [{"email": email, "role": "decision_maker"}]
        deal = {"name": source, "amount": 1200, "currency": "EUR", "contacts": contacts}
        api.deal(something(), status="open", occurred_at=(moment + timedelta(days=2)).isoformat(), **deal)


class Visitor:
    """Somebody at a browser, signed in, and all that went over the network.

    Attributes:
        page: the browser's.
        base: what the paths of pages are appended to.
    """

    def __init__(self, page: Page, api: Api) -> None:
        self.page = page
        self.base = str(api.http.base_url).rstrip("/")
        self._key = str(api.http.headers["Authorization"]).removeprefix("Bearer ")
        self.answers: list[Response] = []
        self.wrong: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.set_default_navigation_timeout(PATIENCE)
        page.on("response", self._note)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: self.wrong.append(f"dialog: {dialog.message}"))
        page.on("console", lambda told: self.wrong.append(told.text) if told.type == "error" else None)

    def _note(self, answer: Response) -> None:
        self.answers.append(answer)

    def sign_in(self) -> None:
        self.page.goto(f"{self.base}/")
        self.page.get_by_label("API key").fill(self._key)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Dashboard")).to_be_visible(timeout=PATIENCE)

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)
        self.settle()

    def settle(self) -> None:
        """Wait for the panels that the page asks for by itself."""
        expect(self.page.locator("[aria-busy]")).to_have_count(0, timeout=PATIENCE)

    def keep(self, name: str) -> None:
        """A screenshot of the whole page."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def notice(self, sentence: str) -> None:
        """The page says that something was done."""
        expect(self.page.locator("#notice")).to_contain_text(sentence, timeout=PATIENCE)


@pytest.fixture
def visitor(browser: Browser, workspace: Api) -> Iterator[Visitor]:
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    visitor = Visitor(context.new_page(), workspace)
    visitor.sign_in()
    yield visitor
    context.close()
    assert visitor.wrong == []


def _pages(api: Api) -> dict[str, str]:
    """Every kind of page, with one to look at."""
    (found, *_) = api.ok("GET", "/prospects", params={"stage": "opportunity"})["prospects"]
    today, before = datetime.now(UTC).date(), datetime.now(UTC).date() - timedelta(days=60)
    counted = f"/pages/reports/counted?number=entered&stage=engaged&from={before}&to={today}"
    draft, simulation = _tried(api)
    return {
        "dashboard": "/?compare=previous&by=day",
        "prospects": "/pages/prospects",
        "prospect": f"/pages/prospects/{found['prospect_id']}",
        "counted": counted,
        "funnel": "/pages/funnel",
        "settings": "/pages/reports/settings",
        "draft-tried": draft,
        "simulation-done": simulation,
    }


def _tried(api: Api) -> tuple[str, str]:
    """The pages of a draft that would move whoever visited the website, and of its simulation with what it found."""
    definition = api.ok("GET", "/funnel/gallery/default")["definition"]
    (qualified,) = (stage for stage in definition["stages"] if stage["key"] == "marketing_qualified")
    qualified["enter_when"] = {"all": [{"known": "email"}, {"activity": {"type": "website_visit"}}]}
    draft = api.ok("POST", "/funnel/drafts", json={"definition": {**definition, "name": "Sooner"}})["draft_id"]
    simulation = api.ok("POST", f"/funnel/drafts/{draft}/simulations")["simulation_id"]
    done = eventually(
        lambda: api.ok("GET", f"/funnel/simulations/{simulation}"), lambda job: bool(job["status"] == "done")
    )
    assert done["moves"], done
    return f"/pages/funnel/drafts/{draft}", f"/pages/funnel/simulations/{simulation}"


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_look_right_to_a_screen_reader_on_any_screen(
    browser: Browser, workspace: Api, viewport: Any, scheme: Any
) -> None:
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    visitor = Visitor(context.new_page(), workspace)
    visitor.page.goto(f"{visitor.base}/pages/sign-in")
    found = {"sign-in": _serious(visitor.page)}
    visitor.keep(f"sign-in-{viewport['width']}-{scheme}")
    visitor.sign_in()
    for name, path in _pages(workspace).items():
        visitor.open(path)
        visitor.keep(f"{name}-{viewport['width']}-{scheme}")
        found[name] = _serious(visitor.page)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
    context.close()

    assert {name: problems for name, problems in found.items() if problems} == {}
    assert visitor.wrong == []


def _serious(page: Page) -> list[str]:
    """What axe finds that is serious or worse. (Evaluated by the browser's own tools, the policy does not bind it.)"""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def test_nothing_is_asked_of_anybody_else_and_a_page_is_light(visitor: Visitor) -> None:
    visitor.answers.clear()
    visitor.open("/")

    hosts = {urlsplit(answer.url).netloc for answer in visitor.answers}
    assert hosts == {urlsplit(visitor.base).netloc}
    weights = {urlsplit(answer.url).path: answer.request.sizes()["responseBodySize"] for answer in visitor.answers}
    assert len(weights) >= 9
    assert sum(weights.values()) < MOST_BYTES, weights
    for answer in visitor.answers:
        assert "unsafe" not in answer.headers.get("content-security-policy", "")


def test_a_number_is_followed_from_its_bar_to_its_prospects(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/?measure=entered&by=day")
    stages = page.locator("section", has=page.locator("#title-funnel"))
    stages.get_by_role("button", name="As table").click()
    row = stages.get_by_role("row", name=re.compile("^Engaged"))
    expect(row).to_be_visible()
    number = int(row.get_by_role("cell").nth(1).inner_text())
    stages.get_by_role("button", name="As table").click()

    canvas = stages.locator(".canvas")
    box = canvas.bounding_box()
    assert box is not None
    # The bars are about the middle; that of "Engaged" is the second of seven.
    canvas.click(position={"x": box["width"] * 0.62, "y": box["height"] * 1.5 / 7})
    page.wait_for_url("**/pages/reports/counted?*")

    expect(page.get_by_role("heading", level=1)).to_have_text("Entered Engaged")
    assert page.locator("tbody tr").count() == number > 0
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()


def test_filters_are_in_the_address_and_come_back_with_it(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/")
    page.get_by_label("Only").select_option("source")
    page.get_by_label("of value").fill("spring")
    page.get_by_label("of value").press("Enter")
    page.wait_for_url(re.compile(r"value=spring"))
    expect(page.locator(".lead")).to_contain_text("only source spring")
    visitor.settle()
    shown = page.locator(".tile-number").all_inner_texts()

    page.reload()
    visitor.settle()
    assert page.locator(".tile-number").all_inner_texts() == shown
    page.get_by_role("link", name="12 months").click()
    page.wait_for_url(re.compile(r"by=month"))
    assert "value=spring" in page.url


def test_hostile_names_harm_neither_page_nor_csv(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/?break_down=source")
    panel = page.locator("#panel-break-down")
    expect(panel).to_contain_text(SCRIPT)
    expect(panel).to_contain_text(FORMULA)
    with page.expect_download() as downloading:
        panel.get_by_role("link", name="CSV").click()
    text = Path(downloading.value.path()).read_text(encoding="utf-8")

    assert f"'{FORMULA}" in text
    assert not re.search(r"(^|,)\"?=", text, re.MULTILINE)
    with page.expect_download() as downloading:
        page.locator("#panel-flows").get_by_role("button", name="PNG").click()
    assert Path(downloading.value.path()).read_bytes().startswith(b"\x89PNG")


def test_a_decision_is_taken_and_undone(visitor: Visitor, workspace: Api) -> None:
    email = someone()
    workspace.activity(type="form_submission", identities={"email": email}, properties={"form": "demo"})
    page = visitor.page
    visitor.open("/")
    page.get_by_role("searchbox").fill(email)
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(email)
    expect(page.locator(".title .stage")).to_have_text("Marketing qualified")

    page.locator("summary", has_text="Accept").click()
    page.get_by_role("group", name="Checklist").first.get_by_label("Budget", exact=True).select_option("yes")
    page.get_by_role("button", name="Accept").click()
    visitor.notice("The prospect was accepted.")
    expect(page.locator(".title .stage")).to_have_text("Sales qualified")
    visitor.keep("prospect-accepted")
    assert "notice" not in page.url

    entry = page.locator("li.entry.decision").first
    entry.locator("summary").click()
    entry.get_by_role("button").click()
    visitor.notice("The event was withdrawn")
    expect(page.locator(".title .stage")).to_have_text("Marketing qualified")


def test_a_refused_form_says_why_and_keeps_what_was_typed(visitor: Visitor, workspace: Api) -> None:
    sent = workspace.activity(type="website_visit", identities={"email": someone()})
    page = visitor.page
    visitor.open(f"/pages/prospects/{sent['prospect_id']}")
    page.locator("summary", has_text="Merge").click()
    page.get_by_label("Id of the other prospect").fill(sent["prospect_id"])
    page.get_by_role("button", name="Merge").click()

    expect(page.get_by_role("alert")).to_contain_text("itself")
    assert page.get_by_label("Id of the other prospect").input_value() == sent["prospect_id"]
    visitor.wrong.clear()  # the browser tells its console of the 4xx


def test_a_funnel_is_drafted_tried_signed_and_published(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/pages/funnel")
    page.get_by_role("button", name="Make a draft").click()
    visitor.notice("The draft was made.")
    expect(page).to_have_url(re.compile("/pages/funnel/drafts/"))

    definition = page.get_by_label("YAML or JSON")
    text = definition.input_value().replace("label: Engaged", "label: In touch")
    # Prospects stand in the stage that is taken away here.
    definition.fill(re.sub(r"(?ms)^- key: engaged\n.*?(?=^- key: marketing_qualified)", "", text))
    page.get_by_role("button", name="Check and save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    visitor.wrong.clear()
    definition.fill(text)
    page.get_by_role("button", name="Check and save").click()
    visitor.notice("The draft was changed.")
    expect(page.locator(".changes")).to_contain_text("In touch")
    visitor.keep("draft")
    address = page.url

    page.get_by_role("button", name="Simulate").click()
    expect(page.locator("#simulation")).to_contain_text("Done", timeout=PATIENCE)
    expect(page.locator("progress")).to_have_attribute("value", "100")
    expect(page.locator(".figures")).to_contain_text("would move")
    visitor.keep("simulation")

    page.goto(address)
    for team, name in (("marketing", "Ann Miller"), ("sales", "Sam Lee")):
        page.locator(f"#by-{team}").fill(name)
        page.get_by_role("button", name=f"Sign for {team}").click()
        visitor.notice("The draft was signed.")
    page.get_by_role("button", name="Publish").click()
    visitor.notice("The version is in force")
    expect(page.locator(".lead")).to_contain_text("Version 2 is in force")
    expect(page.locator(".ladder")).to_contain_text(["In touch"])
    visitor.keep("funnel-published")


def test_settings_of_the_reports_are_set_on_their_page(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/")
    page.get_by_role("link", name="Time zone and goals").click()
    zone, goal = page.get_by_label("Time zone"), page.get_by_label("Customer")
    zone.fill("Europe/Atlantis")
    goal.fill("-1")
    page.get_by_role("button", name="Save").click()
    expect(zone).to_be_focused(timeout=PATIENCE)
    expect(zone).to_have_accessible_description(re.compile("This is not a time zone"))
    expect(goal).to_have_accessible_description(re.compile("This is not such a number"))
    assert (zone.input_value(), goal.input_value()) == ("Europe/Atlantis", "-1")
    assert _serious(page) == []
    visitor.keep("settings-refused")
    visitor.wrong.clear()  # the browser tells its console of the 422

    zone.fill("Europe/Berlin")
    goal.fill("8")
    page.get_by_role("button", name="Save").click()
    visitor.notice("All days are being counted anew")
    assert goal.input_value() == "8"
    visitor.open("/")
    expect(page.locator(".lead")).to_contain_text("days of Europe/Berlin")
    expect(page.locator(".tile", has_text="Customer")).to_contain_text("aimed at")


# ----------------------------------------------------------------------------------------------------------------------
# By keyboard alone
# ----------------------------------------------------------------------------------------------------------------------

#: What has the focus: its name, how it is outlined, whether it is within the window, and what lies over it.
_FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body || one === document.documentElement) return null;
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const over = document.elementFromPoint(box.x + Math.min(box.width, innerWidth) / 2, box.y + box.height / 2);
  return {
    name: (one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent).trim(),
    outline: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    within: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    hidden: over !== null && !one.contains(over) && !over.contains(one) && over.closest(".top") !== null,
    inMain: one.closest("main") !== null,
  };
}"""
#: More than any page has places to stop at; a field of a date takes several keys.
_MOST_STOPS = 400


def _tab(page: Page) -> Any:
    """Go on to the next place."""
    page.keyboard.press("Tab")
    return page.evaluate(_FOCUSED)


def _tab_to(page: Page, name: str) -> None:
    """Go on until something with a name that begins so has the focus."""
    for _ in range(_MOST_STOPS):
        focused = _tab(page)
        assert focused is not None, f"the end came before {name}"
        if focused["name"].startswith(name):
            return
    raise AssertionError(f"{name} is never reached")


def test_the_skip_link_leads_past_the_header(visitor: Visitor) -> None:
    page = visitor.page
    for path in ("/", "/pages/prospects"):
        visitor.open(path)
        assert _tab(page)["name"] == "Skip to the content"
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        assert _tab(page)["inMain"]


def test_whatever_has_the_focus_on_the_dashboard_is_seen_and_named(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/")
    stops: list[Any] = []
    while (focused := _tab(page)) is not None and len(stops) < _MOST_STOPS:
        stops.append(focused)

    assert len(stops) < _MOST_STOPS, "the focus is caught"
    assert [stop for stop in stops if not (stop["name"] and stop["outline"] and stop["within"])] == []
    assert [stop["name"] for stop in stops if stop["hidden"]] == []
    names = [stop["name"] for stop in stops]
    for wanted in (
        "Dashboard",
        "Sign out",
        "Time zone and goals",
        "12 months",
        "From",
        "Show",
        "As table",
        "CSV",
        "PNG",
    ):
        assert any(name.startswith(wanted) for name in names), (wanted, names)
    assert len([name for name in names if name.startswith("In ")]) >= 9, names


def test_a_number_is_followed_to_its_prospects_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/")
    _tab_to(page, "In Opportunity")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pages/reports/counted?*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Opportunity")
    _tab_to(page, "Skip to the content")
    page.keyboard.press("Enter")
    first = page.locator("tbody a").first.inner_text()
    _tab_to(page, first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()


def test_a_chart_is_read_as_a_table_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/")
    _tab_to(page, "As table")
    page.keyboard.press("Space")
    table = page.get_by_role("region", name="Funnel").get_by_role("table")
    expect(table).to_be_visible()
    _tab_to(page, "Funnel")
    first = table.get_by_role("link").first
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/pages/reports/counted?*")


# ----------------------------------------------------------------------------------------------------------------------
# Signing in and out
# ----------------------------------------------------------------------------------------------------------------------


def test_somebody_signs_in_at_the_issuer_and_comes_back_to_the_page_that_was_wanted(
    browser: Browser, workspace: Api, issuer: FakeIssuer
) -> None:
    email, own_workspace = someone(), f"people-{something()[:12]}"
    issuer.people[email] = {"custom:workspace": own_workspace, "cognito:groups": ["sales"]}
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")
    visitor = Visitor(context.new_page(), workspace)
    page = visitor.page

    page.goto(f"{visitor.base}/?by=month&measure=entered")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_role("link", name="Sign in with your organisation").click()
    assert page.url.startswith(f"{issuer.url}/authorize?")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Dashboard")).to_be_visible(timeout=PATIENCE)
    assert page.url == f"{visitor.base}/?by=month&measure=entered"
    expect(page.locator(".actor")).to_have_text(f"{email} {own_workspace}")
    visitor.settle()
    names = {cookie["name"] for cookie in context.cookies()}
    assert names == {"__Host-session"}

    page.get_by_role("link", name="Prospects").click()
    expect(page.get_by_role("heading", name="Prospects")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/pages/sign-in")
    assert context.cookies() == []
    page.goto(f"{visitor.base}/")
    expect(page).to_have_url(re.compile("/pages/sign-in"))
    context.close()
    assert visitor.wrong == []


def test_who_signs_out_is_out(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/pages/sign-in*")
    page.goto(f"{visitor.base}/pages/prospects")
    expect(page).to_have_url(re.compile("/pages/sign-in"))
    page.get_by_label("API key").fill("plc_" + "x" * 43)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This key opens nothing.")
    visitor.wrong.clear()  # the browser tells its console of the 401
