"""The details form: every name, address and number people really have, and nothing that breaks."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.customer import forms
from booking.customer.regions import shop_region, zone_region

ADA = {"name": "Ada", "email": "ada@example.com"}


def question(key="q", **changes):
    given = {"key": key, "label": key, "help": "", "kind": "text", "required": False, "choices": []}
    return SimpleNamespace(**given | changes)


def checked(values, *questions, region="PT"):
    form = forms.details_form(forms.blanks(questions), ADA | values, region)
    return form if form.validate() else forms.first_messages(form)


@pytest.mark.parametrize(
    "name",
    [
        *("Ada", "O\u2019Brien", "D'Arcy", "Nguyễn Văn A", "李", "علی‌رضا", "Þór", "X Æ A-12"),
        *("María José Carreño Quiñones", "J. R. R. Tolkien", "Jr.", "Σωκράτης", "अनिल"),
    ],
)
def test_names_of_every_script_are_taken_as_they_are(name):
    assert checked({"name": name}).data["name"] == name


def test_spaces_are_tidied_and_letters_composed():
    assert checked({"name": "  Zoe\u0308 \t van\n der  Berg "}).data["name"] == "Zoë van der Berg"


@pytest.mark.parametrize("name", ["", "   ", "12345", "!!!", "\u00a0"])
def test_a_name_has_a_letter(name):
    assert "name" in checked({"name": name})


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x1f", "\u202e"])
@pytest.mark.parametrize("field", ["name", "email", "phone", "note", "question_q"])
def test_control_characters_are_refused_wherever_they_are_typed(field, character):
    messages = checked({field: f"Ada{character}Byron"}, question())
    assert messages == {
        field: "There are characters in this that cannot be printed. Type it again."
    }


def test_a_note_keeps_its_lines_and_a_name_has_none():
    form = checked({"note": "one\r\ntwo\n\tthree\n", "name": "Ada\r\nByron"})
    assert form.data["note"] == "one\ntwo\n\tthree"
    assert form.data["name"] == "Ada Byron"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada@example.com", "ada@example.com"),
        (" ada@EXAMPLE.com ", "ada@example.com"),
        ("o'brien+book@sub.example.co.uk", "o'brien+book@sub.example.co.uk"),
        ("jörg@müller.de", "jörg@müller.de"),
        ("jorg@xn--mller-kva.de", "jorg@müller.de"),
        ("用户@例子.广告", "用户@例子.广告"),
    ],
)
def test_addresses_that_can_exist_are_taken(typed, kept):
    assert checked({"email": typed}).data["email"] == kept


@pytest.mark.parametrize(
    "typed",
    ["", "ada", "ada@", "@x.com", "a b@x.com", "a@b", "a..b@x.com", "a@x.com,b@x.com"],
)
def test_addresses_that_cannot_exist_are_refused(typed):
    assert "e-mail address" in checked({"email": typed})["email"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("912 345 678", "+351 912 345 678"),
        ("+44 (0)20 7946 0018", "+44 20 7946 0018"),
        ("00351 912345678", "+351 912 345 678"),
        ("+1-202-555-0100", "+1 202-555-0100"),
        ("٩١٢ ٣٤٥ ٦٧٨", "+351 912 345 678"),
    ],
)
def test_numbers_are_taken_as_dialled_at_the_shop_or_with_their_country(typed, kept):
    assert checked({"phone": typed}).data["phone"] == kept


@pytest.mark.parametrize("typed", ["12", "abc", "+999 12345678", "+351 912 345 678 912 345 678"])
def test_numbers_nobody_can_dial_are_refused(typed):
    assert "phone number" in checked({"phone": typed})["phone"]


def test_without_a_country_only_numbers_with_plus_are_taken():
    assert "phone" in checked({"phone": "912 345 678"}, region=None)
    assert checked({"phone": "+351912345678"}, region=None).data["phone"] == "+351 912 345 678"


@pytest.mark.parametrize(
    ("field", "most"), [("name", 200), ("note", 2000), ("question_q", 1000), ("phone", 40)]
)
def test_too_long_is_told_by_how_much(field, most):
    assert f"{most} characters: 3 less" in checked({field: "1" * (most + 3)}, question())[field]


@pytest.mark.parametrize("kind", ["text", "choice", "checkbox"])
def test_a_required_question_needs_an_answer_and_another_does_not(kind):
    choices = ["Yes", "No"] if kind == "choice" else []
    needed = question("a", kind=kind, required=True, choices=choices)
    assert checked({}, needed).keys() == {"question_a"}
    assert checked({}, question("a", kind=kind, choices=choices)).data["question_a"] == ""


def test_an_answer_that_was_not_on_offer_is_refused():
    choice = question(kind="choice", choices=["Yes", "No"])
    assert checked({"question_q": "No"}, choice).data["question_q"] == "No"
    assert checked({"question_q": "Maybe"}, choice)["question_q"].startswith("Choose one")
    assert "question_q" in checked({"question_q": "on"}, question(kind="checkbox"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"name": ""}, ["Enter your name."]),
        ({"email": ""}, ["Enter your e-mail address."]),
        ({"phone": "12"}, ["Enter a phone number in full, with + and the country code"]),
        ({"name": "\x07"}, ["Name: There are characters in this"]),
        ({"note": "n" * 2001}, ["Anything we should know? Use at most 2000 characters"]),
        ({"question_a": ""}, ["Choose an answer: Which side?"]),
        ({"question_b": ""}, ["Enter an answer: Since when"]),
        ({"question_c": ""}, ["Tick this to go on: I have read the rules"]),
        ({"question_a": "up"}, ["Which side? Choose one of the answers listed."]),
    ],
)
def test_every_message_names_its_question_where_it_stands_alone(values, told):
    asked = [
        question("a", label="Which side?", kind="choice", choices=["left"], required=True),
        question("b", label="Since when", required=True),
        question("c", label="I have read the rules", kind="checkbox", required=True),
    ]
    answered = {"question_a": "left", "question_b": "May", "question_c": "yes"}
    blanks = {blank.name: blank for blank in forms.blanks(asked)}
    messages = checked(answered | values, *asked)
    alone = [forms.told_alone(blanks[name], message) for name, message in messages.items()]
    assert [each[: len(start)] for each, start in zip(alone, told, strict=True)] == told


def test_many_choices_are_a_select_and_few_are_radios():
    few, many = (question(kind="choice", choices=["a"] * n) for n in (5, 6))
    assert [forms.question_blank(each).kind for each in (few, many)] == ["radio", "select"]


def test_a_question_may_be_called_as_a_field_is():
    form = checked({"question_email": "weekly"}, question("email"))
    assert (form.data["email"], form.data["question_email"]) == ("ada@example.com", "weekly")


@given(
    st.dictionaries(st.sampled_from(["name", "email", "phone", "note", "question_q"]), st.text())
)
@settings(max_examples=150)
def test_whatever_is_typed_what_was_accepted_is_accepted_again(values):
    form = forms.details_form(forms.blanks([question()]), values, "PT")
    if form.validate():
        again = forms.details_form(forms.blanks([question()]), form.data, "PT")
        assert again.validate()
        assert again.data == form.data


@pytest.mark.parametrize(
    ("phone", "zone", "region"),
    [
        ("+351 21 000 00 00", "Europe/Berlin", "PT"),
        ("030 123456", "Europe/Berlin", "DE"),
        ("", "America/New_York", "US"),
        ("", "UTC", None),
        ("call us", "Europe/Lisbon", "PT"),
    ],
)
def test_the_shops_number_tells_the_country_or_else_its_zone(phone, zone, region):
    assert shop_region(phone, zone) == region
    assert zone_region("Mars/Olympus") is None
