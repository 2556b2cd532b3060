"""THE WIZARD: its routes, a tab's state and draft, conflicts between tabs,
autosave, recovery; steps/ holds its steps.
"""
