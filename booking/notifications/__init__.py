"""WHAT WE SEND: letters and calendar files."""
