"""What was typed, as values; or what is wrong with it, by field."""

from collections.abc import Mapping
from typing import Any

from flask import Request

from .prices import COVERS, EXCESSES

Read = tuple[dict[str, Any], dict[str, str]]


def read_car(form: Mapping[str, str], year: int) -> Read:
    """Read the first step: values and, by field, what is wrong."""
    wrong = {}
    model = form.get("model", "").strip()
    built, value = whole(form.get("built")), whole(form.get("value"))
    if not is_text(model, most=60):
        wrong["model"] = "Please say which car it is, such as “VW Golf”."
    if built is None or not 1950 <= built <= year:
        wrong["built"] = f"Please write a year from 1950 to {year}."
    if value is None or not 500 <= value <= 200_000:
        wrong["value"] = "Please write an amount from 500 to 200,000 euros."
    return {"model": model, "built": built, "value": value}, wrong


def whole(text: str | None) -> int | None:
    """Return the number that was typed, None where it is none."""
    digits = (text or "").strip().replace(",", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None


def is_text(text: str, most: int) -> bool:
    """Say whether something was written that can be kept: no database takes every character."""
    return 0 < len(text) <= most and text.isprintable()


def read_driver(form: Mapping[str, str], year: int) -> Read:
    """Read who drives."""
    wrong = {}
    name, born = form.get("name", "").strip(), whole(form.get("born"))
    if not is_text(name, most=60):
        wrong["name"] = "Please write a name."
    if born is None or not year - 110 <= born <= year - 17:
        wrong["born"] = f"Please write a year from {year - 110} to {year - 17}."
    return {"name": name, "born": born}, wrong


def read_object(asked: Request) -> dict[str, Any]:
    """Read the JSON object that a script sent; an empty one for any other value.

    What is no JSON at all is answered 400, or 415, by Flask itself.
    """
    try:
        sent = asked.get_json()
    except RecursionError:  # brackets in brackets in brackets
        return {}
    return sent if isinstance(sent, dict) else {}


def read_cover(form: Mapping[str, Any]) -> Read:
    """Read what is to be covered; of a form as of JSON."""
    wrong = {}
    cover, excess = str(form.get("cover")), whole(str(form.get("excess")))
    if cover not in COVERS:
        wrong["cover"] = "Please choose a cover."
    if excess not in EXCESSES:
        wrong["excess"] = "Please choose one of the amounts."
    return {"cover": cover, "excess": excess}, wrong
