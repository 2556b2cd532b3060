"""The rules of time: which appointments can be offered, and why another cannot.

Pure: standard library only, no database, and no clock; `now` is an argument everywhere.
An instant is a whole number of **minutes since the Unix epoch, UTC** ("minute" in the code);
a span of time is an `Interval`, a pair of such minutes with the end left out.

The rooms' map, from the ground up:

- `clock`: arithmetic on sorted spans; wall clock to instant and back: gaps, repeated hours and
  zone names; parts of the day, weeks of a month
- `slots`: a staff member's weekly hours, breaks, overrides, time off and closures → open time; what
  a service asks of its appointments (duration, buffers, notice, window, step), and how much of a
  day one visitor may take; both → free slots, and the reason when a start is not one
- `anyway`: everything that speaks against a start at once, and which of it a shop may pass over
- `day_reasons`: each start of a day with everything that keeps it from being had, told apart
- `repeats`: every so many weeks by the wall clock, and a move of several as of one
- `day_plan`: a day for whoever looks after it: rows of hours, what each minute is (free, buffer,
  break, away, closed), and what stands beside what
"""
