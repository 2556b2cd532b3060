"""What docs/with-your-stack.md says of a host's usual extensions, each tried for real."""

import pytest
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

from booking import Sidebook
from tests.customer.walks import at_done
from tests.fixtures.hosts import loaded


@pytest.mark.parametrize("first", ["CSRFProtect", "Sidebook"])
def test_the_whole_wizard_works_beside_it_and_so_does_cancelling(host, first):
    make = {"CSRFProtect": CSRFProtect, "Sidebook": Sidebook}
    make.pop(first)(host)
    make.popitem()[1](host)
    host.add_url_rule("/mine", "mine", lambda: "mine", methods=["POST"])
    done = at_done(loaded(host))
    assert done.step == "done"
    link = done.page.select_one(".keep-link")["href"].removeprefix("http://localhost")
    assert done.new_tab(link).submit().page.h1.text == "This appointment is cancelled"
    assert host.test_client().post("/mine").status_code == 400


@pytest.mark.parametrize("first", ["Limiter", "Sidebook"])
def test_a_limiter_of_the_hosts_says_itself_when_to_come_back(host, first):
    make = {
        "Limiter": lambda app: Limiter(
            get_remote_address, app=app, headers_enabled=True, storage_uri="memory://"
        ),
        "Sidebook": Sidebook,
    }
    made = {first: make.pop(first)(host)}
    other = next(iter(make))
    made[other] = make[other](host)
    made["Limiter"].limit("1 per minute")(host.blueprints["booking"])
    answers = [loaded(host).test_client().get("/book/") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert 0 < int(answers[1].headers["Retry-After"]) <= 60


def test_without_its_headers_a_limiter_is_not_spoken_for(host):
    Sidebook(host)
    limiter = Limiter(get_remote_address, app=host, storage_uri="memory://")
    limiter.limit("1 per minute")(host.blueprints["booking"])
    answers = [loaded(host).test_client().get("/book/") for _ in range(2)]
    assert answers[1].status_code == 429
    assert "Retry-After" not in answers[1].headers


@pytest.mark.parametrize("answer", ["Closed today", ("Closed today", 503)])
def test_what_a_host_answers_in_our_place_is_left_as_it_is(host, answer):
    Sidebook(host)
    host.before_request(lambda: answer)
    closed = host.test_client().get("/book/details")
    assert closed.text == "Closed today"
    assert "Content-Security-Policy" not in closed.headers
    assert "Cache-Control" not in closed.headers
