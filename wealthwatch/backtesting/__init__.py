"""Running the rules over history: what they would have told, whom, and what a change of settings would add and remove.

Each job is a process that reads every feed and decides its own share of the customers; nothing is handed between jobs but what they say at
the end. Results are in one total order, so that any number of jobs, and any way of reading, gives the same bytes.
"""
