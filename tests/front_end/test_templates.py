"""What every template keeps to, whatever it is given."""

import pytest
from bs4 import Tag
from jinja2 import Environment, nodes

from tests.front_end.gallery import ROOT
from tests.front_end.samples import PAGES, SCENARIOS, sample

FRAGMENTS = [name for name in SCENARIOS if name not in PAGES]
QUESTIONS = ("service", "staff", "time", "details", "review")
STEPS = [name for name in FRAGMENTS if name.startswith(QUESTIONS)]
MISSING = {
    "email": "Enter your e-mail address.",
    "question_focus": "Choose an answer: Where should we spend the time?",
}
ASKING = [name for name in STEPS if name != "service-none"]
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "form")


def elements(soup, selector: str) -> list[Tag]:
    found = soup.select(selector)
    assert found, f"nothing matches {selector}"
    return found


def spoken(part: Tag) -> str:
    """What a screen reader says of it."""
    hidden = [text for element in part.select("[aria-hidden=true]") for text in element.strings]
    return " ".join(text for text in part.strings if not any(text is one for one in hidden))


def test_every_template_has_a_sample():
    templates = {path.name for path in (ROOT / "templates/booking").glob("*.html")}
    assert templates == {sample(name).template for name in SCENARIOS}


def test_no_template_writes_a_word_of_jinjas_own():
    """`{{ none }}` is Jinja's None and no value that is given, whoever gives one of that name."""
    jinja = Environment(autoescape=True)
    written, offences = 0, []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for output in jinja.parse(path.read_text(encoding="utf-8")).find_all(nodes.Output):
            written += len(output.nodes)
            offences += [
                f"{path.name}:{each.lineno}"
                for each in output.nodes
                if isinstance(each, nodes.Const) and not isinstance(each.value, str)
            ]
    assert written > 1000
    assert not offences


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_is_one_element_with_the_id_that_swaps_aim_at(soup, name):
    roots = [node for node in soup(name).contents if str(node).strip()]
    assert [root["id"] for root in roots] == [
        name.split("-")[0] if "hold" in roots[0]["id"] else "step"
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_reference_finds_its_element_and_every_id_is_the_only_one(soup, name):
    page = soup(name)
    ids = [element["id"] for element in page.select("[id]")]
    assert len(ids) == len(set(ids))
    wanted = {
        word
        for attribute in REFERENCES
        for element in page.select(f"[{attribute}]")
        for word in element[attribute].split()
    }
    anchors = {link["href"][1:] for link in page.select('a[href^="#"]')}
    assert wanted | anchors <= set(ids)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_field_has_a_label_of_its_own(soup, name):
    page = soup(name)
    fields = page.select("input:not([type=hidden]), select, textarea")
    labelled = {label["for"] for label in page.select("label[for]")}
    assert {field["id"] for field in fields} == labelled


@pytest.mark.parametrize("name", SCENARIOS)
def test_htmx_and_the_plain_page_lead_to_the_same_places(soup, name):
    page = soup(name)
    for form in page.select("form[hx-post]"):
        assert (form["action"], form["method"]) == (form["hx-post"], "post")
    for link in page.select("a[hx-get]"):
        assert link["href"] == link["hx-push-url"]
        fragment, place = link["hx-get"].split("?")[0], link["href"].split("?")[0]
        # The manage link's page and its fragment have one address, which no link repeats.
        assert fragment == (place.rstrip("/") + "/form" if place else "")
        assert link["hx-target"] == "#step"


@pytest.mark.parametrize("name", ASKING)
def test_an_asking_step_has_one_form_whose_first_button_goes_on(soup, name):
    (form,) = soup(name).select("form")
    assert form["autocomplete"] == "off"
    assert form.select_one("button").get("name") is None
    assert form.select_one("button")["type"] == "submit"


@pytest.mark.parametrize("name", STEPS)
def test_a_step_says_where_it_stands_in_words(soup, name):
    page, context = soup(name), sample(name).context
    current = page.select_one('.sb-progress [aria-current="step"]')
    place = [stage.step for stage in context["progress"]].index(context["step"]) + 1
    assert current.get_text(" ", strip=True).endswith(context["progress"][place - 1].label)
    assert page.select_one(".sb-progress")["aria-label"] == f"Step {place} of 5."
    assert page.section["data-step"] == context["step"]
    assert page.section["data-title"] == f"{context['heading']} \N{EN DASH} Maré Movement Studio"
    assert page.h1.text == context["heading"]


def test_what_customers_typed_is_text_and_never_markup(soup):
    attack = '<b id="attack">"\'</b>'
    fields = sample("details").context["fields"]
    filled = soup("details", {"fields": [field._replace(value=attack) for field in fields]})
    assert filled.select_one("[name=name]")["value"] == attack
    assert filled.select_one("[name=note]").text.strip() == attack
    rows = [{"label": attack, "value": attack, "detail": attack, "change": None}]
    shown = [soup("review", {"rows": rows}), soup("service", {"heading": attack})]
    assert not [page for page in shown if page.select("#attack")]


def test_a_note_keeps_the_empty_line_it_begins_with(rendered):
    fields = sample("details").context["fields"]
    note = [field._replace(value="\nsecond line") for field in fields if field.name == "note"]
    assert ">\n\nsecond line</textarea>" in rendered("details", {"fields": note})


def test_errors_stand_in_an_alert_beside_the_field_and_lead_to_it(soup):
    page = soup("details-errors")
    links = {link["href"]: link.text for link in elements(page, "[role=alert] a")}
    assert links == {f"#field-{name}": message for name, message in MISSING.items()}
    email = page.select_one("#field-email")
    assert email["aria-invalid"] == "true"
    assert page.find(id=email["aria-describedby"]).get_text(strip=True) == MISSING["email"]


def test_the_summary_says_whether_something_is_missing_or_wrong(soup):
    def heading(name, changes=None):
        return soup(name, changes).select_one("[role=alert] h2").get_text(strip=True)

    fields = sample("details-errors").context["fields"]
    empty = [field._replace(value="") for field in fields]
    wrong = [field._replace(value="zoe@" if field.name == "email" else "") for field in fields]
    assert heading("service-unanswered") == "Something is missing"
    assert heading("details-errors", {"fields": empty}) == "2 answers are missing"
    assert heading("details-errors", {"fields": wrong}) == "2 answers need another look"


def test_days_differ_in_words_and_not_in_colour_alone(soup):
    page = soup("time")
    marked = {each["aria-current"]: each for each in elements(page, "td [aria-current]")}
    assert marked["true"].text == "10"
    assert spoken(marked["date"]).strip() == "Wednesday 2 December 2026: no free times"
    assert page.select_one("#day-2026-12-15")["aria-label"].endswith("free times")
    for state, words in [("full", "no free times"), ("closed", "closed"), ("past", "past")]:
        for day in elements(page, f"td .sb-day-{state}"):
            assert day.name == "span"
            assert day.text.strip().endswith(words)


def test_a_day_without_times_offers_the_next_free_one(soup):
    page = soup("time-full-month")
    assert page.select_one("#month")["data-said"].startswith("December 2026. Next free day: Fri")
    assert page.select_one(".sb-next-free a")["href"] == "/book/time?day=2027-01-01"
    assert not page.select("[name=slot]")


def test_times_are_one_question_in_groups_with_the_shops_own_clock_beside(soup):
    page = soup("time-elsewhere")
    assert [legend.text for legend in page.select(".sb-part legend")] == ["Morning", "Evening"]
    assert "Thursday 11:00" in page.select_one('label[for="field-slot"]').text
    assert page.select_one("[name=slot][checked]")["value"] == "2026-12-10T14:30Z"


def test_every_change_link_says_what_it_changes(soup):
    links = [
        link.get_text(" ", strip=True) for link in elements(soup("review"), ".sb-answer-change a")
    ]
    assert links[:2] == ["Change Service", "Change Person"]
    assert len(links) == len(set(links))


def test_after_a_lost_time_the_nearest_ones_belong_to_the_same_question(soup):
    near = elements(soup("time-lost"), ".sb-nearest input, .sb-nearest button")
    assert {each.get("form") for each in near} == {soup("time-lost").form["id"]}


def test_done_carries_the_booking_for_machines_and_in_words(soup):
    section = soup("done").section
    assert section["data-booking-reference"] == sample("done").context["booking"]["reference"]
    assert section["data-booking-start"] == "2026-12-10T14:30:00Z"
    assert section["data-booking-end"] == "2026-12-10T15:30:00Z"
    assert "Thursday 10 December 2026, 14:30 to 15:30" in spoken(section)
    assert section.select_one("[data-new-booking]")["hx-get"] == "/book/form"


@pytest.mark.parametrize("name", ["done", "appointment"])
def test_the_ticket_says_date_and_time_once_to_those_who_listen(soup, name):
    said = spoken(soup(name).select_one(".sb-appointment"))
    assert [said.count(words) for words in ("December", "14:30", "Lisbon time")] == [1, 1, 1]


@pytest.mark.parametrize(("name", "place"), [("done", ".sb-appointment"), ("page", "footer")])
def test_an_address_of_several_lines_is_one_line_with_commas(soup, name, place):
    shown = soup(name).select_one(place).get_text()
    assert "Rua da Boavista 84, 2nd floor, 1200-068 Lisboa" in shown


def test_a_cancelled_appointment_says_so_once(soup):
    page = soup("appointment-cancelled").select_one("main")
    page.select_one("[download]").decompose()
    assert page.get_text().count("cancelled") == 1
    assert "another time" in page.get_text()
    assert not page.select("form, .sb-keep-link")


def test_a_hold_that_ran_out_is_not_counted_down_and_lets_the_customer_go_on(soup):
    page = soup("details-hold-over")
    assert page.select_one("#hold")["data-seconds-left"] == "0"
    assert "You can still go on" in page.select_one("#hold").text
    assert page.select_one("form button")


def test_a_refusal_is_not_followed_by_go_on(soup):
    hold = sample("details-hold-over").context["hold"]
    page = soup("hold", {"hold": hold, "message": "Someone else took the time."})
    assert page.select_one("[role=alert]").text == "Someone else took the time."
    assert "go on" not in page.text


def test_without_script_the_page_names_phone_and_address(soup):
    for name in ("page", "problem-page"):
        links = [link["href"] for link in elements(soup(name), "noscript a")]
        assert links == ["tel:+351210000000", "mailto:ola@mare.example"]


def test_a_shop_without_telephone_has_a_page_without_one(soup):
    page = soup(
        "page",
        {
            "phone": tuple,
            "shop": dict.fromkeys(("phone", "name", "about", "email", "address", "accent"), ""),
        },
    )
    assert not page.select("[href^='tel:']")
    assert page.select_one(".sb-shop-link")


def test_the_page_holds_one_element_that_loads_the_step_and_nothing_personal(soup):
    page = soup("page")
    (loading,) = page.select("[hx-get]")
    assert (loading["hx-get"], loading["hx-trigger"]) == ("/book/form", "load")
    (clearing,) = page.select("form")
    assert clearing["action"] == "/book/clear"
    assert not page.select("input, textarea, select")


def test_htmx_comes_after_those_who_must_hear_it_and_all_lie_outside_what_it_restores(soup):
    sources = [script["src"].partition("?")[0] for script in elements(soup("page"), "head script")]
    scripts = [source.rpartition("/")[2] for source in sources]
    assert scripts[0] == "first-step.js"  # looks for the tab's id before one is made
    assert set(scripts[1:-1]) == {"tab-session.js", "booking.js"}
    assert scripts[-1] == "htmx-4.0.1.min.js"
    assert not soup("page").select("body script")
