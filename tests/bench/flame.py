"""`make profile`: where the detector's time goes under the load of the benchmark: a flame graph by py-spy, build/profile.svg."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench.filling import fill
from tests.bench.load import movements
from tests.bench.measuring import running
from tests.bench.systems import PARTITIONS, PEERS_PYTHON, ROOT, SYSTEMS, a_site

OURS = [name for name in SYSTEMS if name.startswith("wealthwatch")]


def main() -> None:
    """Fill, run under py-spy, say where the picture is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--system", choices=OURS, default="wealthwatch full rules")
    parser.add_argument("--movements", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--seconds", type=int, default=30, help="how long to look, from the start of the process")
    parser.add_argument("--native", action="store_true", help="show the frames of compiled code, too; slower")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "profile.svg")
    wish = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name, a_site(Path(name)) as (site, broker), console.status("writing movements") as status:
        plan = SYSTEMS[wish.system](site)
        asyncio.run(fill(site.bootstrap, plan.movements, PARTITIONS, movements(wish.movements, wish.customers)))
        status.update(f"looking at {wish.system} for {wish.seconds} s")
        spy = [str(PEERS_PYTHON.with_name("py-spy")), "record", "--rate", "250", "--duration", str(wish.seconds), "--output", str(wish.out)]
        command = [*spy, *(["--native"] if wish.native else []), "--", *plan.command]
        with running("py-spy", command, site.folder, plan.environments[0]) as child:
            child.wait(wish.seconds + 120)
            if not wish.out.exists():
                raise SystemExit(child.last_words())
    console.print(f"on {broker}: {wish.out}")


if __name__ == "__main__":
    main()
