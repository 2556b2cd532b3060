"""What is sent may be as large as it likes: it costs a stranger more than it costs us."""

import io
import time
from urllib.parse import urlencode

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HEADERS = {"HX-Request": "true", "Tab-Session": "A" * 43}
FORM = "application/x-www-form-urlencoded"
FORTY_MEGABYTES = 40_000_000
MOST_READ_IN = 512 * 1024  # a form's limit, and what a buffer reads ahead


class Endless(io.RawIOBase):
    """A body that notes how much of it was read."""

    def __init__(self) -> None:
        self.read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, room) -> int:
        count = min(len(room), FORTY_MEGABYTES - self.read)
        room[:count] = b"x" * count
        self.read += count
        return count


@pytest.mark.parametrize(
    "path", ["service/form", "details/form", "appointment/x/cancellation", "appointment/lost"]
)
@pytest.mark.parametrize("length", [{"CONTENT_LENGTH": str(FORTY_MEGABYTES)}, {}])
def test_what_another_site_sends_is_refused_without_being_read_into_memory(app, path, length):
    builder = EnvironBuilder(method="POST", path=f"/book/{path}", headers=HEADERS)
    environ = builder.get_environ() | {"CONTENT_TYPE": FORM, "HTTP_SEC_FETCH_SITE": "cross-site"}
    builder.close()
    environ.pop("CONTENT_LENGTH", None)
    body = Endless()
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    environ |= (length or chunked) | {"wsgi.input": io.BufferedReader(body)}
    answer, status, _ = run_wsgi_app(app.wsgi_app, environ, buffered=True)
    assert status.startswith("403")
    assert body.read <= MOST_READ_IN
    assert len(b"".join(answer)) <= MOST_READ_IN


def test_a_form_of_thousands_of_fields_is_not_repeated_whole(app):
    sent = urlencode({f"a{number}": "" for number in range(20_000)})
    without_id = {"HX-Request": "true"}
    answer = app.test_client().post(
        "/book/details/form", data=sent, content_type=FORM, headers=without_id
    )
    assert answer.status_code == 400
    assert len(answer.data) < len(sent)


def test_marks_in_the_worst_order_are_not_sorted_for_seconds(app):
    worst = "name=" + "%CD%81%CC%95" * 20_000  # two marks that want to change places, each time
    began = time.thread_time()
    answer = app.test_client().post(
        "/book/details/form", data=worst, content_type=FORM, headers=HEADERS
    )
    assert answer.status_code == 409
    assert time.thread_time() - began < 0.5
