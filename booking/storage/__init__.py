"""What is written down: models, reads, and the database's own guards. Knows no web request.

- `models`: every model and table, from `business`, `bookings` and beside what else uses them
- `claims`: the guard: who has which five minutes of whom
- `catalogue`: the business as the values that `scheduling` computes with
- `snapshot`: all that decides what is free
- `holds`, `visitors`: what limits on visitors are counted from
- `reads`: one named question each, which days and times are free among them
"""
