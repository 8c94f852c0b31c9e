"""`wealthwatch sizing`: how many workers, partitions and brokers a load asks for."""

from __future__ import annotations

from typing import Annotated

import typer

PANEL = "Operate it"
MOVEMENTS = [1_000.0, 10_000.0, 100_000.0]
ACCOUNTS = [10_000_000, 100_000_000, 1_000_000_000]


def command(
    worker_rate: Annotated[float, typer.Option(min=1, help="Movements/s of one worker: `make bench`.")],
    recovery_mb_per_s: Annotated[float, typer.Option(min=1, help="State that one worker reads back: `make bench-recovery`.")],
    movements: Annotated[list[float], typer.Option(min=1, help="Movements/s; several times for several.")] = MOVEMENTS,
    accounts: Annotated[list[int], typer.Option(min=1, help="Accounts; several times for several.")] = ACCOUNTS,
    accounts_per_customer: Annotated[float, typer.Option(min=1)] = 1.0,
    movement_bytes: Annotated[int, typer.Option(min=1, help="One movement.")] = 500,
    state_bytes: Annotated[int, typer.Option(min=1, help="The state of one customer.")] = 12_000,
    object_bytes: Annotated[int, typer.Option(min=1, help="Memory of a customer in use, beside the state.")] = 60_000,
    record_bytes: Annotated[int, typer.Option(min=1, help="What one movement adds to the changelog.")] = 3_350,
    position_bytes: Annotated[int, typer.Option(min=1, help="One message of wealth.positions.")] = 15_500,
    worker_gb: Annotated[float, typer.Option(min=0.5, help="Memory of one worker.")] = 8.0,
    recovery_s: Annotated[float, typer.Option(min=1, help="The longest that one worker may take to recover.")] = 60.0,
    live_customers: Annotated[int, typer.Option(min=1, help="detector.live_customers.")] = 200_000,
    standby_replicas: Annotated[int, typer.Option(min=0, help="detector.standby_replicas.")] = 0,
    replication: Annotated[int, typer.Option(min=1)] = 3,
    broker_mb_per_s: Annotated[float, typer.Option(min=1, help="What one broker takes in.")] = 250.0,
    broker_tb: Annotated[float, typer.Option(min=0.1, help="Disk of one broker.")] = 10.0,
) -> None:
    """Work out workers, partitions and brokers for a load, from what was measured on a machine like yours.

    docs/scaling.md has the arithmetic. Bytes are those of a customer with one account and a movement every day, after a year.

    `wealthwatch sizing --worker-rate 10000 --recovery-mb-per-s 200 --movements 5000 --accounts 40000000 --accounts-per-customer 2.5`
    """
    from wealthwatch.sizing import GB, MB, TB, Measured, Wanted, size, table

    measured = Measured(worker_rate, recovery_mb_per_s * MB, movement_bytes, state_bytes, object_bytes, record_bytes, position_bytes)
    wanted = Wanted(
        accounts_per_customer=accounts_per_customer,
        worker_memory=worker_gb * GB,
        live_customers=live_customers,
        standby_replicas=standby_replicas,
        recovery_s=recovery_s,
        replication=replication,
        broker_rate=broker_mb_per_s * MB,
        broker_disk=broker_tb * TB,
    )
    typer.echo(table([size(rate, number, measured, wanted) for number in accounts for rate in movements]))
