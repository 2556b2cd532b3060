"""The least that a step can cost: a SELECT, an UPDATE, a commit and a page, by Flask and Core."""

import json
import os
from typing import Any

from flask import Flask, request
from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    event,
    insert,
    select,
    update,
)

from benchmarks.peers.notes import PRAGMAS

ROW = "<p class='{{ one.kind }}'><label for='field-{{ loop.index }}'>{{ one.label }}</label></p>\n"
PAGE = "<section>{% for one in rows %}" + ROW + "{% endfor %}</section>"
ROW_BYTES = 70


def create_app() -> Flask:
    """Pages of FLOOR_BYTES over FLOOR_DATABASE_URL."""
    app = Flask(__name__)
    page = app.jinja_env.from_string(PAGE)  # compiled once, as a template file is
    engine = create_engine(os.environ["FLOOR_DATABASE_URL"])

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    steps = Table(
        "floor_step",
        metadata := MetaData(),
        Column("id", String(43), primary_key=True),
        Column("draft", String, nullable=False),
    )
    metadata.create_all(engine)
    asked = select(steps.c.draft).where(steps.c.id == bindparam("tab"))
    changed = update(steps).where(steps.c.id == bindparam("tab")).values(draft=bindparam("new"))
    rows = [
        {"kind": "question", "label": f"Answer number {number}"}
        for number in range(int(os.environ["FLOOR_BYTES"]) // ROW_BYTES)
    ]

    @app.post("/step")
    def step() -> str:
        tab = request.headers["Tab-Session"]
        with engine.begin() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            found = connection.execute(asked, {"tab": tab}).scalar()
            draft = json.loads(found or "{}") | request.form.to_dict()
            if found:
                connection.execute(changed, {"tab": tab, "new": json.dumps(draft)})
            else:
                connection.execute(insert(steps), {"id": tab, "draft": json.dumps(draft)})
        return page.render(rows=rows)

    return app


if __name__ == "__main__":
    create_app()  # makes the table, once, before several processes would at the same time
