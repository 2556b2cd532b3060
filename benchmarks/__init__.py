"""What Sidebook costs, in ratios taken in one run. `./run bench` runs all of it.

Each module measures one thing and can be run alone: `.venv/bin/python -m benchmarks.claims`. It
has a function `measure()` that returns a Section: what was asked, the figures, and what they do
not show. Absolute times are this machine's; only what stands in one table may be compared.
"""
