"""The verbs: hold, extend, release, book, cancel, and load a business file.

Plain functions that take the session first. Each is called inside a write transaction, asks the
rules again there, and never commits: whoever opened the transaction does, or rolls everything back.
"""
