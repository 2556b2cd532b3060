"""WHAT ALL DOORS SHARE: headers, compression, assets, addresses, rendering, the log
of refusals, the visitor.
"""
