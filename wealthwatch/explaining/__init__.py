"""What `wealthwatch explain` does: one customer's life is replayed up to one moment, and every rule is heard there.

Nothing is written anywhere. Where a replay no longer says what was told, since movements are gone or were decided under other prices, that
is said, and the notification's own evidence explains it.
"""
