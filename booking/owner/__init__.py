"""THE BACK DOOR. The desk: a shop runs its day in the browser.

A request's way in: `routes` has the addresses, each with the roles that may use it; `door` looks at
where it came from and who it is before any view runs; `access` says who is there. `rendering` shows
a page, or its fragment where htmx asks; `forms` reads what was typed. What people may do is in
`operations/`: a view here only words it.
"""
