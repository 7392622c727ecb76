"""What users have in common with the rules about them: the day that all is told as of, and the texts of each column."""

from datetime import date

TODAY = date(2026, 11, 22)
CHANNELS = ["search", "social", "friend", "shop", "advert"]
PLANS = ["free", "trial", "basic", "basic_yearly", "plus", "plus_yearly", "family", "student", "team", "team_yearly", "partner", "staff"]
ENDS = ["ville", "burg", "ton", "stad", "port", "haven", "field", "ford", "mouth", "dale"]
STARTS = ["Al", "Bren", "Cor", "Dun", "Es", "Fal", "Gren", "Hol", "Ing", "Jor", "Kel", "Lan", "Mar", "Nor", "Os", "Pel", "Quin", "Ros", "Sal", "Tor", "Ul", "Ver", "Wal", "Xan", "Yor", "Zel"]
CITIES = (
    ["上海", "北京", "广州", "深圳", "杭州", "成都", "武汉", "苏州", "西安", "重庆", "Washington, D.C.", "Winston-Salem"]
    + [a + b + c for c in ["", " East"] for b in ENDS for a in STARTS]
)[:400]
