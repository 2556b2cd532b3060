"""What Jinja does for each value and each call of a template, with less ado where that is the same.

A step writes some hundred values, and most of them have nothing to escape; it calls some forty
functions, and Jinja looks four times for what each wants to be given beside its arguments.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

from jinja2 import Environment, Template
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

_to_escape = re.compile("[&<>'\"]").search
_PLAIN = FunctionType, type(lru_cache(escape))


def written(value: Any) -> Any:
    """Return a value as it is written into a page: escaped, where there is anything to escape."""
    kind = type(value)
    is_written = kind is Markup or (kind is str and not _to_escape(value))
    return value if is_written else escape(value)


class QuickTemplate(Template):
    """A template that writes its values by `written`."""

    @classmethod
    def from_code(cls, environment: Environment, code: CodeType, *args: Any) -> Template:
        """Return the template of that compiled code."""
        made = super().from_code(environment, code, *args)
        made.root_render_func.__globals__["escape"] = written
        return made


class QuickContext(Context):
    """A context that calls macros and plain functions at once."""

    def call(self, called: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a function or a macro of a template."""
        if type(called) is Macro:
            args = (self.eval_ctx, *args)
        elif type(called) not in _PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return called(*args, **kwargs)
