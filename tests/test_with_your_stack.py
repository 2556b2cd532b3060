"""What docs/with-your-stack.md says of a host's usual extensions, each tried for real."""

import pytest
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
