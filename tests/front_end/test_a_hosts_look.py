"""A host gives the pages a style sheet of its own, and leaves the templates alone."""

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from booking import Sidebook
from tests.front_end.gallery import ROOT

OWN = '<link rel="stylesheet" href="/static/shop.css">'


@pytest.fixture
def host(tmp_path):
    """An app with templates of its own, and a word for the head of our pages."""
    parts = tmp_path / "templates/booking/parts"
    parts.mkdir(parents=True)
    (parts / "head.html").write_text(OWN)
    app = Flask("host", root_path=tmp_path, instance_path=str(tmp_path / "instance"))
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{tmp_path}/host.db"
    Sidebook(app, url_prefix="/appointments")
    app.test_cli_runner().invoke(args=["booking", "init"])
    return app


@pytest.mark.parametrize("path", ["", "time", "appointment/unknown"])
def test_its_head_stands_last_in_the_head_of_every_page(host, path):
    page = BeautifulSoup(host.test_client().get(f"/appointments/{path}").text, "html.parser")
    sheets = page.select("head link[rel=stylesheet]")
    assert sheets[-1]["href"] == "/static/shop.css"
    assert page.head.select("*")[-1] is sheets[-1]
    assert len(sheets) > 1


def test_we_ship_none_so_that_a_hosts_is_never_in_doubt():
    assert not (ROOT / "templates/booking/parts/head.html").exists()
