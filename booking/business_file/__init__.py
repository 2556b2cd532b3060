"""THE SHOP AS A FILE: what an owner has written becomes a plan, or every mistake at once.

`load` reads the file. On the way `toml_positions` finds in which line a value stands, `section`
asks a table for its keys, `values` turns what is written into what is meant, and `services`
knows the tables of what is sold. `operations.shop` carries the plan out. docs/business-file.md is
the owner's description.
"""
