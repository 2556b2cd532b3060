"""Everything that commands print passes here: it may hold what strangers typed.

A terminal acts on control characters, and shows text backwards where an invisible character says
so; a redirected output may know a few hundred characters and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

import click

# Invisible, or not printable as Python sees it, and yet a part of how words are spelled: they join
# and separate letters, and Arabic writes some signs around numbers with them.
_SPELLING = frozenset(
    "\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
)


def say(text: str) -> None:
    """Print one line."""
    click.echo(_fitting(plain(text), sys.stdout))


def require_yes(lines: Sequence[str], what: str, *, given: bool) -> None:
    """Show what would go and refuse, unless --yes was given or there is nothing to lose."""
    if given or not lines:
        return
    for line in lines:
        say(line)
    raise click.ClickException(f"Nothing was changed: {what} needs --yes.")


def plain(text: str) -> str:
    """On one line, and nothing in it that could drive a terminal or turn the text around."""
    return "".join(c if c.isprintable() or c in _SPELLING else _harmless(c) for c in text)


def harmless(error: click.ClickException) -> click.ClickException:
    """The same refusal, with what it repeats of a file or a command line made plain."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error  # a page of help, and nobody's words
    lines = error.format_message().split("\n")
    return worded(error, _fitting("\n".join(map(plain, lines)), sys.stderr))


def worded(error: click.ClickException, text: str) -> click.ClickException:
    """The same refusal in other words, with the exit status that it had."""
    if isinstance(error, click.UsageError):
        return click.UsageError(text, error.ctx)
    return click.ClickException(text)


def _harmless(character: str) -> str:
    if character.isspace():
        return " "
    return repr(character)[1:-1]  # such as \x1b or \u202e


def _fitting(text: str, stream: TextIO | None) -> str:
    """With an escape in place of what the stream's encoding lacks, so that no line is lost."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)
