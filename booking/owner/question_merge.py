"""Two people at the questions of one service: each question is compared by itself, by its key.

So what two have added both stays, and only a question that both wrote is shown twice.
"""

import json
from collections.abc import Sequence

from booking.business_file.services import TAKEN_KEYS
from booking.i18n import formats
from booking.i18n import gettext as _

from .names import short_key
from .service_form import kinds, questions_of, with_questions
from .shop_fields import Merged, Values, marks_of, merge
from .shop_saving import Asked

ALL = "questions"
_ONE = "question-"


def with_keys(values: Values) -> Values:
    """Name the answers to new questions: a key is for lists and files, and nobody types it."""
    questions = questions_of(values)
    keys = {*TAKEN_KEYS, *(one["key"] for one in questions)}
    for one in questions:
        one["key"] = one["key"] or short_key(one["label"], keys)
        keys.add(one["key"])
    return with_questions(values, questions)


def marks_of_service(values: Values) -> str:
    """Return the digests of a service's fields, and of each of its questions in their order."""
    return marks_of(_parts(values)) if values else ""


def merge_service(typed: Values, was: str, stored: Values) -> Merged:
    """Return what `merge` does, with each question as a field of its own: question-KEY.

    What one took out and the other changed is there again. An order that others changed, and what
    they took out, is told as ALL.
    """
    keyed = with_keys(typed)
    mine, theirs = _parts(keyed), _parts(stored)
    before = [name for mark in was.split() if _is_one(name := mark.partition("=")[0])]
    every = [name for name in {**dict.fromkeys(before), **mine, **theirs} if _is_one(name)]
    nothing = dict.fromkeys(every, "")
    not_there = marks_of({name: "" for name in every if name not in before})
    found = merge(nothing | mine, f"{was} {not_there}", nothing | theirs)
    back = [each for each in found.changed if _is_one(each) and not mine.get(each)]
    values = found.values | {name: theirs[name] for name in back}
    order, is_moved = _ordered(before, _ones(mine), _ones(theirs))
    questions = [json.loads(values[name]) for name in order if values[name]]
    new = {one["key"] for one in questions_of(keyed)} - {one["key"] for one in questions_of(typed)}
    for one in questions:
        if one["key"] in new and f"{_ONE}{one['key']}" not in theirs:
            one["key"] = ""  # as it was sent: it is named when it is saved
    taken_over = [
        name if values[name] or not _is_one(name) else ALL for name in [*found.taken_over, *back]
    ]
    return Merged(
        with_questions({name: typed[name] for name in typed} | _plain(values), questions),
        {name: text for name, text in found.changed.items() if name not in back},
        [*dict.fromkeys(taken_over + [ALL] * is_moved)],
    )


def labels_of_questions(asked: Asked) -> Values:
    """Return what the questions are called where it is said that others changed them."""
    named = {
        f"{_ONE}{one['key']}": _("Question “%(label)s”", label=one["label"])
        for one in questions_of(asked.values)
    }
    return {ALL: _("Questions"), **named}


def written_by_others(asked: Asked) -> Values:
    """Return what somebody else wrote meanwhile, in words, by the keys of the questions."""
    return {
        name.removeprefix(_ONE): _in_words(json.loads(text)) if text else _("nothing")
        for name, text in asked.changed.items()
        if _is_one(name)
    }


def _in_words(one: Values) -> str:
    said = dict(kinds())[one["kind"]]
    if one["kind"] == "choice":
        said = f"{said}: {formats.join_list(one['choices'].split(chr(10)))}"
    needed = _("No booking without an answer") if one["required"] else ""
    return " · ".join(filter(None, (one["label"], one["help"], said, needed)))


def _parts(values: Values) -> Values:
    ones = {f"{_ONE}{one['key']}": json.dumps(one) for one in questions_of(values)}
    return _plain(values) | ones


def _plain(values: Values) -> Values:
    return {name: text for name, text in values.items() if name != ALL and not _is_one(name)}


def _ones(parts: Values) -> list[str]:
    return [name for name in parts if _is_one(name)]


def _is_one(name: str) -> bool:
    return name.startswith(_ONE)


def _ordered(
    before: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> tuple[list[str], bool]:
    """Return the order of all, and whether it is another one than was sent, because others moved.

    Whoever did not move anything follows the other one; where both did, what is stored is shown.
    """

    def moved(names: Sequence[str]) -> bool:
        return [each for each in before if each in names] != [
            each for each in names if each in before
        ]

    def shared(names: Sequence[str], others: Sequence[str]) -> list[str]:
        return [each for each in names if each in others]

    is_moved = moved(theirs) and shared(mine, theirs) != shared(theirs, mine)
    first, then = (theirs, mine) if is_moved or not moved(mine) else (mine, theirs)
    ordered = [*first]
    for place, name in enumerate(then):
        if name not in ordered:
            at = ordered.index(then[place - 1]) + 1 if place else 0
            ordered.insert(at, name)
    return ordered, is_moved
