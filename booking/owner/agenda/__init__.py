"""The agenda: who comes, when and to whom, as a day, a week or a list; and looking for a booking.

`asked` is what an address asks for, `entries` what is shown of one appointment, `day`, `week` and
`listing` how each view lays them out, `pages` the views, `looking` the search.
"""
