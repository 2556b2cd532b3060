"""What is sent compressed, to whom, and what never is."""

import gzip

import pytest

from booking import create_app
from booking.tab_sessions import LIVE_SCRIPTS
from booking.web import assets

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
TAB = {"Tab-Session": "A" * 43, "HX-Request": "true"}
SHEET = "static/booking.css"


@pytest.fixture
def get(app):
    client = app.test_client()

    def ask(path, **headers):
        named = {key.replace("_", "-"): text for key, text in headers.items()}
        mount = "/desk/" if path.rpartition("/")[2] in assets.AT_THE_DESK else "/book/"
        return client.get(mount + path, headers=named, buffered=True)

    return ask


def is_packed(answer) -> bool:
    return answer.headers.get("Content-Encoding") == "gzip"


def test_pages_fragments_and_static_files_are_compressed_and_the_same(get):
    for path in ("", "service/form", SHEET, "static/booking.js", "zones"):
        plain, packed = get(path, **TAB), get(path, **TAB, **GZIP)
        assert (is_packed(plain), is_packed(packed)) == (False, True), path
        assert gzip.decompress(packed.data) == plain.data
        assert packed.content_length == len(packed.data) < len(plain.data) * 0.6
        assert "Accept-Encoding" in packed.vary
        assert "Accept-Encoding" in plain.vary
        assert packed.headers["Content-Type"] == plain.headers["Content-Type"]


def test_who_does_not_take_it_is_not_given_it(get):
    for accepted in ("", "br", "gzip;q=0", "identity", "*;q=0"):
        assert not is_packed(get("", Accept_Encoding=accepted))


def test_what_another_sites_page_asked_for_is_not_compressed_so_its_length_tells_nothing(get):
    for site in ("cross-site", "same-site"):
        assert not is_packed(get("?service=guess", **GZIP, Sec_Fetch_Site=site))
        assert is_packed(get(SHEET, **GZIP, Sec_Fetch_Site=site))
    for site in ("same-origin", "none"):
        assert is_packed(get("", **GZIP, Sec_Fetch_Site=site))


def test_small_answers_and_empty_ones_are_left_as_they_are(get, app):
    assert not is_packed(get("static/favicon.svg", **GZIP))
    asked = app.test_client().get("/book", headers=GZIP)
    assert asked.status_code == 308
    assert not is_packed(asked)


def test_a_browser_that_has_the_file_is_told_so(get):
    for path in (SHEET, "static/vendor/htmx-4.0.1.min.js"):
        first = get(path, **GZIP)
        assert is_packed(first)
        again = get(path, **GZIP, If_None_Match=first.headers["ETag"])
        assert again.status_code == 304
        assert again.data == b""


def test_a_head_request_is_told_what_a_get_would_be(app):
    client = app.test_client()
    head, got = (client.open(f"/book/{SHEET}", method=m, headers=GZIP) for m in ("HEAD", "GET"))
    assert head.data == b""
    assert head.content_length == got.content_length


def test_a_host_can_switch_it_off(database_url):
    app = create_app({"BOOKING_DATABASE_URL": database_url, "BOOKING_COMPRESS": "false"})
    answer = app.test_client().get(f"/book/{SHEET}", headers=GZIP)
    assert answer.status_code == 200
    assert not is_packed(answer)


def test_the_merged_files_are_their_sources_in_this_order_without_what_only_we_read(get):
    for name, sources in assets.MERGED.items():
        texts = [source.read_text(encoding="utf-8") for source in sources]
        merged, left_out = get(f"static/{name}").text.splitlines(), []
        for line in "\n".join(texts).splitlines():
            if merged and merged[0] == line.lstrip():
                merged.pop(0)
            else:
                left_out.append(line.strip())
        assert merged == [], name
        assert [line for line in left_out if not line.startswith(("//", "/*", "*"))] == []
        assert left_out


def test_every_style_sheet_and_script_of_ours_is_in_a_merged_file(app):
    merged = {source for sources in assets.MERGED.values() for source in sources}
    ours = {*assets.STATIC.glob("css/*.css"), *assets.STATIC.glob("js/*.js")}
    assert merged == ours | {*LIVE_SCRIPTS}
