"""The bank itself: branches, sub-branches and outlets, their heads, and the customer managers."""

from __future__ import annotations

from datetime import date, time, timedelta
from random import Random

from schemas.customers import Language
from schemas.managers import Leave, Manager, Role, WorkingHours
from wealthwatch.simulation import names

CUSTOMERS_OF_A_MANAGER = 35
MANAGERS_OF_AN_OUTLET = 2
OUTLETS_OF_A_SUB_BRANCH = 3
SUB_BRANCHES_OF_A_BRANCH = 4

BRANCHES = ("杭州分行", "宁波分行", "苏州分行", "南京分行", "上海分行", "合肥分行", "温州分行", "无锡分行", "厦门分行", "青岛分行")
SUB_BRANCHES = ("西湖支行", "滨江支行", "高新支行", "城东支行", "湖滨支行", "钱江支行", "开发区支行", "古城支行")
OUTLETS = ("文三路网点", "中山路网点", "解放路网点", "科技园网点", "人民广场网点", "大学城网点", "江南大道网点", "凤起路网点", "和平里网点")


def _named(names_of: tuple[str, ...], number: int) -> str:
    turn, place = divmod(number, len(names_of))
    return names_of[place] if not turn else f"{names_of[place][:-2]}{turn + 1}{names_of[place][-2:]}"


def staff(random: Random, customers: int, start: date, days: int) -> tuple[list[Manager], list[Manager]]:
    """Everyone who works there: the customer managers, and the heads above them.

    Returns:
        The managers, one for each 35 customers, in branch order; and the heads: one a branch, one a sub-branch.
    """
    count = max(1, -(-customers // CUSTOMERS_OF_A_MANAGER))
    managers: list[Manager] = []
    heads: dict[str, Manager] = {}
    for number in range(count):
        outlet = number // MANAGERS_OF_AN_OUTLET
        sub_branch = outlet // OUTLETS_OF_A_SUB_BRANCH
        branch = sub_branch // SUB_BRANCHES_OF_A_BRANCH
        paths = [_named(BRANCHES, branch)]
        paths.append(f"{paths[0]}/{_named(SUB_BRANCHES, sub_branch % SUB_BRANCHES_OF_A_BRANCH)}")
        paths.append(f"{paths[1]}/{_named(OUTLETS, outlet % OUTLETS_OF_A_SUB_BRANCH)}")
        above: str | None = None
        for path in paths[:2]:
            if path not in heads:
                heads[path] = _member(random, f"H{len(heads) + 1:04d}", path, above, Role.HEAD)
            above = heads[path].manager_id
        manager = _member(random, f"M{number + 1:04d}", paths[2], above, Role.MANAGER)
        if number % 7 == 3 and days > 20:
            first = start + timedelta(days=random.randrange(5, days - 10))
            leave = Leave(first_day=first, last_day=first + timedelta(days=random.randrange(2, 9)), delegate_id=f"M{(number ^ 1) + 1:04d}")
            manager = manager.model_copy(update={"leave": (leave,)} if (number ^ 1) < count else {})
        managers.append(manager)
    return managers, list(heads.values())


def _member(random: Random, manager_id: str, branch: str, supervisor_id: str | None, role: Role) -> Manager:
    english = random.random() < 0.12
    late = role is Role.MANAGER and random.random() < 0.2
    return Manager(
        manager_id=manager_id,
        name=names.person(random, english=english),
        role=role,
        branch=branch,
        supervisor_id=supervisor_id,
        language=Language.ENGLISH if english else Language.CHINESE,
        working_hours=WorkingHours(days=(2, 3, 4, 5, 6), start=time(10), end=time(19)) if late else WorkingHours(),
    )
