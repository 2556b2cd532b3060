"""WHAT WE SEND. Calendar files so far."""
