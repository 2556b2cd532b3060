"""Tables that are missing or older: a customer is told at once, and an operator what to do."""

import pytest
from sqlalchemy import event

from booking import create_app
from booking.migrate import downgrade, upgrade
from booking.testing import TabClient
from tests.test_migrations import HEAD

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def engine_of(app):
    with app.app_context():
        return app.extensions["booking"].engine


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        (tmp_path / "empty.db").touch()
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("postgres_url")


def test_the_log_names_the_command_and_the_page_stays_polite(empty_url, caplog):
    app = create_app({"BOOKING_DATABASE_URL": empty_url})
    tab = TabClient(app, "/book/")
    assert tab.status == 503
    assert "still being set up" in tab.page.get_text()
    assert "booking_" not in tab.page.get_text()
    assert tab.headers["Retry-After"] == "60"
    assert caplog.text.count("Run: flask booking init") == 1
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "undo",
    [
        "DROP TABLE booking_catalogue_state",
        "ALTER TABLE booking_tab_session RENAME COLUMN seen_at TO seen",
    ],
)
@on_sqlite
def test_a_database_of_an_older_version_is_told_without_a_traceback(app, undo, caplog):
    with engine_of(app).begin() as connection:
        connection.exec_driver_sql(undo)
    tab = TabClient(app, "/book/service")
    assert (tab.status, tab.headers["Retry-After"]) == (503, "60")
    assert "Run: flask booking init" in caplog.text
    assert "Traceback" not in caplog.text


TAB = {"Tab-Session": "A" * 43, "HX-Request": "true"}
OLDER = "0014"  # the one before that keeps what Confirm alone writes
EVERYTHING = [
    ("GET", "/book/", {}),
    ("GET", "/book/details", {}),
    ("GET", "/book/service/form", TAB),
    ("POST", "/book/service/form", TAB),
    ("POST", "/book/review/form", TAB),
    ("GET", f"/book/appointment/{'x' * 43}", {}),
]


def statuses(app) -> set[int]:
    client = app.test_client()
    return {
        client.open(path, method=how, headers=sent).status_code for how, path, sent in EVERYTHING
    }


@pytest.mark.fresh_database
def test_a_program_newer_than_its_tables_says_so_on_every_page_until_they_follow(app, caplog):
    downgrade(engine_of(app), OLDER)
    assert statuses(app) == {503}
    answer = app.test_client().get("/book/")
    assert "Test Shop" in answer.text
    assert "is being updated" in answer.text
    assert answer.headers["Retry-After"] == "60"
    told = f"they are at version {OLDER}, and this program needs {HEAD}"
    assert f"Run: flask booking init ({told})" in caplog.text
    upgrade(engine_of(app))
    assert statuses(app) == {200, 404, 409, 422}


@on_sqlite
def test_who_is_refused_in_any_case_is_refused_first(app):
    downgrade(engine_of(app), OLDER)
    client, cross = app.test_client(), {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/book/service/form", headers=TAB | cross).status_code == 403
    assert client.get("/book/service/form").status_code == 400


@on_sqlite
def test_once_they_are_right_nothing_is_asked_again(app):
    statements = []
    note = lambda _c, _cursor, statement, *_: statements.append(statement)  # noqa: E731
    event.listen(engine_of(app), "before_cursor_execute", note)
    statuses(app)
    assert sum("FROM booking_alembic_version" in each for each in statements) == 1


@on_sqlite
def test_tables_that_grew_older_under_a_running_process_are_noticed(app):
    """As by a backup that was restored."""
    assert app.test_client().get("/book/").status_code == 200
    downgrade(engine_of(app), OLDER)
    assert app.test_client().get(EVERYTHING[-1][1]).status_code == 503
    assert statuses(app) == {503}


@on_sqlite
def test_a_process_older_than_its_tables_goes_on(app, caplog):
    with engine_of(app).begin() as connection:
        connection.exec_driver_sql("UPDATE booking_alembic_version SET version_num = '9999'")
    assert statuses(app) == {200, 404, 409, 422}
    assert caplog.text.count("newer than this process") == 1


@pytest.mark.fresh_database
def test_a_host_that_makes_the_tables_itself_is_served_and_told_what_is_missing(app, caplog):
    with engine_of(app).begin() as connection:
        connection.exec_driver_sql("DROP TABLE booking_alembic_version")
    assert statuses(app) == {200, 404, 409, 422}
    with engine_of(app).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE booking_booking DROP COLUMN calendar_uid")
    app.extensions["booking"].tables.forget()
    assert statuses(app) == {503}
    assert "Your own migrations made them" in caplog.text
    assert "booking_booking.calendar_uid is missing" in caplog.text
