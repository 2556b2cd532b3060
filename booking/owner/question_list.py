"""A service's questions while they are typed: one more, one less, another order, nothing saved."""

from .service_form import QUESTION, questions_of, with_questions
from .shop_fields import Values

MOST = 30


def reshaped(values: Values, do: str) -> Values:
    """Return the form after "add", or "up-2", "down-2", "remove-2" of the question at that place.

    `focus` is the field in which its reader goes on.
    """
    questions, (verb, _, at) = questions_of(values), do.partition("-")
    place = int(at) if at.isascii() and at.isdecimal() and len(at) < 4 else -1
    if verb == "add" and len(questions) < MOST:
        questions.append(dict.fromkeys(QUESTION, "") | {"kind": "text"})
        place = len(questions) - 1
    elif place not in range(len(questions)):
        return values
    elif verb == "remove":
        del questions[place]
        place = min(place, len(questions) - 1)
    else:
        moved, place = questions.pop(place), max(0, place + (-1 if verb == "up" else 1))
        questions.insert(place, moved)
        place = min(place, len(questions) - 1)
    focus = f"questions-{place}-label" if questions else "questions-add"
    return with_questions(values, questions) | {"focus": focus}
