"""A benchmark's outcome, as a reader wants it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

GOAL, SHORT = "Goal: ", "In short: "


class NotHere(Exception):
    """This machine lacks something; the message says what, and what to do."""


@dataclass(frozen=True)
class Goal:
    """A figure that is to be reached, and what came out."""

    figure: str
    wanted: str
    measured: str
    is_met: bool

    @classmethod
    def at_most(cls, figure: str, most: float, found: float, digits: int = 2) -> "Goal":
        return cls(figure, f"≤ {most:g}", f"{found:.{digits}f}", round(found, digits) <= most)

    @classmethod
    def at_least(cls, figure: str, least: float, found: float, digits: int = 2) -> "Goal":
        return cls(figure, f"≥ {least:g}", f"{found:.{digits}f}", round(found, digits) >= least)

    def line(self) -> str:
        """As it stands below its table; `goals_in` reads it back."""
        outcome = "met" if self.is_met else "missed"
        return f"- {self.figure}: {self.measured}, goal {self.wanted}: {outcome}."


def goals_in(part: str) -> list[tuple[str, str, str, str]]:
    """Of each goal in a written section: the figure, the goal, what was measured, met or missed."""
    found = re.findall(r"^- (.+): (.+), goal (.+): (met|missed)\.$", part, re.MULTILINE)
    return [(figure, wanted, measured, outcome) for figure, measured, wanted, outcome in found]


@dataclass
class Section:
    """One question with its figures.

    `goal` says what is measured and after "Goal: " what was hoped for, `short` what came out,
    `goals` which figures the project has set itself.
    """

    title: str
    goal: str
    head: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    short: str = ""
    goals: list[Goal] = field(default_factory=list)

    def markdown(self) -> str:
        rule = ["---"] * len(self.head)
        lines = ["| " + " | ".join(row) + " |" for row in (self.head, rule, *self.rows)]
        notes = [*(goal.line() for goal in self.goals), *(f"- {note}" for note in self.notes)]
        short = f"{SHORT}{self.short}"
        return "\n".join([f"## {self.title}", "", self.goal, "", short, "", *lines, "", *notes])


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and between which values it lies."""
    low, high = min(values), max(values)
    return f"{median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def middle(cell: str) -> str:
    """Of a cell that `spread` wrote, the median alone."""
    return cell.partition(" (")[0]


def in_turns(rounds: int, *jobs: Callable[[], float], warm: int = 0) -> list[list[float]]:
    """Run the jobs A B A B …, so that a machine that drifts drifts for all: a list for each job.

    Before that `warm` times, for what is only done once.
    """
    for job in warm * jobs:
        job()
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
