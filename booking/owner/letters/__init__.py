"""Letters at the desk: `pages` lists them and sends again what failed, `lines` words one of them,
`looking` shows what one says, and `trying_out` sends one to try mail out.
"""
