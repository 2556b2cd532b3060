"""What the script costs a page."""

import gzip

from booking.tab_sessions import CLIENT_SCRIPT

# A fifth of it leads tabs on whose progress is over, and tells developers what a page does wrong.
MOST = 3 * 1024 + 768


def test_the_script_takes_at_most_three_and_three_quarters_of_a_kilobyte(live_server):
    sent = live_server.app.test_client().get("/tab-session.js").data
    assert len(gzip.compress(sent, 9)) <= MOST


def test_only_comments_and_indents_are_left_out_when_it_is_sent(live_server):
    sent = live_server.app.test_client().get("/tab-session.js").text.splitlines()
    written = [line.strip() for line in CLIENT_SCRIPT.read_text("utf-8").splitlines()]
    code = iter(line for line in written if line)
    assert len(sent) > 200
    assert all(any(line == each for each in code) for line in sent if line)
    left_out = set(written) - set(sent)
    assert all(line.startswith(("/*", "*", "//")) or line.endswith("*/") for line in left_out)
