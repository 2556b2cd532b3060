"""The steps of the wizard in their order: the one place that says it."""

from .steps.base import Step
from .steps.details import DetailsStep
from .steps.done import DoneStep
from .steps.review import ReviewStep
from .steps.service import ServiceStep
from .steps.staff import StaffStep
from .steps.time import TimeStep

STEPS: tuple[Step, ...] = (
    ServiceStep(),
    StaffStep(),
    TimeStep(),
    DetailsStep(),
    ReviewStep(),
    DoneStep(),
)
"""Questions first, then the review, then the confirmation."""
