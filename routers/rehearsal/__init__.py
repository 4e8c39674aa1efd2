"""
Past traffic once more, with another policy, other capacities or other people there (R13).

Who wrote when and who was there is taken from the log; who got which chat is decided anew
by the router's own code; how long people took is taken from what they really did.
"""
