"""THE WIZARD: its routes, a tab's draft and how far it has come, conflicts between tabs, autosave,
recovery; `steps/` holds a module for each step, `order` says their order.
"""
