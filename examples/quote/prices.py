"""What an insurance costs: rules without a clock, a request or a database."""

COVERS = {
    "liability": "Liability: what you do to others",
    "partial": "Partial: also theft, fire, glass and hail",
    "full": "Full: also what you do to your own car",
}
EXCESSES = (150, 300, 1000)
_BASE = {"liability": 190, "partial": 260, "full": 390}
_RATE = {"liability": 0, "partial": 0.006, "full": 0.017}
_LESS = {150: 1.0, 300: 0.92, 1000: 0.8}


def yearly(value: int, cover: str, excess: int, ages: list[int]) -> int:
    """Return the price of a year in whole euros; the youngest driver decides."""
    price = (_BASE[cover] + value * _RATE[cover]) * _LESS[excess]
    youngest = min(ages)
    return round(price * (1.6 if youngest < 25 else 1.1 if youngest > 75 else 1.0))
