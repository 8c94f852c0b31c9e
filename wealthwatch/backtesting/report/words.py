"""Every text of the report, in both languages: Chinese first, English second. Its reader has never seen the product."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from babel.dates import format_date

from schemas.customers import Language

TEXTS: dict[str, tuple[str, str]] = {
    "title": ("规则回测报告", "What the rules would have told"),
    "lead": (
        "规则在过去的账户交易上运行了一遍，就像当时已经生效；没有向任何人发送。可以看到经理会收到多少条提醒、涉及哪些客户、在哪些日子。",
        (
            "These rules were run over past account movements, as if they had been in force then. Nothing was sent to anybody. "
            "Here is how many notifications customer managers would have received, about which customers, and when."
        ),
    ),
    "empty": ("没有读到任何可用的交易，因此没有结果。", "No movements could be read, so there is nothing to show."),
    "none": ("这些规则在此期间没有发现任何情况。", "The rules found nothing in this period."),
    "period": ("{first} 至 {last}", "{first} to {last}"),
    "figure.notifications": ("提醒总数", "Notifications"),
    "figure.customers": ("涉及客户", "Customers concerned"),
    "figure.of": ("共 {total}", "of {total}"),
    "figure.managers": ("涉及客户经理", "Managers concerned"),
    "figure.median": ("经理平常一天收到", "A manager's usual day has"),
    "figure.p95": ("95% 的日子不超过", "95 days in 100 have at most"),
    "figure.largest": ("单日最多", "The fullest day has"),
    "figure.days": ("只计有提醒的日子", "counting only days with any"),
    "rules.title": ("各规则触发了多少提醒", "How much each rule tells"),
    "rules.lead": (
        "每条规则只关注一种变化。条形越长，提醒越多；颜色表示紧急程度。",
        "Each rule looks for one kind of change. The longer the bar, the more notifications; the colours say how urgent they are.",
    ),
    "rules.quiet": ("以下规则没有触发：", "These rules found nothing: "),
    "rules.off": ("以下规则已关闭，未运行：", "These rules are switched off and were not run: "),
    "rules.household": ("以家庭为单位：{what}", "For a whole household: {what}"),
    "rules.then": ("之后：", "Later: "),
    "then.escalated": ("{n} 条升级", "{n} became more urgent"),
    "then.resolved": ("{n} 条自行恢复", "{n} ended by themselves"),
    "then.retracted": ("{n} 条因交易冲正而撤回", "{n} were taken back because the movement was reversed"),
    "rule": ("规则", "Rule"),
    "count": ("提醒数", "Notifications"),
    "time.title": ("随时间的变化", "Over time"),
    "time.lead": (
        "突然的高峰往往出自同一原因：发薪日、某款产品到期，或数据源故障。",
        "A sudden peak often has one cause: a day on which salaries come, a product that matures, a fault in the data.",
    ),
    "time.day": ("每天的提醒数", "Notifications a day"),
    "time.week": ("每周的提醒数", "Notifications a week"),
    "time.month": ("每月的提醒数", "Notifications a month"),
    "time.date": ("日期", "Date"),
    "time.desc": ("柱状图：{what}，从 {first} 到 {last}，最高 {most}。", "Columns: {what}, from {first} to {last}, the highest {most}."),
    "time.from": ("{date} 起", "from {date}"),
    "daily.title": ("客户经理的一天", "A manager's day"),
    "daily.lead": (
        (
            "所有经理的日子共 {all} 天，其中 {some} 天（{share}）至少有一条提醒。"
            "在这些日子里，一半不超过 {median} 条，95% 不超过 {p95} 条；最多的是经理 {manager} 在 {date}，共 {largest} 条。"
        ),
        (
            "Take every manager's every day: {all} days in all, of which {some} ({share}) have at least one notification. "
            "Half of those have {median} or fewer, 95 in 100 have {p95} or fewer; the fullest, {date} for {manager}, has {largest}."
        ),
    ),
    "daily.x": ("一位经理一天收到的提醒数", "Notifications on one manager's day"),
    "daily.y": ("天数（所有经理合计）", "Number of days, all managers together"),
    "daily.desc": (
        "柱状图：每天有多少条提醒的天数；从 1 到 {largest}。",
        "Columns: on how many days a manager has so many notifications, from 1 to {largest}.",
    ),
    "daily.days": ("{n} 条：{days} 天", "{n}: on {days} days"),
    "daily.unknown": (
        "另有 {n} 条提醒的客户没有登记客户经理，未计入。",
        "Another {n} notifications are about customers for whom no manager is recorded; they are not counted here.",
    ),
    "affected.title": ("涉及最多的客户与经理", "Whom it concerns most"),
    "affected.lead": (
        "若少数几人占了大部分，可以为他们单独调整阈值。",
        "Where a few have most of it, thresholds can be set for them alone.",
    ),
    "customers": ("客户", "Customers"),
    "managers": ("客户经理", "Managers"),
    "customer": ("客户号", "Customer"),
    "manager": ("经理工号", "Manager"),
    "compare.title": ("如果改用另一套规则", "If the rules were changed"),
    "compare.lead": (
        "同样的交易按“{other}”再运行一次：提醒从 {before} 条变为 {after} 条。",
        "The same movements were run again with {other}: {before} notifications become {after}.",
    ),
    "compare.same": ("{n} 条完全相同。", "{n} are the same."),
    "compare.none": ("两套规则得到的提醒完全相同。", "Both find exactly the same."),
    "compare.explained": (
        "“新增”只有新规则会发现，“减少”只有现行规则会发现；“提前/推后”指两者都发现，但时间相差不超过七天。",
        "Added: only the changed rules find it. Removed: only the present ones do. Earlier or later: both do, at most seven days apart.",
    ),
    "change.added": ("新增", "Added"),
    "change.removed": ("减少", "Removed"),
    "change.earlier": ("提前", "Earlier"),
    "change.later": ("推后", "Later"),
    "change.severity": ("级别改变", "Other urgency"),
    "compare.chart": ("减少（左）与新增（右）", "Removed (left) and added (right)"),
    "compare.daily": ("客户经理的一天", "A manager's day"),
    "compare.present": ("现行", "Present"),
    "compare.changed": ("更改后", "Changed"),
    "compare.affected": ("受影响最大", "Most affected"),
    "settings.title": ("所用设置", "Settings used"),
    "settings.lead": (
        "金额以 {currency} 计。未列出的参数采用默认值。",
        "Money is in {currency}. What is not listed has its default.",
    ),
    "settings.changed": ("标出的行在两套规则之间不同。", "Marked rows differ between the two."),
    "settings.tiers": ("客户等级", "Classes of customers"),
    "settings.line": ("资产起点", "Assets from"),
    "settings.floor": ("单笔交易起点金额", "A single movement matters from"),
    "settings.mode": ("状态", "State"),
    "settings.value": ("设置", "Settings"),
    "settings.since": ("自 {at} 起：", "From {at} on:"),
    "settings.default": ("默认", "defaults"),
    "mode.live": ("生效", "on"),
    "mode.test": ("测试（不通知）", "in test (nobody is told)"),
    "mode.off": ("关闭", "off"),
    "data.title": ("所读数据", "The data"),
    "data.read": ("读取交易", "Movements read"),
    "data.applied": ("已处理", "Taken"),
    "data.late": ("迟到（已计入其发生日）", "Came late (counted on their own date)"),
    "data.duplicate": ("重复（已忽略）", "Repeated (ignored)"),
    "data.refused": ("无法读取（已跳过）", "Unreadable (skipped)"),
    "data.customers": ("客户", "Customers"),
    "data.feeds": ("数据文件", "From"),
    "data.first_bad": ("最先遇到的无法读取的行：", "The first that could not be read:"),
    "data.order": (
        "注意：{after} 的开始早于 {before} 的结束。文件按给出的顺序依次读取，请按时间先后给出。",
        "Note: {after} begins before {before} ends. Files are read one after the other, so give them in the order of time.",
    ),
    "table": ("以表格查看", "As a table"),
    "present": ("现行设置", "the settings in force"),
    "footer": (
        "由 wealthwatch 生成。本页不含客户姓名，不访问网络。",
        "Made by wealthwatch. No names of customers are on this page.",
    ),
}


class Words:
    """All texts in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._place = 0 if language is Language.CHINESE else 1

    def __call__(self, name: str, **values: object) -> str:
        """A text with its values filled in; numbers get their separators."""
        return TEXTS[name][self._place].format(**{key: number(value) for key, value in values.items()})

    def full(self, on: date) -> str:
        """A date in full."""
        return format_date(on, "y年M月d日" if self._place == 0 else "d MMM y", locale="zh" if self._place == 0 else "en")

    def short(self, on: date) -> str:
        """A date on an axis."""
        return format_date(on, "M月d日" if self._place == 0 else "d MMM", locale="zh" if self._place == 0 else "en")

    def month(self, on: date) -> str:
        """A month on an axis."""
        return format_date(on, "y年M月" if self._place == 0 else "MMM y", locale="zh" if self._place == 0 else "en")


def number(value: object) -> object:
    """Whole numbers with separators, fractions with one decimal, anything else as it is."""
    if isinstance(value, bool):
        return value
    if isinstance(value, Fraction):
        return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.1f}"
    return f"{value:,}" if isinstance(value, int) else value
