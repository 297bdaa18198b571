"""How sure a figure is: intervals of means and of distances between sets, and digits to show.

intervals  means over items, with Student's interval
sets       distances between sets: jackknife over instruments, and what halves of the truth differ
digits     how many decimals an interval carries
"""
