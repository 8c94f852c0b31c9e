"""An account movement, as a core-banking feed publishes it to `wealth.movements` (key: customer_id)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.message import Amount, CurrencyCode, EventTime, Identifier, Message, Quantity, SignedAmount, Text


class Direction(StrEnum):
    """ISO 20022 CdtDbtInd, seen from the account: a credit raises its balance, a debit lowers it. A loan's balance is negative."""

    CREDIT = "credit"
    DEBIT = "debit"


class AssetClass(StrEnum):
    """What an account holds; the last two are liabilities."""

    DEMAND_DEPOSIT = "demand_deposit"
    TIME_DEPOSIT = "time_deposit"
    STRUCTURED_DEPOSIT = "structured_deposit"
    WEALTH_PRODUCT = "wealth_product"
    FUND = "fund"
    BOND = "bond"
    EQUITY = "equity"
    INSURANCE = "insurance"
    PRECIOUS_METAL = "precious_metal"
    TRUST = "trust"
    LOAN = "loan"
    CREDIT_CARD = "credit_card"


LIABILITIES = frozenset({AssetClass.LOAN, AssetClass.CREDIT_CARD})


class Flow(StrEnum):
    """Whose money it is: new or lost (external), the customer's own in another form (internal), borrowed, earned, revalued, corrected."""

    EXTERNAL = "external"
    INTERNAL = "internal"
    FINANCED = "financed"
    INCOME = "income"
    MARKET = "market"
    CORRECTION = "correction"


class Kind(StrEnum):
    """What happened, in the bank's words; it gives the flow (`FLOWS`)."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    SALARY = "salary"
    CARD_PAYMENT = "card_payment"
    BILL_PAYMENT = "bill_payment"
    CHEQUE = "cheque"
    OWN_TRANSFER = "own_transfer"
    PURCHASE = "purchase"
    REDEMPTION = "redemption"
    MATURITY = "maturity"
    PLACEMENT = "placement"
    FX_EXCHANGE = "fx_exchange"
    LOAN_DRAWDOWN = "loan_drawdown"
    LOAN_REPAYMENT = "loan_repayment"
    INTEREST = "interest"
    DIVIDEND = "dividend"
    COUPON = "coupon"
    FEE = "fee"
    TAX = "tax"
    INSURANCE_PREMIUM = "insurance_premium"
    INSURANCE_PAYOUT = "insurance_payout"
    VALUATION = "valuation"
    ADJUSTMENT = "adjustment"
    REVERSAL = "reversal"


FLOWS: dict[Kind, Flow] = {
    **dict.fromkeys(
        (
            Kind.DEPOSIT,
            Kind.WITHDRAWAL,
            Kind.TRANSFER_IN,
            Kind.TRANSFER_OUT,
            Kind.SALARY,
            Kind.CARD_PAYMENT,
            Kind.BILL_PAYMENT,
            Kind.CHEQUE,
        ),
        Flow.EXTERNAL,
    ),
    **dict.fromkeys((Kind.OWN_TRANSFER, Kind.PURCHASE, Kind.REDEMPTION, Kind.MATURITY, Kind.PLACEMENT, Kind.FX_EXCHANGE), Flow.INTERNAL),
    **dict.fromkeys((Kind.LOAN_DRAWDOWN, Kind.LOAN_REPAYMENT), Flow.FINANCED),
    **dict.fromkeys(
        (
            Kind.INTEREST,
            Kind.DIVIDEND,
            Kind.COUPON,
            Kind.FEE,
            Kind.TAX,
            Kind.INSURANCE_PREMIUM,
            Kind.INSURANCE_PAYOUT,
        ),
        Flow.INCOME,
    ),
    Kind.VALUATION: Flow.MARKET,
    Kind.ADJUSTMENT: Flow.CORRECTION,
    Kind.REVERSAL: Flow.CORRECTION,
}
"""The flow of each kind. A transfer whose counterparty is the same customer is internal whatever its kind says."""


class Counterparty(Message):
    """The other side of a movement."""

    name: Text | None = None
    bank: Text | None = Field(None, description="BIC or the bank's name")
    account: Text | None = Field(
        None, description="A keyed hash or a masked tail, never the number in clear; our own account_id when it is one of ours"
    )
    customer_id: Identifier | None = Field(None, description="Our own customer, when the other side is one")


class Reverses(Message):
    """What a reversal undoes. It repeats the original's account, currency and counterparty; direction and quantity are the opposite."""

    event_id: Identifier
    occurred_at: EventTime
    kind: Kind = Field(description="The original's kind: it says which flow is undone")


class Movement(Message):
    """One posting on one account.

    `amount` moves the balance: up for a credit, down for a debit, by exactly that much, whatever the kind. A `valuation` states the new
    value in `balance_after`, and the change in `amount` and `direction`.
    """

    schema_version: Literal[1]
    event_id: Identifier = Field(description="Unique within `source`; a second arrival is a duplicate and changes nothing")
    source: Identifier = Field(description="The feed that says it")
    account_id: Identifier
    customer_id: Identifier = Field(description="The owner of the account, and the key of the record")
    branch: Text | None = Field(None, description="Path of the booking branch: branch/sub-branch/outlet")
    asset_class: AssetClass
    kind: Kind
    direction: Direction
    amount: Annotated[Amount, Field(gt=0)]
    currency: CurrencyCode = Field(description="The account's currency, ISO 4217")
    balance_after: SignedAmount | None = Field(None, description="The account's balance after this movement, where the feed has it")
    product: Text | None = Field(None, description="The bank's own product code")
    instrument: Text | None = Field(None, description="ISIN or the bank's own code, where the position is held in units")
    quantity: Quantity | None = Field(None, description="Change of the units held, signed")
    issuer: Text | None = Field(None, description="Who stands behind the product or instrument, where that is not the bank itself")
    risk_score: int | None = Field(None, ge=1, le=5, description="Risk of the product or instrument, 1 (lowest) to 5, as in risk_profile")
    maturity_date: date | None = None
    overdue_days: int | None = Field(
        None,
        ge=0,
        le=36_600,
        description="On a loan's movement: days for which its oldest unpaid instalment is now overdue; 0 where it no longer is",
    )
    occurred_at: EventTime = Field(description="Event time, with its offset")
    booked_on: date | None = Field(None, description="The bank's business date")
    value_date: date | None = None
    bank_transaction_code: Text | None = Field(None, description="ISO 20022 domain-family-subfamily, such as PMNT-RCDT-ESCT")
    counterparty: Counterparty | None = None
    channel: Text | None = None
    reverses: Reverses | None = None
    snapshot: bool = Field(False, description="Seeds the state and never notifies: an opening balance, a Debezium `op=r`")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.kind is Kind.REVERSAL) != (self.reverses is not None):
            raise ValueError("a reversal, and nothing else, has `reverses`")
        if self.kind is Kind.VALUATION and self.balance_after is None:
            raise ValueError("a valuation states the new value in `balance_after`")
        return self
