"""What `wealthwatch rules` does: what is in force, what it would be, and what that changes."""
