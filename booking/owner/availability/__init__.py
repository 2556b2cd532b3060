"""Why is nothing free? `pages` answers for a day and a service, `told` says it in sentences, `bar`
draws it, and `words` are those of each reason.
"""
