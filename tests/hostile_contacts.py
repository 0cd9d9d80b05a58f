"""A table of contacts with everything in it that a report must bear."""

import csv
from pathlib import Path

_SAID = (
    "the pdf export of my <script>invoice</script> stops at {{ 7*7 }} pages, the rest of the"
    " invoice is blank and the printed pdf misses the same half of the pages"
)

TEXTS = (
    f'<img src="https://evil.example/x.png" onerror=alert(1)><script>alert(2)</script> {_SAID}',
    f"{_SAID} again </style></title></svg><h1>owned</h1>{{{{ 7*7 }}}} {{% raw %}}",
    f'=HYPERLINK("https://evil.example";"click") {_SAID}',
    f"@SUM(1+1)*cmd|' /C calc'!A0 {_SAID} again",
    f"{_SAID}\x00 with a NUL and an \u202eoverride\u202c in it",
    f"{_SAID}, write to ada.lovelace@private.example or +1 415 555 2671",
    f"התצוגה לא נטענת בכלל מאז העדכון, {_SAID}",
    f"{_SAID} and Zebedee Quartermain is cross",
)
"""One issue, worded in as many ways."""

NOISE = (
    "😀😀😀🎉",
    "".join(
        f"2026-03-0{n % 9 + 1} ERROR worker {n}: Traceback at 0x{n:08x}\n" for n in range(1000)
    ),
    "x" * 50_000,
    "ok",
    "is your shop in town open on sundays",
    "may I bring my dog along to the office",
    "how do I become a partner in your programme",
    "which colour does the new chair have",
)
"""Nothing that recurs."""


def write_table(folder: Path) -> Path:
    """A CSV of all these, with empty rows among them."""
    path = folder / "<b>contacts & more.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["Ticket", "Text", "Date", "customer_name"])
        for number, text in enumerate([*TEXTS, *NOISE], 1):
            day = f"2026-03-{number:02d} 10:00"
            table.writerow([f"<i>T-{number}</i>", text, day, "Zebedee Quartermain"])
        table.writerow(["T-98", "", "", ""])
        table.writerow(["", _SAID, "", ""])
        table.writerow([])
    return path
