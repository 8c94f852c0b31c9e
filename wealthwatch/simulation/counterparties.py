"""The other sides of everyday movements, as ready pieces of JSON (the channel and the bank transaction code with them)."""

from __future__ import annotations

import json
from random import Random

from wealthwatch.simulation import names

BANKS = ("江海银行", "华岳银行", "东湖银行", "北辰银行", "南屏银行", "Straits Bank", "Meridian Bank")
COMPETITORS = ("海纳证券", "云杉财富", "远山私人银行", "Harbour Wealth")
SHOPS = (
    "盒生鲜超市",
    "美味轩餐厅",
    "东站便利店",
    "悦读书店",
    "滴答出行",
    "优居家具",
    "安康大药房",
    "云海咖啡",
    "星光影城",
    "四季服饰",
    "数码港",
    "加油站",
)
PAYEES = ("国网电力", "城市自来水", "天然气公司", "通信运营商", "物业管理", "有线宽带")
LETTERS = "0123456789"


def tail(code: str, channel: str, name: str = "", bank: str = "", account: str = "", customer: str = "") -> str:
    """The end of a movement's JSON, from its comma on."""
    other = {"name": name, "bank": bank, "account": account, "customer_id": customer}
    given = {key: value for key, value in other.items() if value}
    piece = f',"bank_transaction_code":"{code}","channel":"{channel}"'
    return f'{piece},"counterparty":{json.dumps(given, ensure_ascii=False, separators=(",", ":"))}' if given else piece


def masked(random: Random) -> str:
    """What may be shown of somebody else's account."""
    return "****" + "".join(random.choice(LETTERS) for _ in range(4))


def outside(random: Random, name: str) -> tuple[str, str]:
    """Credits from, and debits to, somebody at another bank."""
    bank, account = random.choice(BANKS), masked(random)
    return tail("PMNT-RCDT-ESCT", "online", name, bank, account), tail("PMNT-ICDT-ESCT", "mobile", name, bank, account)


class Town:
    """Everybody the bank's customers deal with: pools to draw from."""

    def __init__(self, random: Random) -> None:
        self.shops = [tail("PMNT-CCRD-POSD", "pos", f"{shop}({place})") for shop in SHOPS for place in names.PLACES[:6]]
        self.payees = [tail("PMNT-ICDT-DDBT", "direct_debit", payee) for payee in PAYEES]
        self.people = [outside(random, names.person(random)) for _ in range(400)]
        self.firms = [outside(random, names.company(random, english=n % 8 == 0)) for n in range(300)]
        self.employers = [_payroll(random, names.company(random, english=n % 9 == 0)) for n in range(200)]


def _payroll(random: Random, name: str) -> str:
    return tail("PMNT-RCDT-SALA", "batch", name, random.choice(BANKS), masked(random))


CASH_OUT = tail("PMNT-CCRD-CWDL", "atm")
CASH_IN = tail("PMNT-CNTR-CDPT", "counter")
OWN = tail("PMNT-ICDT-BOOK", "mobile")
SAVING = tail("LDAS-FTDP-DPST", "mobile")
MATURED = tail("LDAS-FTDP-RPMT", "batch")
BROKEN = tail("LDAS-FTDP-OTHR", "counter")
BUYING = tail("SECU-SETT-SUBS", "mobile")
SELLING = tail("SECU-SETT-REDM", "mobile")
VALUED = tail("SECU-MDOP-OTHR", "batch")
EXCHANGE = tail("FORX-SPOT-OTHR", "mobile")
INSTALMENT = tail("LDAS-CSLN-PPAY", "batch")
DRAWDOWN = tail("LDAS-CSLN-DDWN", "counter")
EARNED = tail("ACMT-MCOP-INTR", "batch")
PAID_OUT = tail("SECU-CORP-DVCA", "batch")
CHARGED = tail("ACMT-MDOP-FEES", "batch")
TAXED = tail("PMNT-ICDT-TAXE", "direct_debit", "税务局")
PREMIUM = tail("PMNT-ICDT-DDBT", "direct_debit", "安平人寿")
PAYROLL = tail("PMNT-ICDT-SALA", "batch", "代发工资", "江海银行")
