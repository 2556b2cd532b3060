"""THE CUSTOMER'S PAGES: the wizard, step by step, and the pages behind the manage link.

A request's way through the wizard: `routes` has the addresses; `state` has the tab's draft, and
looks up what of it still holds; `progress` says which step that opens, in the order of `order`; a
module of `steps/` shows its question and takes its answer; `fragments` names what comes next and
renders it. `errors` words what goes wrong here alone; `appointment` is the manage link,
which needs no tab.
"""
