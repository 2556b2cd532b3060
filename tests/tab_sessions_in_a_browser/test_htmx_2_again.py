"""More of what is proved with htmx 4, on a page with htmx 2; test_htmx_2.py has the rest."""

import pytest

from tests.tab_sessions_in_a_browser.test_htmx_2 import complaints, page_of  # noqa: F401
from tests.tab_sessions_in_a_browser.test_lost_answers import (  # noqa: F401
    test_a_copy_is_asked_for_until_an_answer_came,
    test_a_renewal_that_never_arrived_or_whose_answer_was_lost_is_finished,
    test_renewing_keeps_the_place_under_another_id_and_a_log_in_page_renews_nothing,
)
from tests.tab_sessions_in_a_browser.test_the_id import (  # noqa: F401
    test_a_lost_one_is_claimed_anew_and_the_request_sent_again,
    test_htmx_does_not_carry_it_outside_the_prefix,
    test_starting_afresh_claims_a_new_one_first,
)
from tests.tab_sessions_in_a_browser.test_ways_to_a_tab import (  # noqa: F401
    test_a_tab_closed_and_reopened_goes_on_and_a_duplicate_is_still_the_duplicate,
    test_another_page_or_another_site_and_back_keeps_the_place_and_the_lock,
    test_coming_back_to_a_place_that_a_duplicate_took_meanwhile_makes_a_copy,
)
from tests.tab_sessions_in_a_browser.test_what_is_over import (  # noqa: F401
    over,
    test_a_tab_that_ran_out_says_so_and_is_a_new_one_when_loaded_again,
)

pytestmark = pytest.mark.extra
