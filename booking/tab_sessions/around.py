"""What a tab's session is opened with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from sqlalchemy.orm import Session

from .limits import Limits
from .schema import Data, Schema


@dataclass(frozen=True)
class Around(Generic[Data]):
    """What a tab's session is opened with, beside its row."""

    flow: str
    tab_id: str
    now: datetime
    limits: Limits
    schema: Schema[Data]
    end_all: Callable[[Session], None]
