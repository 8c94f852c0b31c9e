"""`make test-faults`: faults under load on Apache Kafka, and after each the same states and messages as a backtest of the same feed.

A scenario is a function that is given a `Scene` (`scene.py`): a bank that is published at a steady rate, workers, brokers, and the random
moments of a seed. Moments and waits go by what was decided, not by the clock: a slow machine takes longer, and finds the same.
"""
