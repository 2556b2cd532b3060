"""BOOKING FOR A CALLER. Three screens in a browser tab of their own: what, when, and who.

`draft` is what a tab has of its call, `offer` what may be booked by whoever is at the desk, `known`
finds a customer while a name is typed, `screens` are the fragments, and `views` take the answers.
"""
