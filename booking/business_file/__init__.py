"""The business is a file: what an owner has written becomes what the database says.

`file` reads it and comes to a `plan`, or to every mistake at once. On the way `lines` finds where
things stand, `section` asks a table for its keys, `values`, `times` and `dates` turn what is
written into what is meant, and `services`, `staff` and `spans` know the tables. `changes` and
`staff_changes` carry a plan out, with `revision` for what they have in common.
docs/business-file.md is the owner's description.
"""
