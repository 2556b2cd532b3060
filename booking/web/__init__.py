"""WHAT ALL PAGES SHARE: headers, compression, assets, addresses, rendering, error pages, the
visitor, and what the log says of trouble. It knows none of the pages.
"""
