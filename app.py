"""For `flask --app app` in a checkout and `gunicorn 'app:create_app()'`; not in the wheel."""

from booking import create_app

__all__ = ["create_app"]
