#!/bin/sh
# Makes up a bank whose last day is yesterday and replays it, once: a marker in the volume keeps a second start from telling it all again.
set -eu

[ ! -e replayed ] || { echo "the sample was replayed before"; exit 0; }
[ -e bank.stories.json ] || wealthwatch simulate --seed 7 --customers "$CUSTOMERS" --days "$DAYS" \
    --start "$(date --date "$DAYS days ago" +%F)" --out bank.jsonl
if [ -e bank.jsonl.resume.json ]; then resume=--resume; else resume=; fi
wealthwatch replay bank.jsonl --rate "$RATE" $resume
touch replayed
