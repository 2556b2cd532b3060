"""ONE APPOINTMENT. All that is known of it, and what may be done about it.

`page` shows it, `acts` are the forms on it, `times` and `details` have pages of their own, and
`history` is what became of all of them. `kept` finds a booking for whoever is there, `wording` puts
what happened into words.
"""
