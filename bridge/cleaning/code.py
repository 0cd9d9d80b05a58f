"""Lines that look like code, logs or data: evidence that no other rule may remove."""

import re

_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_TRACE_START = re.compile(
    r"\s*(?:Traceback \(most recent call last\):|Exception in thread |Caused by: "
    r"|[\w.$]{1,200}(?:Error|Exception): )"
)
_TRACE_LINE = re.compile(
    r"\s+(?:File \"|at [\w.$<>]+[ (:]|\.\.\. \d+ more|[\^~]+\s*$)|\s{4,}\S|Caused by: "
)
_LAST_TRACE_LINE = re.compile(r"[\w.]{1,200}(?:Error|Exception|Interrupt|Exit|Warning)\b")
_PROMPT = re.compile(r"\s{0,8}(?:>>> ?|In \[\d+\]: |[$#] [\w./-]|PS [A-Z]:\\)")
_CONTINUED = re.compile(r"\s{0,8}\.\.\.(?: |$)")
_LOG = re.compile(
    r"\s{0,8}\[?(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    r"|(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b[\]: ])"
)
_JSON_OPEN = re.compile(
    r"\s{0,40}(?:[{\[]\s*$|[{\[]\s{0,8}(?:\"[^\"]{0,200}\"\s{0,8}[:,\]]|[{\[]))"
)
_JSON_LINE = re.compile(r"\s{0,80}(?:\"[^\"]{0,500}\"\s{0,8}[:,]?|[{}\[\]]|-?\d|true|false|null)")


def code_lines(lines: list[str]) -> list[bool]:
    """For each line whether it belongs to a traceback, a prompt, a log, JSON or a fenced block."""
    marks: list[bool] = []
    state = ""
    for line in lines:
        state, is_code = _next(state, line)
        marks.append(is_code)
    return marks


def _next(state: str, line: str) -> tuple[str, bool]:
    """The state after a line ("", fence, trace, prompt, json) and whether the line is code."""
    if state == "fence":
        return ("" if _FENCE.match(line) else "fence"), True
    if _FENCE.match(line):
        return "fence", True
    if state == "trace" and _TRACE_LINE.match(line):
        return "trace", True
    if state == "trace" and _LAST_TRACE_LINE.match(line):
        return "", True
    if state == "json" and _JSON_LINE.match(line):
        return "json", True
    if state == "prompt" and line.strip() and _CONTINUED.match(line):
        return "prompt", True
    return _opening(line)


def _opening(line: str) -> tuple[str, bool]:
    if _TRACE_START.match(line):
        return "trace", True
    if _PROMPT.match(line):
        return "prompt", True
    if _JSON_OPEN.match(line):
        return "json", True
    return "", _LOG.match(line) is not None
