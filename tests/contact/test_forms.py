"""The details form: every name, address and number people really have, and nothing that breaks."""

import re
import unicodedata
from gettext import NullTranslations
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking import characters
from booking.contact import forms, validators
from booking.contact.phones import shop_region, zone_region
from booking.i18n import ENGLISH, Language, speaking

ADA = {"name": "Ada", "email": "ada@example.com"}


def question(key="q", **changes):
    given = {"key": key, "label": key, "help": "", "kind": "text", "required": False, "choices": []}
    return SimpleNamespace(**given | changes)


def checked(values, *questions, region="PT"):
    form = forms.details_form(forms.field_specs(questions), ADA | values, region, {})
    return form if form.validate() else forms.first_messages(form)


@pytest.mark.parametrize(
    "name",
    [
        *("Ada", "O\u2019Brien", "D'Arcy", "Nguyễn Văn A", "李", "Þór", "X Æ A-12"),
        *("María José Carreño Quiñones", "J. R. R. Tolkien", "Jr.", "Σωκράτης", "अनिल"),
        # What nobody sees and yet belongs to the spelling:
        *("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0dc1\u0dca\u200d\u0dbb\u0dd3"),
        "\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d",  # Malayalam, with a joiner at its end
        *("\u845b\U000e0100", "\u1828\u180b\u1820"),  # the variant of a letter
        "Ada \U0001f469\u200d\u2764\ufe0f\u200d\U0001f468",
        "Ada \U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\u05d0\u05d1\u05d2 (C++)\u200f \u05d3",
    ],
)
def test_names_of_every_script_are_taken_as_they_are(name):
    assert checked({"name": name}).data["name"] == name


def test_what_is_far_too_long_is_refused_without_being_read():
    longest = "e\u0301" * 500  # composed it would be 500 letters
    messages = checked({"name": longest, "phone": longest})
    assert messages == {
        "name": "Use at most 200 characters: 800 less than now.",
        "phone": "Use at most 40 characters: 960 less than now.",
    }


def test_marks_that_no_language_writes_in_a_row_are_not_sorted():
    worst = "a" + "\u0315\u0300" * 20
    assert characters.spelt(worst) == worst != unicodedata.normalize("NFC", worst)
    assert checked({"note": worst}) == {"note": "Use at most 10 accents on one letter."}


def test_spaces_are_tidied_and_letters_composed():
    assert checked({"name": "  Zoe\u0308 \t van\n der  Berg "}).data["name"] == "Zoë van der Berg"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((name, "Enter your name.") for name in ("", "   ", "\u00a0", "\u3164", "\u200b\ufeff")),
        *((name, "Enter your name.") for name in ("\uffa0\u2060", "\u200d", "\u202e\u200f")),
        *((name, "Enter your name with at least one letter.") for name in ("12345", "!!!")),
    ],
)
def test_a_name_has_a_letter_that_can_be_seen(name, said):
    assert checked({"name": name})["name"] == said


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\x1f"])
@pytest.mark.parametrize("field", ["name", "email", "phone", "note", "question_q"])
def test_control_characters_are_refused_wherever_they_are_typed(field, character):
    messages = checked({field: f"Ada{character}Byron"}, question())
    assert messages == {
        field: "There are characters in this that cannot be printed. Type it again."
    }


UNSEEN = {
    "zero-width space": "\u200b{}",
    "byte order mark": "\ufeff{}",
    "marks of direction": "\u200e{}\u200f",
    "an embedding, as address books copy it": "\u202a{}\u202c",
    "an override": "\u202e{}\u202c",
    "isolates": "\u2068{}\u2069",
    "word joiner and soft hyphen": "\u2060{}\u00ad",
    "joiners": "\u200d{}\u200c",
    "tags": "{}\U000e0041\U000e007f",
    "annotation and old format characters": "\ufff9{}\ufffb\u206a",
    "blanks of every width": "\u00a0\u2009{}\u3000\u202f",
    "a blank letter": "\u3164{}\u1160",
    "all of them mixed": "\u200b \u200e\u200d\u202a{}\u202c\u200c \ufeff\u200f",
}


@pytest.mark.parametrize("around", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize(
    ("field", "right", "kept"),
    [
        ("name", "Ada Byron", "Ada Byron"),
        ("email", "ada@example.com", "ada@example.com"),
        ("phone", "+49 30 1234567", "+49 30 1234567"),
        ("note", "By the window", "By the window"),
        ("question_q", "Tea", "Tea"),
    ],
)
def test_what_nobody_sees_around_or_within_a_right_answer_does_not_refuse_it(
    field, right, kept, around
):
    within = around.strip("{} \u00a0\u2009\u3000\u202f").replace("{}", "").replace(" ", "")
    for typed in (around.format(right), right[:2] + within + right[2:]):
        assert checked({field: typed}, question()).data[field] == kept


def test_an_address_or_number_of_nothing_visible_was_left_empty():
    assert checked({"email": "\u200b\ufeff"})["email"] == "Enter your e-mail address."
    assert checked({"phone": "\u202a\u202c"}).data["phone"] == ""


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
        ("ada\uff20example\uff0ecom", "ada@example.com"),
        ("\uff41\uff44\uff41@example.com", "ada@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("MailTo:ada@example.com?subject=Hello", "ada@example.com"),
        ("Ada Byron <ada@example.com>", "ada@example.com"),
        ('"Byron, Ada" <mailto:ada@example.com>;', "ada@example.com"),
        ("<ada@example.com>,", "ada@example.com"),
        ("ada@example.com. ", "ada@example.com"),
        ("ada@exam\u00adple.com", "ada@example.com"),
    ],
)
def test_addresses_that_can_exist_are_taken(typed, kept):
    assert checked({"email": typed}).data["email"] == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", "ada", "ada@", "@x.com", "a b@x.com", "a@b", "a..b@x.com", "a@x.com,b@x.com"),
        *("A <a@x.com>, B <b@x.com>", "mailto:", "<>", "a@x.com b@x.com", "ada@\uff20x.com"),
    ],
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
        (
            "\uff0b\uff13\uff15\uff11 \uff19\uff11\uff12\u3000\uff13\uff14\uff15\uff16\uff17\uff18",
            "+351 912 345 678",
        ),
        ("tel:+351-912-345-678", "+351 912 345 678"),
        ("Tel.: 912 345 678.", "+351 912 345 678"),
        ("912\u2011345\u2011678,", "+351 912 345 678"),
        ("912\ufe0f345\u00a0678", "+351 912 345 678"),
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


SPELT_WITH_MARKS = {
    "Vietnamese, typed as single marks": "Nguye\u0302\u0303n",
    "Hebrew with cantillation": "\u05e9\u05c1\u05bc\u05b0\u05bd\u0591",
    "Arabic": "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u0670\u062f",
    "Burmese": "\u1019\u103c\u103d\u103e\u1031\u1037",
    "Tibetan": "\u0f67\u0f90\u0fb5\u0fa8\u0fb3\u0fba\u0fbc\u0fbb\u0f82",
    "Thai": "\u0e17\u0e35\u0e48\u0e23\u0e31\u0e01",
}


@pytest.mark.parametrize("name", SPELT_WITH_MARKS.values(), ids=SPELT_WITH_MARKS)
def test_marks_that_a_language_writes_are_taken(name):
    assert checked({"name": name}).data["name"] == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "tower",
    ["x" + "\u0301" * 11, "x" + "\u0301\u200d" * 30, "\u05d0" + "\u034f\u0591" * 30, "\u0489" * 11],
)
@pytest.mark.parametrize("field", ["name", "email", "phone", "note", "question_q"])
def test_more_marks_on_a_letter_than_any_language_writes_are_refused_with_a_number(field, tower):
    messages = checked({field: f"Ada {tower}"}, question())
    assert messages == {field: "Use at most 10 accents on one letter."}


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
    field_specs = {spec.name: spec for spec in forms.field_specs(asked)}
    messages = checked(answered | values, *asked)
    alone = [
        forms.summary_message(field_specs[name], message) for name, message in messages.items()
    ]
    assert [each[: len(start)] for each, start in zip(alone, told, strict=True)] == told


def test_a_choice_is_taken_as_the_shops_file_spells_it():
    for spelt in ("Tea  or coffee", "Donau\u00addampfer", "e\u0301tage", " first"):
        choice = question(kind="choice", choices=[spelt])
        assert checked({"question_q": spelt}, choice).data["question_q"] == spelt


def test_many_choices_are_a_select_and_few_are_radios():
    few, many = (question(kind="choice", choices=["a"] * n) for n in (5, 6))
    assert [forms.question_field_spec(each).kind for each in (few, many)] == ["radio", "select"]


def test_a_question_may_be_called_as_a_field_is():
    form = checked({"question_email": "weekly"}, question("email"))
    assert (form.data["email"], form.data["question_email"]) == ("ada@example.com", "weekly")


ODD = st.sampled_from("a .x\u0301\u200b\u200d\u200e\u202e\u212b\u0d4d\u00a0<>@+1\n\u2028\ufe0f")
TYPED = st.text() | st.text(ODD).map(lambda odd: f"Ada{odd}")


@given(st.dictionaries(st.sampled_from(["name", "email", "phone", "note", "question_q"]), TYPED))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_typed_what_was_accepted_is_accepted_again(values):
    form = forms.details_form(forms.field_specs([question()]), values, "PT", {})
    if form.validate():
        again = forms.details_form(forms.field_specs([question()]), form.data, "PT", {})
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
        ("+800 1234 5678", "Europe/Berlin", "DE"),
        ("+979 123 456 789", "Asia/Calcutta", "IN"),
        ("+870 776 123 456", "Etc/UTC", None),
        ("+800 1234 5678", "Mars/Olympus", None),
        ("", "US/Eastern", "US"),
        ("", "GB", "GB"),
        ("", "Iceland", "IS"),
        ("", "Europe/Kiev", "UA"),
        ("", "Africa/Timbuktu", "ML"),
        ("", "CET", None),
        ("", "Etc/GMT-1", None),
        ("", "Antarctica/Troll", None),
    ],
)
def test_the_shops_number_tells_the_country_or_else_its_zone(phone, zone, region):
    assert shop_region(phone, zone) == region
    assert zone_region("Mars/Olympus") is None


EVERY_KIND = [
    question("text", required=True),
    question("long", kind="textarea"),
    question("tick", kind="checkbox", required=True),
    question("one", kind="choice", choices=["a", "b"]),
    question("many", kind="choice", choices=[*"abcdefg"], required=True),
]
RIGHT = ADA | {"question_text": "x", "question_tick": forms.CHECKED, "question_many": "c"}


@pytest.mark.parametrize("spec", forms.field_specs(EVERY_KIND), ids=lambda spec: spec.name)
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "a", "no", "+351 210 000 001", "ada@example.com"),
        *("\x07", "\u0300" * 99, "a" * 9999),
    ],
)
def test_details_are_valid_exactly_where_their_form_accepts_them(spec, text):
    asked, values = forms.field_specs(EVERY_KIND), RIGHT | {spec.name: text}
    form = forms.details_form(asked, values, "PT", {})
    assert forms.are_valid(asked, values, "PT", {}) is form.validate(), forms.first_messages(form)


def test_a_detail_that_is_missing_is_an_empty_one():
    asked = forms.field_specs(EVERY_KIND)
    assert forms.are_valid(asked, RIGHT, "PT", {})
    assert not forms.are_valid(asked, {}, "PT", {})


def test_what_was_judged_before_is_only_looked_up(monkeypatch):
    """Between the look before the transaction and the form inside it nothing is judged anew."""
    memo = {}
    values = ADA | {"phone": "+351 210 000 001", "question_q": "tea"}
    forms.look_over(values, "PT", memo)
    monkeypatch.setattr(validators, "_outcome", lambda judge, text: pytest.fail(f"{judge}, {text}"))
    form = forms.details_form(forms.field_specs([question()]), values, "PT", memo)
    assert form.validate()
    assert forms.are_valid(forms.field_specs([question()]), values, "PT", memo)


def test_valid_details_are_known_again_by_what_nobody_can_read():
    asked, memo = forms.field_specs([]), {}
    for number in range(forms.MOST_KNOWN + 2):
        forms.are_valid(asked, ADA | {"note": f"Twin {number}"}, "PT", {})
    assert forms.are_valid(asked, ADA | {"note": f"Twin {number}"}, "PT", memo)
    assert not memo
    assert len(forms.KNOWN) == forms.MOST_KNOWN
    assert "Twin" not in repr(forms.KNOWN)
    assert not forms.are_valid(asked, ADA | {"note": "Twin", "phone": "12"}, "PT", memo)
    assert memo


class Louder(NullTranslations):
    """A language in which everything is said in capitals."""

    def gettext(self, message):
        return re.sub(r"%\(\w+\)S", lambda name: name[0].lower(), message.upper())

    def ngettext(self, one, many, number):
        return self.gettext(one if number == 1 else many)


def test_fields_and_messages_speak_the_readers_language_and_the_shops_words_stay():
    asked = [question("a", label="Since when", help="A year", required=True)]
    with speaking(Language("en", ENGLISH.locale, Louder())):
        messages = checked({"name": "1", "email": "x", "phone": "1" * 41}, *asked)
        specs = {spec.name: spec for spec in forms.field_specs(asked)}
        summary = forms.summary_message(specs["question_a"], messages["question_a"])
    assert messages == {
        "name": "ENTER YOUR NAME WITH AT LEAST ONE LETTER.",
        "email": "ENTER AN E-MAIL ADDRESS IN FULL, LIKE NAME@EXAMPLE.COM.",
        "phone": "USE AT MOST 40 CHARACTERS: 1 LESS THAN NOW.",
        "question_a": "ENTER AN ANSWER.",
    }
    assert [specs["phone"].label, specs["question_a"].label] == ["PHONE NUMBER", "Since when"]
    assert (specs["name"].help, specs["question_a"].help) == ("", "A year")
    assert summary == "ENTER AN ANSWER: Since when"
