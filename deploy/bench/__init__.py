"""
What this machine does with Recado: suites that start servers of their own, measure, and end them.

Figures are medians of rounds. What is compared is compared in one run, on one machine,
since absolute figures of a shared machine swing by a factor of two.
"""
