"""Write CSV that a spreadsheet opens as what it is: every script readable, and nothing carried out.

A cell that begins like a formula is one to a spreadsheet, whoever typed it; so it gets an
apostrophe before it (OWASP, "CSV Injection"), and every cell its quotation marks.
"""

import csv
import io
from collections.abc import Iterable, Iterator

BEGINNINGS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What makes a formula of a cell; the full-width ones do in East Asian spreadsheets."""
MARK = "\ufeff"
"""At the beginning it says that this is UTF-8, which Excel would not guess."""
MEDIA_TYPE = "text/csv; charset=utf-8; header=present"


def harmless(cell: object) -> str:
    """Return the cell's text; after an apostrophe where a spreadsheet would work it out."""
    text = "" if cell is None else str(cell)
    # Blanks before it are cut off by some before they look.
    return (
        f"'{text}" if text.startswith(BEGINNINGS) or text.lstrip().startswith(BEGINNINGS) else text
    )


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Write a line for each row, the mark of UTF-8 before the first."""
    mark = MARK
    for row in rows:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(harmless, row))
        yield mark + line.getvalue()
        mark = ""
