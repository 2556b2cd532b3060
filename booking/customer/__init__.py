"""THE FRONT DOOR: the wizard (`wizard/`), the pages behind the manage link (`appointment/`), and
what goes wrong at this door alone (`errors`).
"""

from .wizard.routes import create_blueprint

__all__ = ["create_blueprint"]
