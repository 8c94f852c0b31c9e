"""Every text of an explanation, in both languages."""

from __future__ import annotations

from schemas.notifications import Notification
from streams.explanation import Reason
from streams.wording import Text

GONE = Text(
    "未能重放：该客户的交易已不在数据源中（可能已过保留期）。以下仅依据通知自带的证据。",
    "NOT REPLAYED: no movement of this customer is left in the source, gone by retention perhaps. What follows is the notification's own "
    "evidence alone.",
)
NOT_SAID = Text(
    "未能重放：按数据源中现有的记录，重放得不出这条通知（缺少更早的交易，或档案、规则、到达顺序不同）。以下仅依据通知自带的证据。",
    "NOT REPLAYED: from what is left in the source, the replay does not come to this notification. Earlier movements are gone, or profile, "
    "rules or the order of arrival differ. What follows is the notification's own evidence alone.",
)


def otherwise(replayed: Notification) -> Text:
    """The replay comes to other numbers."""
    evidence, rule = replayed.evidence, replayed.rule
    numbers = {"measured": str(evidence.measured), "threshold": str(evidence.threshold), "severity": str(replayed.severity)}
    return Text(
        "重放结果不同：实测 {measured}，阈值 {threshold}，级别 {severity}，规则第 {version} 版（当时的汇率、档案或更早的交易已不可得）。"
        "以下仅依据通知自带的证据。",
        "NOT REPLAYED EXACTLY: the replay measures {measured} against {threshold}, severity {severity}, version {version}. Rates, profile "
        "or earlier movements of that time are no longer there. What follows is the notification's own evidence alone.",
    ).fill(**numbers, version=str(rule.version))


def retention(place: str, first: int) -> Text:
    """Movements are gone."""
    return Text(
        "{place} 中偏移量 {first} 之前的交易已过保留期，重放从其后开始：余额、窗口和等级可能与当时不同。",
        "Movements before offset {first} of {place} are gone by retention and the replay begins without them: balances, windows and tiers "
        "may differ from what was decided.",
    ).fill(place=place, first=str(first))


REASONS = {
    Reason.OPENED: Text("已通知", "told"),
    Reason.ESCALATED: Text("已升级", "told: escalated"),
    Reason.RESOLVED: Text("已解除", "told: resolved"),
    Reason.RETRACTED: Text("已撤回", "told: taken back"),
    Reason.STILL_OPEN: Text(
        "此前已通知，尚未解除，级别未升高", "told before and still open: no more severe now, and not yet low enough to end"
    ),
    Reason.LATCHED: Text("此前已触发，尚未复位", "fired before and not rearmed since"),
    Reason.COOLING_DOWN: Text("冷却期内", "resolved before, and cooling down"),
    Reason.BELOW_THRESHOLD: Text("未达到阈值", "below the threshold"),
    Reason.OUT_OF_ITS_RANGE: Text("数值不在规则关注的区间", "outside the range it looks for"),
    Reason.BELOW_FLOOR: Text("金额低于起点金额", "the amount is below the floor"),
    Reason.INSUFFICIENT_HISTORY: Text("历史数据不足", "not enough history to measure"),
    Reason.FAILED: Text("表达式无法求值", "its expression could not be evaluated"),
    Reason.NO_ANSWER: Text("没有可衡量的内容", "asked, and there was nothing of its kind to measure"),
    Reason.REVERSED: Text("该交易的冲正先于交易到达", "the movement's reversal came before it"),
    Reason.NOT_CONCERNED: Text("不涉及", "not about this"),
    Reason.OFF: Text("规则已停用", "switched off"),
    Reason.NOT_TAKEN: Text("未询问任何规则", "no rule was asked"),
}
NOT_CONCERNED_MOVEMENT = Text("不涉及这类交易", "not about this kind of movement")
NOT_CONCERNED_TICK = Text("日终时无需判断", "not asked when a date closes")

TEXTS = {
    "told_one": Text(
        "{rule}：实测 {measured}，为阈值 {threshold} 的 {times} 倍，因此{did}，级别为{severity}。",
        "{rule}: {measured} was measured, {times} times the threshold of {threshold}, so a notification was {did} as {severity}.",
    ),
    "told_plain": Text(
        "{rule}：实测 {measured}，阈值 {threshold}，因此{did}，级别为{severity}。",
        "{rule}: {measured} was measured against a threshold of {threshold}, so the notification was {did} ({severity}).",
    ),
    "told_retracted": Text("{rule}：{because}，此前的通知被撤回。", "{rule}: {because}, so the earlier notification was taken back."),
    "because_reversal": Text("相关交易已被冲正或核对清楚", "the movement behind it was reversed or explained"),
    "none_told": Text("{what}：共 {rules} 条规则，均未发出通知。", "{what}: of {rules} rules none told anything."),
    "some_told": Text(
        "{what}：共 {rules} 条规则，{told} 条发出通知（{names}）。", "{what}: of {rules} rules {told} told something ({names})."
    ),
    "not_taken": Text("{what}：{result}，未询问任何规则。", "{what}: {result}, so no rule was asked."),
    "did.opened": Text("发出新通知", "opened"),
    "did.escalated": Text("通知升级", "escalated"),
    "did.resolved": Text("通知解除", "resolved"),
    "did.retracted": Text("通知撤回", "taken back"),
    "result.duplicate": Text("该交易是重复到达", "the movement is a repeat"),
    "result.mismatched": Text("该交易的币种与账户不符，被拒绝", "the movement names another currency than its account, and was refused"),
    "result.out_of_range": Text(
        "该交易会使数值超出可精确保存的范围，被拒绝", "the movement would carry a figure out of range, and was refused"
    ),
    "result.snapshot": Text("这是初始余额", "it is an opening balance"),
    "movement": Text("{at} 的{kind} {amount}", "The {kind} of {amount} on {at}"),
    "tick": Text("{day} 日终", "The close of {day}"),
    "hour": Text("{at} 整点", "The hour of {at}"),
    "nearest": Text("最接近的是{rule}（{why}）。", "The nearest was {rule} ({why})."),
    "test": Text("（试运行：不通知任何人）", " (in test mode: told to nobody)"),
    "head.measured": Text("衡量", "Measured"),
    "head.movements": Text("涉及的交易", "Movements"),
    "head.settings": Text("规则设置", "Settings"),
    "head.also": Text("同时发出的通知", "Told at the same moment, too"),
    "head.others": Text("其他规则为何没有通知", "Why the others told nothing"),
    "head.none": Text("各规则为何没有通知", "Why the rules told nothing"),
    "head.history": Text("这条通知的经过", "What was said of it"),
    "head.later": Text("此后至所问时间", "Between then and the time you asked about"),
    "customer": Text("客户", "Customer"),
    "customer_line": Text("{id}，{segment}，{tier}，经理 {manager}", "{id}, {segment}, {tier}, manager {manager}"),
    "nobody": Text("未知", "unknown"),
    "assets": Text("资产（AUM）", "Assets (AUM)"),
    "from_to": Text("{before} → {after}", "{before} → {after}"),
    "looks": Text("规则定义", "The rule"),
    "measured": Text("实测值", "Measured"),
    "threshold": Text("阈值", "Threshold"),
    "window": Text("统计窗口", "Window"),
    "window_dates": Text("{first} 至 {last}", "{first} to {last}"),
    "from": Text("{severity}：{lower} 起", "{severity} from {lower}"),
    "facet": Text("对象", "About"),
    "told_to": Text("说明", "Words"),
    "id": Text("编号", "Id"),
    "when": Text("时间", "when"),
    "kind": Text("类型", "what"),
    "account": Text("账户", "account"),
    "amount": Text("金额", "amount"),
    "counts": Text("计入", "counts as"),
    "event": Text("交易编号", "event"),
    "adds_up": Text("合计 {sum}，即实测值。", "Together {sum}: the measured value."),
    "of_window": Text(
        "窗口内该规则可能涉及的同类交易；规则可能只计入其中一部分。",
        "Those within the window of the kind that the rule looks at; it may count some of them only.",
    ),
    "largest_of": Text(
        "共 {all} 笔，显示最大的 {shown} 笔，其余 {left} 笔合计 {rest}（--json 列出全部）。",
        "The {shown} largest of {all}; the other {left} add {rest} (--json has them all).",
    ),
    "no_movement": Text("由日终触发，没有单独的交易。", "A closing date decided, no single movement."),
    "version": Text(
        "{id} {name}，第 {version} 版，{mode}，{since}起生效，设置人 {by}",
        "{id} {name}, version {version}, {mode}, since {since}, set by {by}",
    ),
    "always": Text("一直", "always"),
    "settings_file": Text("设置文件", "the settings file"),
    "mode.live": Text("启用", "live"),
    "mode.test": Text("试运行", "test"),
    "mode.off": Text("停用", "off"),
    "parameter": Text("参数", "parameter"),
    "value": Text("值", "value"),
    "set_for": Text("适用于", "set for"),
    "set.default": Text("默认", "default"),
    "set.all": Text("全部", "all"),
    "set.bank": Text("银行设置：{tier}", "the bank's tier {tier}"),
    "amount_floor": Text("金额 {amount}，起点 {floor}", "amount {amount}, floor {floor}"),
    "since": Text("始于 {at}", "since {at}"),
    "until": Text("至 {at}", "until {at}"),
    "see_tick": Text("加上 --tick 可查看日终时的判断。", "Add --tick to see what was decided when a date closed."),
    "see_id": Text("查看全部参数：wealthwatch explain 编号", "With every parameter: `wealthwatch explain ID`"),
}
