"""Where templates, static files and migrations lie: beside `booking/`, or inside a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLE = _PACKAGE / "_bundle"  # made by the wheel; a checkout has none

ROOT = _BUNDLE if _BUNDLE.is_dir() else _PACKAGE.parent
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
MIGRATIONS = ROOT / "migrations"
