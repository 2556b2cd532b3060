"""THE FRONT DOOR: the wizard, step by step, and the pages behind the manage link.

A request's way through this room: `wizard` has the routes and their views; `standing` looks up
what of the tab's `draft` still holds; `steps` says which step that opens; `answers` takes an
answer, the hold with it; `pages` turns the outcome into a fragment (`*_page.py` for each step's
own part); `refusals` words what is answered when nothing could be done; `appointment` is the
manage link, which needs no tab. `stale` compares two answers to one question, `typed_text` keeps
what is not sent yet, `starting_over` begins anew when a tab is over. `assets`, `zones` and
`compression` are about what travels beside the fragments.
"""

from .wizard.routes import create_blueprint

__all__ = ["create_blueprint"]
