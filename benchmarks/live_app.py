"""What `live` asks: pages that keep up, on a tab alone and on a host's rows, and the floor."""

import os
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from booking.tab_sessions import TabSession, TabSessions, create_table, session_route

PATHS = {"a bare SELECT": "/floor", "the tab alone": "/note", "the tab and a table": "/shelf"}
_COUNT = text("SELECT count(*) FROM loaf WHERE shelf = 1")
_FLOOR = text("SELECT id, version FROM booking_tab_session WHERE id = 1")


def create_app() -> Flask:
    """The app over DATABASE_URL; its tables are made with it."""
    app = Flask("live")
    engine = create_engine(os.environ["DATABASE_URL"])
    session = scoped_session(sessionmaker(engine))
    TabSessions(app, session)
    app.teardown_appcontext(lambda _error: session.remove())
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS loaf (shelf INTEGER)")
        connection.exec_driver_sql("CREATE INDEX IF NOT EXISTS loaf_by_shelf ON loaf (shelf)")
    with app.app_context():
        create_table()

    @session_route(app, "/note", methods=["GET", "POST"], live=True)
    def note(tab: TabSession[Any]) -> str:
        return str(tab.data.setdefault("text", "milk") if tab.writable else tab.data["text"])

    @session_route(app, "/shelf", live=count_loaves)
    def shelf(tab: TabSession[Any]) -> str:
        return str(count_loaves(tab.session))

    @app.get("/floor")
    def floor() -> tuple[str, int]:
        with engine.connect() as connection:
            connection.execute(_FLOOR).one()
        return "", 204

    return app


def count_loaves(session: Session, *_rest: object) -> int:
    """What the shelf stands on."""
    return int(session.scalar(_COUNT) or 0)
