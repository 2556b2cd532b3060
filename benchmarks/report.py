"""A benchmark's outcome, as a reader wants it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

GOAL, SHORT = "Goal: ", "In short: "


class NotHere(Exception):
    """This machine lacks something; the message says what, and what to do."""


@dataclass
class Section:
    """One question with its figures.

    `goal` says what is measured and after "Goal: " what was hoped for, `short` what came out.
    """

    title: str
    goal: str
    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    short: str = ""

    def markdown(self) -> str:
        rule = ["---"] * len(self.head)
        lines = ["| " + " | ".join(row) + " |" for row in (self.head, rule, *self.rows)]
        notes = [f"- {note}" for note in self.notes]
        short = f"{SHORT}{self.short}"
        return "\n".join([f"## {self.title}", "", self.goal, "", short, "", *lines, "", *notes])


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and between which values it lies."""
    low, high = min(values), max(values)
    return f"{median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def middle(cell: str) -> str:
    """Of a cell that `spread` wrote, the median alone."""
    return cell.partition(" (")[0]


def in_turns(rounds: int, *jobs: Callable[[], float]) -> list[list[float]]:
    """Run the jobs A B A B …, so that a machine that drifts drifts for all: a list for each job."""
    results: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for job, taken in zip(jobs, results, strict=True):
            taken.append(job())
    return results


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Turn by turn."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def main(measure: Callable[[], Section]) -> None:
    """For a benchmark that runs alone."""
    print(measure().markdown())
