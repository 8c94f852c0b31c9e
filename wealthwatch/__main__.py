"""`python -m wealthwatch` is the command line, for where the script is not on the path."""

from wealthwatch.cli import main

main()
