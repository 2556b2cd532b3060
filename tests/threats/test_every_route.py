"""Whatever is sent to whatever address, at whatever moment of a booking: never a 500."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.threats.strangers import STEPS, Tab, strangers

TAB_ID = "T" * 43
# Of a request that fails; what is large in it is meant to be.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")


def play(app, forget, examples: int, *, derandomize: bool) -> Counter[int]:
    """Half a booking, then some requests of a stranger: how often each status was answered."""
    seen: Counter[int] = Counter()

    @settings(
        max_examples=examples,
        derandomize=derandomize,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(STEPS), st.lists(strangers(app), min_size=1, max_size=5))
    def one(step, sent):
        forget()
        seen.update(statuses(app, step, sent))

    one()
    return seen


def statuses(app, step, sent) -> list[int]:
    """Nothing fails, and whatever was taken can still be shown."""
    tab, found = Tab(app, TAB_ID), []
    token = tab.walk(step)
    for request in sent:
        answer = request.send(app, tab.id, token)
        assert answer.status < 500, request
        assert "Traceback" not in answer.body
        found.append(answer.status)
    assert tab.get(f"/book/{step}/form").status in (200, 410)
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_request_makes_it_fail(app, forget):
    seen = play(app, forget, 80, derandomize=True)
    assert set(seen) >= {200, 400, 403, 404, 405, 409, 413, 422}, "these did not reach far"


@pytest.mark.postgresql
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_request_makes_it_fail_on_postgresql_which_is_stricter(app, forget):
    """It refuses NUL bytes, half characters and years that SQLite takes as they come."""
    assert play(app, forget, 30, derandomize=True)


@pytest.mark.long
def test_no_request_makes_it_fail_however_many_there_are(app, forget):
    assert play(app, forget, 1500, derandomize=False)
