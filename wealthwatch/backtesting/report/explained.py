"""What each rule looks for, in one plain sentence for whoever owns its thresholds; Chinese first, English second.

A rule that is not here (one of the bank's own) is shown by its name alone; its exact definition stands in its file.
"""

from __future__ import annotations

EXPLAINED: dict[str, tuple[str, str]] = {
    "large_inflow": ("一笔大额资金从行外转入。", "One large amount comes in from outside the bank."),
    "large_outflow": ("一笔大额资金转出行外。", "One large amount leaves the bank."),
    "unusual_amount": ("一笔金额明显不同于该客户以往的交易。", "One amount is far from what this customer usually moves."),
    "new_payee_large": ("首次向某收款人支付大额资金。", "A large payment goes to somebody this customer has not paid before."),
    "to_competitor": ("资金转往其他银行、券商或保险公司。", "Money goes to another bank, broker or insurer."),
    "cumulative_to_competitor": ("近期转往同业的资金累计较大。", "Money that went to competitors adds up to a large sum over some weeks."),
    "early_redemption": ("产品在到期前被赎回或终止。", "A product is redeemed or ended before its term."),
    "retraction": (
        "已触发提醒的交易被冲正，提醒随之撤回。",
        "A movement that raised a notification is reversed.",
    ),
    "loan_event": ("贷款发放、提前还款或逾期。", "A loan is drawn, repaid early, or overdue."),
    "cumulative_inflow": ("数天内转入金额累计较大。", "Money that came in adds up to a large sum over some days."),
    "cumulative_outflow": ("数天内转出金额累计较大。", "Money that left adds up to a large sum over some days."),
    "net_outflow_ratio": ("净流出占客户资产的比例较高。", "A large share of the customer's assets has left, on balance."),
    "flow_spike": ("当日资金净流量突然异常。", "The day's net flow is suddenly far from the usual."),
    "activity_spike": ("近七天支出笔数明显多于平时。", "Many more payments in seven days than usual."),
    "activity_drop": ("近一个月交易明显减少。", "Far fewer movements in a month than before."),
    "pass_through": ("资金转入后两天内大部分又转出。", "Money comes in, and most of it leaves again within two days."),
    "drip_outflow": ("多笔小额付款流向同一收款人，合计较大。", "Many small payments to one payee add up to a large sum."),
    "above_previous_peak": ("本月流量远超过去一年最高的月份。", "This month's flow is well above the highest of the year before."),
    "change_point": ("资金流向在近几周持续改变。", "The flow of money has changed lastingly."),
    "low_balance": ("账户余额过低。", "An account has little left on it."),
    "aum_change": ("客户资产在短时间内大幅变化。", "The customer's assets have changed by a large share."),
    "full_sweep": ("一天内账户几乎被转空。", "Nearly all of an account leaves the bank within a day."),
    "idle_cash": ("大额活期资金长期闲置。", "A large amount has stood idle for days."),
    "class_drift": ("某类资产偏离目标比例。", "One kind of asset has drifted from its target share."),
    "total_drift": ("整体资产配置偏离目标。", "The allocation as a whole has drifted from its target."),
    "allocation_shift": ("资产配置较一个月前明显不同。", "The allocation is very different from a month ago."),
    "concentration": ("资产过于集中于一种产品或类别。", "Too much is in one product or one kind of asset."),
    "risk_mismatch": ("持仓风险高于客户的风险承受能力。", "The holdings are riskier than the customer's profile."),
    "maturity_upcoming": ("产品即将到期。", "A product will soon reach its term."),
    "matured_not_reinvested": ("到期资金数日后仍未再投资。", "Money from a matured product has not been placed again."),
    "reinvested": ("到期资金已及时再投资。", "Money from a matured product was placed again in time."),
    "dormant_reactivated": ("一年未动的客户又有交易。", "A customer who did nothing for a year is active again."),
    "recurring_credit_missing": ("固定的工资或养老金未按时到账。", "A regular salary or pension has not come."),
    "birthday_or_anniversary": ("客户生日或纪念日临近。", "The customer's birthday or anniversary is near."),
    "tier_up": ("客户资产达到更高等级。", "The customer's assets reach a higher class."),
    "near_tier": ("客户资产接近更高等级。", "The customer's assets are close to a higher class."),
    "tier_down_risk": ("客户资产可能跌出现有等级。", "The customer's assets may fall out of their class."),
    "attrition_score": ("多种迹象表明客户可能流失。", "Several signs together say that the customer may leave."),
    "potential_high_net_worth": (
        "资产不多但流水很大，可能是潜在高净值客户。",
        "Little is held here, but much flows through.",
    ),
    "no_contact_after_change": ("发生重要变化后尚未联系客户。", "After an important change nobody has talked to the customer."),
    "late_movement": ("一笔交易在发生数日后才送达。", "A movement arrives days after it happened."),
    "unpriced_position": ("外币账户没有可用汇率，无法估值。", "An account in a currency of which no rate is known."),
    "recon_break": ("数据源给出的余额与我方计算不一致。", "The balance that the data states differs from the one that was reckoned."),
}
