"""Recognises what can state no problem: automatic mail, and thanks or "hello?" without content.

Two small sets of pattern families (English, German, Spanish), bounded by length and place.
When in doubt a text is a message: losing a report is worse than keeping chatter.
"""

import re

from bridge.cleaning.greetings import is_greeting
from bridge.cleaning.signatures import is_closing
from bridge.domain.contacts import ContactNature

_HEAD_CHARACTERS = 400
_MACHINE_START = re.compile(
    r"\W{0,10}(?:\[\w{1,20}\] )?(?:re: )?(?:"
    r"auto(?:matic|mated|matisch\w{0,4})?[- ]?(?:reply|response|antwort|answer)\b"
    r"|out[- ]of[- ](?:the )?office(?: \w{2,12}){0,3}\s{0,2}(?:[:.,(!-]|$)"
    r"|abwesenheits(?:notiz|meldung|nachricht|assistent)|abwesend:"
    r"|ich bin (?:\w+ ){0,4}nicht im b(?:ü|ue)ro"
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina\s{0,2}(?:[:.,(!-]|$)"
    r"|undeliver(?:able|ed)\b|delivery (?:status notification|failure|has failed)"
    r"|mail delivery (?:failed|failure|subsystem|system)|failure notice|returned mail"
    r"|unzustellbar\b|zustellung fehlgeschlagen|no (?:se ha )?entregado\s?:|correo devuelto"
    r"|mensaje no entregado)",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\b(?:(?:i am|i'm|i will be|i'll be) (?:\w+ ){0,3}"
    r"(?:out of (?:the |my )?office|away from (?:the |my )?office|on (?:\w+ )?(?:leave|vacation"
    r"|holidays?))"
    r"|(?:ich bin|bin ich) (?:[\w.]+ ){0,6}(?:außer haus|nicht im (?:büro|haus)|im urlaub|abwesend)"
    r"|(?:estoy|estar[eé]|me encuentro) (?:\w+ ){0,3}(?:fuera de la oficina|de vacaciones|ausente"
    r"|de baja))",
    re.IGNORECASE,
)
_BACK_LATER = re.compile(
    r"\b(?:(?:will|shall|'ll) (?:\w+ ){0,2}(?:answer|reply|respond|return|be back|get back)"
    r"|(?:limited|no|without) access to (?:my )?e-?mails?|in (?:urgent|case of)"
    r"|urgent (?:matters|cases)"
    r"|when i (?:am back|return)|upon my return|your (?:e-?mail|message) (?:will|has been)"
    r"|(?:e-?mails?|nachrichten?) (?:werden|wird) (?:nicht|erst|in)|in dringenden|zurück"
    r"|wieder erreichbar"
    r"|eingeschränkt|responder[eé]|a mi (?:regreso|vuelta)|casos? urgentes?|acceso limitado)",
    re.IGNORECASE,
)
_BOUNCE = re.compile(
    r"\b(?:(?:could not|cannot|couldn't|was not|unable to) (?:be )?deliver(?:ed)?\b.{0,60}"
    r"(?:recipients?|the following|addresse?s?)"
    r"|delivery to the following recipients?"
    r"|konnte (?:an )?.{0,60}nicht zugestellt werden.{0,80}(?:empfänger|adresse)"
    r"|no (?:se )?(?:ha )?(?:podido|pudo) (?:ser )?entrega(?:r|do)\b.{0,60}(?:destinatari|direcci)"
    r"|this is (?:the mail system|an automatically generated)|mailer-daemon)",
    re.IGNORECASE | re.DOTALL,
)

_CHATTER_CHARACTERS, _CHATTER_WORDS = 140, 18
_OK = (
    r"ok(?:ay|i)?|k|great|perfect|cool|nice|super|awesome|excellent"
    r"|wonderful|good|fine|alright|got it"
)
_CHATTER_CLAUSE = re.compile(
    r"(?:"
    # Thanks, and that it works now.
    rf"(?:(?:{_OK}|yes|yep|no) ?)*(?:many |big |ok )?(?:thanks?|thank you|thx|ty|cheers|tysm)"
    r"(?: (?:you|so|very|much|again|a lot|a bunch|in advance|guys|team|all|everyone|everybody|for"
    r"|your|the|quick|fast|great|kind|help|reply|response|answer|support|assistance|time)){0,7}"
    rf"|(?:{_OK})(?: (?:{_OK}))?"
    r"|(?:and |so |but )?(?:that|this|it|everything|all)(?:'s| is| has)?(?: (?:now|been|just))?"
    r" (?:solved|fixed|resolved|helped|worked|works|working|good|fine|sorted|did)"
    r"(?: (?:it|the trick|now|again|fine|perfectly|for me|out|my (?:problem|issue|question))){0,3}"
    r"|(?:works|working|all good|all sorted|problem solved|issue resolved|solved|fixed|resolved)"
    r"(?: (?:now|again|fine|perfectly|thanks|for me)){0,3}"
    r"|(?:you (?:can|may)|please|feel free to|pls) close (?:the|this|my) (?:ticket|case|request"
    r"|issue)"
    # Is anybody there?
    r"|(?:hi|hello|hey|hola|hallo|yo)+(?: (?:there|support|team|again|guys|all))?"
    r"|test(?:ing)?(?: \d{1,3}){0,3}"
    r"|(?:is )?(?:any(?:one|body)|some(?:one|body)) (?:there|here|online|available|home|listening)"
    r"|are you (?:still )?there|ping|bump|good (?:morning|evening|afternoon|day)"
    # Chasing an answer.
    r"|(?:is there |are there |do you have |have you got )?(?:any|an) (?:update|news|progress"
    r"|word)s?"
    r"(?: (?:on|about|regarding|yet|here|for me|this|that|it|my|the|ticket|case|request|issue"
    r"|please)){0,6}"
    r"|(?:i am |i'm |im |we are )?(?:just )?(?:following up|checking in|chasing|following)"
    r"(?: (?:on|with|up|my|this|the|previous|last|earlier|message|e?-?mail|request|ticket|case"
    r"|again)){0,7}"
    r"|(?:i am |i'm |im )?still waiting(?: (?:for|on|a|an|your|any|reply|response|answer"
    r"|here)){0,5}"
    # Wants a person or a call, and says no more.
    r"|(?:please |pls |can you |could you |can someone )?(?:call|ring|phone"
    r"|contact) me(?: (?:back|please|asap"
    r"|now|today)){0,3}"
    r"|(?:(?:i |we )?(?:would like|'d like|want|need|wish)|id like|can i|may i|could i|let me"
    r"|please let me)"
    r"(?: to)? (?:speak|talk|chat)(?: (?:to|with))? (?:a |an |some |the )?(?:real |live |actual )?"
    r"(?:human|person|agent|someone|somebody|operator|representative|manager)(?: (?:being|please"
    r"|now)){0,2}"
    # Praise, ratings, leaving a list.
    r"|(?:i |we )?(?:really )?(?:love|like|enjoy) (?:the|this|your|it)(?: (?:product|app|service"
    r"|site))?"
    r"|(?:great|good|nice|best|amazing|excellent|awesome) (?:product|app|service|support|job|work)"
    r"|keep (?:it up|up the good work)|well done|(?:one|two|three|four|five|[1-5]) stars?"
    r"|unsubscribe(?: me)?|stop|please unsubscribe(?: me)?|remove me from (?:the|this"
    r"|your) (?:mailing )?list"
    # German
    r"|(?:ok |super |prima |alles klar )*(?:vielen |besten |herzlichen |lieben )?dank(?:e)?"
    r"(?: (?:schön|sehr|vielmals|ihnen|euch|dir|für|die|ihre|eure|schnelle|hilfe|antwort"
    r"|im voraus)){0,6}"
    r"|(?:super|prima|alles klar|passt|perfekt|toll|sehr gut)"
    r"|(?:es |das |jetzt |nun |alles )?(?:funktioniert|klappt|geht|läuft)(?: (?:jetzt|nun|wieder"
    r"|alles)){0,3}"
    r"|(?:das )?problem (?:ist )?(?:gelöst|behoben)|hat (?:geklappt|geholfen|funktioniert)"
    r"|(?:ist )?(?:jemand|irgendwer|wer) (?:da|hier)|(?:gibt es )?(?:schon )?(?:etwas "
    r"|was )?neu(?:es|igkeiten)"
    r"(?: (?:dazu|hierzu|zu|meiner|meinem|anfrage|ticket|fall)){0,4}|abmelden|abbestellen"
    r"|(?:bitte )?(?:rufen sie mich|ruft mich)(?: bitte)?(?: (?:an|zurück))"
    # Spanish
    r"|(?:ok |vale |perfecto |bien )*(?:muchas |mil |muchísimas )?gracias"
    r"(?: (?:por|a|todo|todos|la|su|tu|vuestra|ayuda|respuesta|de antemano|rápida)){0,6}"
    r"|vale|perfecto|genial|estupendo|listo|de acuerdo"
    r"|(?:ya |todo |ahora )*(?:funciona|está (?:resuelto|solucionado|arreglado))(?: (?:bien|ya"
    r"|ahora|todo)){0,3}"
    r"|problema (?:resuelto|solucionado)|(?:hay )?(?:alguien|algui[eé]n) (?:ahí|ahi|aquí)"
    r"|(?:hay |tienen )?(?:alguna |alg[uú]n )?(?:novedad(?:es)?|noticias?|actualizaci[oó]n)"
    r"(?: (?:sobre|de|mi|caso|solicitud|esto)){0,4}|darme de baja|cancelar suscripci[oó]n"
    r"|(?:por favor )?ll[aá]m(?:eme|enme|ame)"
    r")",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[.!?,;:…\n()\"*_¡¿–—]+|\s-\s|(?<=\w)\s+(?:and|und|y)\s+(?=\w)")
_LETTER = re.compile(r"[^\W\d_]")


def nature_of(text: str, *, subject: str) -> ContactNature:
    """Whether a cleaned text can state a problem; `subject` may be empty."""
    if not text.strip():
        return ContactNature.EMPTY
    if is_machine_mail(text, subject=subject):
        return ContactNature.MACHINE_MAIL
    return ContactNature.CHATTER if is_chatter(text) else ContactNature.MESSAGE


def is_machine_mail(text: str, *, subject: str) -> bool:
    """Auto-replies, out-of-office notes and bounces, by how they start or by two tell-tales."""
    head = text[:_HEAD_CHARACTERS].replace("\u2019", "'")
    if _MACHINE_START.match(head) or _MACHINE_START.match(subject[:200]):
        return True
    if _AWAY.search(head) and _BACK_LATER.search(head) and "?" not in head:
        return True
    return _BOUNCE.search(head) is not None


def is_chatter(text: str) -> bool:
    """A short text every clause of which is thanks, a greeting, chasing, praise and the like."""
    stripped = text.strip().replace("\u2019", "'")
    if not _LETTER.search(stripped):
        return not any(character.isdigit() for character in stripped)
    if len(stripped) > _CHATTER_CHARACTERS or len(stripped.split()) > _CHATTER_WORDS:
        return False
    clauses = [clause.strip() for clause in _CLAUSE_END.split(stripped) if clause]
    return all(_is_chatter_clause(clause) for clause in clauses if _LETTER.search(clause))


def _is_chatter_clause(clause: str) -> bool:
    if _CHATTER_CLAUSE.fullmatch(clause):
        return True
    return is_greeting(clause) or is_closing(clause)
