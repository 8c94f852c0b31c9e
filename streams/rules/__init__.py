"""One rule, one file; each ends in `RULE = ...` or `RULES = (...)`, and the folder loads itself (`streams.book`)."""
