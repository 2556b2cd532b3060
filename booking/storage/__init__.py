"""What is written down: models, reads, and the database's own guards. Knows no web request.

- `models`: every model and table (they live in `business`, `hours` and `bookings`)
- `claims`: the guard: who has which five minutes of whom
- `working_time`: rows of hours as the values that `scheduling` computes with
- `availability`: which days and times are free
- `reads`: one named question each
"""
