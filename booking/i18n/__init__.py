"""LANGUAGES: messages, dates, times, lists and numbers as people write and type them."""
