"""WHO SOMEBODY IS: name, e-mail, phone and a service's own questions; one set of
fields and checks for every way in.
"""
