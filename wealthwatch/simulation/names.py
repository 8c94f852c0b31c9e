"""Invented names of people, companies and institutions, Chinese and English."""

from __future__ import annotations

from random import Random

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋"
    "蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅鑫波斌宇浩凯"
    "健俊帆雪琳晨阳婷慧颖佳怡欣悦子涵梓轩诗若溪思远文博雅清嘉泽睿哲铭宸安宁"
)
ENGLISH_GIVEN = (
    "James",
    "Mary",
    "Daniel",
    "Sarah",
    "Thomas",
    "Emma",
    "Oliver",
    "Grace",
    "Henry",
    "Alice",
    "Lucas",
    "Nina",
    "Victor",
    "Claire",
)
ENGLISH_SURNAMES = ("Smith", "Brown", "Taylor", "Wilson", "Clark", "Walker", "Young", "King", "Wright", "Green", "Baker", "Hall", "Carter")
PLACES = ("杭州", "宁波", "苏州", "南京", "上海", "绍兴", "嘉兴", "无锡", "合肥", "温州")
PLACES_ENGLISH = ("Hangzhou", "Ningbo", "Suzhou", "Nanjing", "Shanghai", "Shaoxing", "Jiaxing", "Wuxi", "Hefei", "Wenzhou")
MARKS = ("云帆", "恒达", "瑞丰", "星河", "华景", "金桥", "蓝海", "鼎盛", "博远", "天和", "新禾", "长青", "锦程", "东篱", "启明", "万象")
MARKS_ENGLISH = ("Harbour Light", "Evergreen", "Blue Ocean", "Northgate", "Silk Road", "Lotus", "Bright Peak", "Riverside", "Golden Bridge")
TRADES = ("科技", "贸易", "精密制造", "供应链管理", "餐饮管理", "建筑工程", "纺织", "医疗器械", "新能源", "文化传媒", "食品", "物流")
TRADES_ENGLISH = ("Technology", "Trading", "Logistics", "Foods", "Textiles", "Engineering", "Medical", "Energy")
INSTITUTIONS = (
    "{0}市第{1}中学",
    "{0}市第{1}人民医院",
    "{0}大学",
    "{0}市慈善基金会",
    "{0}市图书馆",
    "{0}理工学院",
    "{0}市第{1}小学教育集团",
)
NUMERALS = "一二三四五六七八九"


def person(random: Random, *, english: bool = False) -> str:
    """A person's name."""
    if english:
        return f"{random.choice(ENGLISH_GIVEN)} {random.choice(ENGLISH_SURNAMES)}"
    return random.choice(SURNAMES) + "".join(random.choice(GIVEN) for _ in range(1 if random.random() < 0.25 else 2))


def company(random: Random, *, english: bool = False) -> str:
    """A company's name."""
    if english:
        return f"{random.choice(MARKS_ENGLISH)} {random.choice(TRADES_ENGLISH)} ({random.choice(PLACES_ENGLISH)}) Co., Ltd."
    form = "股份有限公司" if random.random() < 0.15 else "有限公司"
    return f"{random.choice(PLACES)}{random.choice(MARKS)}{random.choice(TRADES)}{form}"


def institution(random: Random) -> str:
    """The name of a school, a hospital, a foundation."""
    return random.choice(INSTITUTIONS).format(random.choice(PLACES), random.choice(NUMERALS))
