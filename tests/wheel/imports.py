"""Every module of the wheel can be imported, and its entry points lead somewhere."""

import pkgutil
import sysconfig
from importlib import import_module
from importlib.metadata import entry_points, files
from pathlib import Path

import booking

assert Path(booking.__file__).is_relative_to(sysconfig.get_path("purelib")), booking.__file__
modules = [found.name for found in pkgutil.walk_packages(booking.__path__, "booking.")]
assert len(modules) > 20, modules
for name in modules:
    import_module(name)

assert callable(entry_points(group="console_scripts")["sidebook"].load())
assert not entry_points(group="flask.commands", name="booking"), "a host's own group would lose"

carried = {path.as_posix() for path in files("sidebook") or []}
for file in ("booking/py.typed", "booking/_bundle/static/vendor/htmx-4.0.1.min.js"):
    assert file in carried, file
for folder in ("templates/booking", "migrations/versions", "static/css", "static/js"):
    assert any(name.startswith(f"booking/_bundle/{folder}/") for name in carried), folder
