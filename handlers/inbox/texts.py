"""Every text of the pages, in both languages: Chinese first, English second."""

from __future__ import annotations

from collections.abc import Callable

from schemas.customers import Language

TEXTS: dict[str, tuple[str, str]] = {
    "product": ("财富动态", "Wealthwatch"),
    "skip": ("跳到正文", "Skip to the content"),
    "nav.help": ("快捷键", "Keyboard"),
    "nav.logout": ("退出", "Sign out"),
    "nav.language": ("English", "中文"),
    "nav.language_label": ("Switch to English", "切换到中文"),
    "live.on": ("实时更新", "Live"),
    "live.off": ("未连接，刷新可见最新", "Not live; reload to see the latest"),
    "live.new": ("{count} 条新提醒", "{count} new"),
    "live.changed": ("页面已更新", "The page was updated"),
    # log in
    "login.title": ("登录", "Sign in"),
    "login.lead": ("客户资金有变动，这里第一时间告诉您。", "When a customer's wealth moves, you read it here first."),
    "login.username": ("用户名", "Username"),
    "login.password": ("密码", "Password"),
    "login.submit": ("登录", "Sign in"),
    "login.wrong": ("用户名或密码不正确。", "The username or the password is not right."),
    "login.too_often": ("尝试次数过多，请一分钟后再试。", "Too many tries. Please wait a minute."),
    "login.ended": ("登录已过期，请重新登录。", "Your session has ended. Please sign in again."),
    # the list
    "list.title": ("提醒", "Notifications"),
    "list.greeting": ("{name}，以下客户有变动", "{name}, these customers moved"),
    "list.hello": ("{name}，您好", "Hello, {name}"),
    "list.overdue": ("已逾期 {count} 条", "{count} overdue"),
    "list.filters": ("筛选", "Filter"),
    "list.severity": ("级别", "Severity"),
    "list.rule": ("规则", "Rule"),
    "list.search": ("客户姓名", "Customer name"),
    "list.search_hint": ("搜索客户", "Find a customer"),
    "list.sort": ("排序", "Order"),
    "list.any": ("全部", "All"),
    "list.apply": ("应用", "Apply"),
    "list.clear": ("清除筛选", "Clear filters"),
    "list.pages": ("分页", "Pages"),
    "list.page": ("第 {page} / {pages} 页", "Page {page} of {pages}"),
    "list.previous": ("上一页", "Previous"),
    "list.next": ("下一页", "Next"),
    "list.today": ("今天", "Today"),
    "list.yesterday": ("昨天", "Yesterday"),
    "list.action": ("建议", "Next step"),
    "list.manager": ("负责人：{name}", "With {name}"),
    "sort.newest": ("按日期，重要在前", "By day, most severe first"),
    "sort.severe": ("按级别", "Most severe first"),
    "sort.due": ("按处理期限", "By due time"),
    "empty.open": ("没有待处理的提醒", "Nothing is waiting for you"),
    "empty.open_more": (
        "客户有大额进出、账户清空或等级变化时，会立即出现在这里，无需刷新。",
        "A large inflow or outflow, an emptied account, a new tier: it will appear here at once, without a reload.",
    ),
    "empty.acknowledged": ("没有跟进中的提醒", "Nothing is being followed up"),
    "empty.acknowledged_more": (
        "确认或联系过的提醒会留在这里，直到您记录结果。",
        "What you acknowledge or call about stays here until you record its outcome.",
    ),
    "empty.resolved": ("还没有已完结的提醒", "Nothing is closed yet"),
    "empty.resolved_more": (
        "记录结果后，或情况自行恢复后，提醒会归入这里。",
        "A notification comes here when you record an outcome, or when the situation ends by itself.",
    ),
    "empty.all": ("还没有任何提醒", "No notifications yet"),
    "empty.all_more": (
        "一旦您的客户资金有显著变动，提醒会附上依据和建议出现在这里。",
        "As soon as the wealth of one of your customers moves significantly, it will be here, with its evidence and a suggested next step.",
    ),
    "empty.filtered": ("没有符合条件的提醒", "Nothing matches these filters"),
    "empty.filtered_more": ("换个条件，或清除筛选。", "Try others, or clear them."),
    # due times
    "due.overdue": ("逾期 {span}", "overdue by {span}"),
    "due.in": ("剩余 {span}", "due in {span}"),
    "due.at": ("处理期限 {at}", "Due {at}"),
    "span.days": ("{n} 天", "{n} d"),
    "span.hours": ("{n} 小时", "{n} h"),
    "span.minutes": ("{n} 分钟", "{n} min"),
    "span.now": ("不到 1 分钟", "less than a minute"),
    # a customer
    "customer.back": ("返回列表", "Back to the list"),
    "customer.number": ("客户号 {id}", "Customer {id}"),
    "customer.risk": ("风险承受 {level}", "Risk profile {level}"),
    "customer.household": ("家庭 {id}", "Household {id}"),
    "customer.contact": ("偏好联系方式：{ways}", "Prefers {ways}"),
    "customer.manager": ("客户经理：{name}", "Manager: {name}"),
    "customer.aum": ("管理资产 AUM", "Assets (AUM)"),
    "customer.net_assets": ("净资产", "Net assets"),
    "customer.change": ("近 {days} 天变化", "Change in {days} days"),
    "customer.as_of": ("截至 {at}", "As of {at}"),
    "customer.allocation": ("资产配置", "Allocation now"),
    "customer.allocation_desc": (
        "各类资产占管理资产的比例，明细见下表。",
        "Share of each asset class in the AUM; the table below has the figures.",
    ),
    "customer.history": ("AUM 走势", "AUM over time"),
    "customer.history_desc": (
        "{first} 至 {last} 每日终了的管理资产，从 {low} 到 {high}；标记是提醒发生的日期。",
        "AUM at the end of each day from {first} to {last}, between {low} and {high}; the marks are the notifications.",
    ),
    "customer.history_table": ("以表格查看", "As a table"),
    "customer.jump": ("查看走势与配置", "See history and allocation"),
    "customer.movements": ("关键交易", "Movements that mattered"),
    "customer.notifications": ("提醒", "Notifications"),
    "customer.no_position": ("尚未收到该客户的持仓", "No holdings have been received yet"),
    "customer.no_position_more": (
        "第一笔交易处理后，这里会显示资产配置和走势。",
        "Allocation and history appear once the first movement is processed.",
    ),
    "customer.no_history": ("有两天以上的数据后显示走势。", "The line begins when there are two days of data."),
    "customer.no_movements": ("还没有触发提醒的交易。", "No movement has led to a notification yet."),
    "customer.no_notifications": ("该客户还没有提醒。", "There are no notifications for this customer yet."),
    "customer.older": ("更早的提醒", "Earlier notifications"),
    "customer.newer": ("较新的提醒", "Later notifications"),
    "table.class": ("类别", "Class"),
    "table.value": ("金额", "Value"),
    "table.share": ("占比", "Share"),
    "table.before": ("之前", "Before"),
    "table.after": ("之后", "After"),
    "table.date": ("日期", "Date"),
    # one notification
    "item.why": ("依据", "Why you see this"),
    "item.suggestion": ("建议下一步", "Suggested next step"),
    "item.measured": ("实测", "Measured"),
    "item.threshold": ("阈值", "Threshold"),
    "item.times": ("阈值的 {times} 倍", "{times} times the threshold"),
    "item.bands": ("级别线", "Severity lines"),
    "item.band": ("{severity}：{lower} 起", "{severity} from {lower}"),
    "item.window": ("统计窗口", "Window"),
    "item.window_dates": ("{first} 至 {last}", "{first} to {last}"),
    "item.aum": ("AUM 变化", "AUM"),
    "item.from_to": ("{before} → {after}", "{before} → {after}"),
    "item.net_assets": ("净资产", "Net assets"),
    "item.rates": ("使用的汇率", "Rates used"),
    "item.rate": ("1 {currency} = {rate} {base}（{at}）", "1 {currency} = {rate} {base} ({at})"),
    "item.rate_unknown": ("{currency}：无汇率，未估值", "{currency}: no rate, not valued"),
    "item.prices": ("使用的价格", "Prices used"),
    "item.price": ("{instrument}：{quantity} 份 × {price} {currency}（{at}）", "{instrument}: {quantity} × {price} {currency} ({at})"),
    "item.price_unknown": (
        "{instrument}：{quantity} 份，无价格，按买入金额计",
        "{instrument}: {quantity}, no price, counted with what was paid",
    ),
    "item.allocation": ("配置变化", "Allocation before and after"),
    "item.allocation_desc": (
        "变动前后各类资产的占比，明细见下表。",
        "Share of each class before and after; the table below has the figures.",
    ),
    "item.rule": ("规则 {id} · {name} · 第 {version} 版", "Rule {id} · {name} · version {version}"),
    "item.trail": ("跟进记录", "Follow-up"),
    "item.journal": ("通知日志", "Who was told"),
    "item.history": ("经过", "What was said"),
    "item.actions": ("操作", "What you can do"),
    "fact.never": ("无记录", "never"),
    # steps
    "step.acknowledge": ("确认", "Acknowledge"),
    "step.acknowledge_this": ("确认：{customer}，{title}", "Acknowledge: {customer}, {title}"),
    "step.contact": ("记录联系", "Log a contact"),
    "step.contact_by": ("方式", "How"),
    "step.outcome": ("记录结果", "Record the outcome"),
    "step.outcome_label": ("结果", "Outcome"),
    "step.note": ("备注", "Note"),
    "step.note_hint": ("客户说了什么，下一步约定", "What the customer said, what was agreed"),
    "step.save": ("保存", "Save"),
    "step.choose": ("请选择", "Please choose"),
    "step.saved.acknowledged": ("已确认。", "Acknowledged."),
    "step.saved.contacted": ("联系已记录。", "The contact is logged."),
    "step.saved.outcome": ("结果已记录，提醒已完结。", "The outcome is recorded and the notification closed."),
    # failures
    "fail.not_found": ("找不到", "Not found"),
    "fail.not_found_more": ("没有这个页面，或该客户不在您名下。", "There is no such page, or the customer is not yours."),
    "fail.forged": ("表单已失效", "The form is no longer valid"),
    "fail.forged_more": ("请返回，刷新页面后重试。", "Go back, reload the page and try again."),
    "fail.not_published": ("没有保存", "Not saved"),
    "fail.not_published_more": (
        "消息系统暂时无法写入，没有记录任何内容。请返回后重试。",
        "The message system did not take it, and nothing was recorded. Go back and try again.",
    ),
    "fail.wrong_input": ("填写有误", "Something is missing"),
    "fail.wrong_input_more": ("请返回，检查所填内容后重试。", "Go back, check what you entered and try again."),
    "fail.wrong": ("出错了", "Something went wrong"),
    "fail.wrong_more": ("错误已记录。请稍后再试。", "It has been logged. Please try again in a moment."),
    "fail.back": ("返回列表", "Back to the list"),
    # keyboard
    "help.title": ("键盘快捷键", "Keyboard shortcuts"),
    "help.next": ("下一条", "Next notification"),
    "help.previous": ("上一条", "Previous notification"),
    "help.open": ("打开客户", "Open the customer"),
    "help.acknowledge": ("确认选中的提醒", "Acknowledge the selected one"),
    "help.search": ("搜索", "Search"),
    "help.back": ("返回列表", "Back to the list"),
    "help.help": ("显示本帮助", "Show this help"),
    "help.close": ("关闭", "Close"),
}

Translate = Callable[..., str]


def in_language(language: Language, texts: dict[str, tuple[str, str]]) -> Translate:
    """A function from a text's key, and what stands in its braces, to the text.

    Raises:
        KeyError: when called: there is no such text.
    """
    side = 0 if language is Language.CHINESE else 1

    def text(key: str, /, **values: object) -> str:
        found = texts[key][side]
        return found.format(**values) if values else found

    return text
