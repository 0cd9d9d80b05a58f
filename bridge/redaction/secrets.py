"""Keys, tokens, passwords and credentials inside addresses."""

import re
from collections.abc import Iterator

from bridge.redaction.spans import Span

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^-]|-(?!----END)){0,20000}(?:-----END [A-Z ]{0,40}-----)?"
)
_VENDOR_KEY = re.compile(
    r"(?<![\w-])(?:"
    r"(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{10,250}"
    r"|sk-(?:ant-|proj-|or-)?[0-9A-Za-z_-]{20,250}"
    r"|gh[opusr]_[0-9A-Za-z]{20,250}|github_pat_[0-9A-Za-z_]{20,250}|glpat-[0-9A-Za-z_-]{16,250}"
    r"|xox[abeoprs]-[0-9A-Za-z-]{10,250}|xapp-[0-9A-Za-z-]{10,250}"
    r"|(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}(?![0-9A-Za-z])|AIza[0-9A-Za-z_-]{35}"
    r"|ya29\.[0-9A-Za-z_-]{20,250}"
    r"|whsec_[0-9A-Za-z+/=_-]{16,250}|SG\.[0-9A-Za-z_-]{16,80}\.[0-9A-Za-z_-]{16,80}"
    r"|npm_[0-9A-Za-z]{30,250}|pypi-[0-9A-Za-z_-]{30,250}|hf_[0-9A-Za-z]{20,250}"
    r"|do[opr]_v1_[0-9a-f]{40,80}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,80}"
    r"|key-[0-9a-f]{32}(?![0-9a-f])"
    r"|ATATT3[0-9A-Za-z_=-]{20,250}|EAA[0-9A-Za-z]{60,250}|dapi[0-9a-f]{32}(?![0-9a-f])"
    r"|eyJ[0-9A-Za-z_-]{5,4000}\.[0-9A-Za-z_-]{5,4000}(?:\.[0-9A-Za-z_-]{5,2000})?)"
)
_HEADER_TOKEN = re.compile(
    r"\b(?:Bearer|Basic|Token token=|X-Api-Key:|Api-Key:|ApiKey)\s{1,3}"
    r"\"?([0-9A-Za-z._~+/-]{16,2000}={0,2})",
    re.IGNORECASE,
)
_URL_LOGIN = re.compile(r"(?<=://)[^\s/@:<>\"']{1,100}:[^\s/@<>\"']{1,100}(?=@[\w\[])")
_SENSITIVE_NAME = (
    r"(?:access_|refresh_|auth_?|id_|api_?|client_|session_?|csrf_?|reset_|secret_?|private_)?"
    r"(?:token|key|secret|password|passwd|pwd|pass|signature|sig|code|otp|sid|jwt|credential"
    r"|session)"
)
_QUERY_VALUE = re.compile(rf"(?<=[?&;#]){_SENSITIVE_NAME}=([^\s&#;<>\"']{{4,2000}})", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"(?<![\w/?&;#])[\w-]{{0,40}}?{_SENSITIVE_NAME}[\"']?\s{{0,2}}[=:]\s{{0,2}}[\"']"
    r"([^\s\"'<>]{6,500})[\"']",
    re.IGNORECASE,
)

_PASSWORD = re.compile(
    r"\b(?:pass(?:word|phrase|code|wd)|pwd|pw|log-?in|credentials"
    r"|(?:pass|kenn|zugangs)wort|passwort|contraseña|contrasena|clave|mot de passe|mdp"
    r"|parola d'ordine|wachtwoord|senha)"
    r"(?: (?:for|für|de|para|pour|per|von|to) [\w@.-]{1,40}){0,2}"
    r"(?:\s{0,2}[:=]\s{0,3}|\s{1,2}(?:is|was|ist|war|lautet|es|era|est|è|era)\s{1,2}(?:now "
    r"|jetzt |ahora )?)"
    r"(?P<quote>[\"'`“„«]?)(?P<value>[^\s\"'`”“«»<>]{3,100})(?P<rest>[^\n]?)",
    re.IGNORECASE,
)
_PIN = re.compile(
    r"\b(?:pin|cvv2?|cvc2?|tan|otp|passcode|(?:security|sicherheits|seguridad|verification"
    r"|2fa)[- ]?code"
    r"|código de seguridad|code secret|geheimzahl)"
    r"(?: (?:code|number|nummer|n[úu]mero))?\s{0,2}(?:is|was|ist|lautet|es|est|è|[:=#])\s{0,3}"
    r"(\d{3,8})(?!\w|[.-]\d)",
    re.IGNORECASE,
)
_NO_PASSWORD = re.compile(
    r"(?:not|never|no|n't|wrong|incorrect|correct|right|invalid|valid|weak|strong|too|unknown"
    r"|expired"
    r"|required|missing|empty|lost|gone|the|a|an|my|your|same|still|now|always|already|being|broken"
    r"|case-sensitive|ok|okay|fine|set|reset|changed|forgotten|needed|old|new|so|very|what|bad|good"
    r"|nicht|kein|falsch|richtig|ungültig|abgelaufen|weg|zu|das|der|die|noch|immer|korrekt|bitte"
    r"|incorrect[oa]|correct[oa]|inválid[oa]|válid[oa]|errónea?|demasiado|muy|la|el|una?|para|mi"
    r"|pas|incorrecte?|invalide|trop|expiré|le|mon|oublié|non|sbagliata|errata|corretta|scaduta"
    r"|troppo"
    r"|[a-zäöüß-]{3,30}(?:ed|ing|able|ible|ado|ada|ido|ida|iert|ato|ata))[.,;:!?)]{0,3}",
    re.IGNORECASE,
)


def find_secrets(text: str) -> Iterator[Span]:
    """Private keys, vendor keys, JWTs, URL credentials, sensitive parameters, told passwords."""
    if "-----BEGIN" in text:
        yield from _whole(_PRIVATE_KEY, text)
    if "://" in text:
        yield from _whole(_URL_LOGIN, text)
    if "=" in text:
        yield from _first_group(_QUERY_VALUE, text)
    if '"' in text or "'" in text:
        yield from _first_group(_ASSIGNED, text)
    yield from _whole(_VENDOR_KEY, text)
    yield from _first_group(_HEADER_TOKEN, text)
    yield from _told_passwords(text)
    yield from _first_group(_PIN, text)


def _whole(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield Span(match.start(), match.end(), "SECRET", match.group())


def _first_group(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield Span(match.start(1), match.end(1), "SECRET", match.group(1))


def _told_passwords(text: str) -> Iterator[Span]:
    for match in _PASSWORD.finditer(text):
        value = match["value"].rstrip(".,;:!?)")
        if not match["quote"] and not _is_told(value, rest=match["rest"]):
            continue
        if value:
            start = match.start("value")
            yield Span(start, start + len(value), "SECRET", value)


def _is_told(value: str, *, rest: str) -> bool:
    """Whether what stands after "password is" is the password, and no adjective."""
    if len(value) < 3 or _NO_PASSWORD.fullmatch(value):
        return False
    if any(character.isdigit() for character in value):
        return True
    has_symbol = any(not character.isalnum() and character not in "-'’" for character in value)
    return has_symbol or not value[1:].islower() or rest in ("", "\n")
