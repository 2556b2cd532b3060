"""A booking as django-formtools' manual writes a wizard: five forms, a row at the end."""
