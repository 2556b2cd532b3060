"""What the script costs a page."""

import gzip

from booking.tab_sessions import CLIENT_SCRIPT

# A fifth of it leads tabs on whose progress is over, and tells developers what a page does wrong.
# The last 32 bytes tell a session route's answer from any other's, and that nothing ends any more.
MOST = 3 * 1024 + 800


def test_the_script_stays_below_four_kilobytes(live_server):
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
