"""What customers read behind the links of their letters, in the languages of letters."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class MailWords:
    """All sentences of these pages in one language."""

    stop_title: str
    stop_text: str
    stop_button: str
    stopped: str
    broken_title: str
    broken_text: str
    broken_which: str
    broken_what: str
    broken_version: str
    broken_button: str
    broken_done: str
    say_what: str
    too_many: str
    too_old: str
    effort_title: str
    effort_question: str
    effort_low: str
    effort_high: str
    effort_button: str
    effort_done: str
    choose: str


WORDS: Mapping[str, MailWords] = MappingProxyType(
    {
        "en": MailWords(
            stop_title="No more letters",
            stop_text="Press the button, and you get no more letters about fixes in {product} from"
            " us, at any of your addresses that we know. We still answer what you write to us.",
            stop_button="Send me no more letters",
            stopped="Done. You get no more letters from us.",
            broken_title="It still happens",
            broken_text="We are sorry. Tell us what you see; a person reads it, together with all"
            " that you wrote before.",
            broken_which="What still happens?",
            broken_what="What do you see?",
            broken_version="Which version do you use? (if you know)",
            broken_button="Send",
            broken_done="Thank you. We have it and look into it.",
            say_what="Please say in a few words what happens, in up to 5,000 characters.",
            too_many="We have several answers of yours from today and read them. Please wait until"
            " tomorrow.",
            too_old="This letter is too old to be answered here. Please write to us again.",
            effort_title="One question",
            effort_question="How easy was it to get this solved?",
            effort_low="1 is very hard",
            effort_high="7 is very easy",
            effort_button="Send",
            effort_done="Thank you.",
            choose="Please choose a number.",
        ),
        "de": MailWords(
            stop_title="Keine Briefe mehr",
            stop_text="Mit dem Knopf bestellen Sie unsere Briefe über behobene Fehler in {product}"
            " ab, an alle Ihre Adressen, die wir kennen. Was Sie uns schreiben, beantworten wir"
            " weiterhin.",
            stop_button="Keine Briefe mehr senden",
            stopped="Erledigt. Sie erhalten keine Briefe mehr von uns.",
            broken_title="Es tritt noch auf",
            broken_text="Das tut uns leid. Sagen Sie uns, was Sie sehen; ein Mensch liest es,"
            " zusammen mit allem, was Sie uns schon geschrieben haben.",
            broken_which="Was tritt noch auf?",
            broken_what="Was sehen Sie?",
            broken_version="Welche Version verwenden Sie? (falls Sie es wissen)",
            broken_button="Senden",
            broken_done="Danke. Wir haben es erhalten und sehen es uns an.",
            say_what="Bitte sagen Sie in wenigen Worten, was geschieht, in höchstens 5.000"
            " Zeichen.",
            too_many="Wir haben heute schon mehrere Antworten von Ihnen und lesen sie. Bitte warten"
            " Sie bis morgen.",
            too_old="Dieser Brief ist zu alt, um hier beantwortet zu werden. Bitte schreiben Sie"
            " uns neu.",
            effort_title="Eine Frage",
            effort_question="Wie einfach war es, dafür Hilfe zu bekommen?",
            effort_low="1 ist sehr schwierig",
            effort_high="7 ist sehr einfach",
            effort_button="Senden",
            effort_done="Danke.",
            choose="Bitte wählen Sie eine Zahl.",
        ),
        "es": MailWords(
            stop_title="No más cartas",
            stop_text="Pulse el botón y no recibirá más cartas nuestras sobre correcciones en"
            " {product}, en ninguna de las direcciones suyas que conocemos. Seguiremos"
            " respondiendo a lo que nos escriba.",
            stop_button="No enviarme más cartas",
            stopped="Hecho. No recibirá más cartas nuestras.",
            broken_title="Sigue ocurriendo",
            broken_text="Lo sentimos. Cuéntenos qué ve; lo leerá una persona, junto con todo lo que"
            " nos escribió antes.",
            broken_which="¿Qué sigue ocurriendo?",
            broken_what="¿Qué ve?",
            broken_version="¿Qué versión usa? (si lo sabe)",
            broken_button="Enviar",
            broken_done="Gracias. Lo hemos recibido y lo revisaremos.",
            say_what="Por favor, diga en pocas palabras qué ocurre, en 5.000 caracteres como"
            " máximo.",
            too_many="Hoy ya tenemos varias respuestas suyas y las leemos. Por favor, espere hasta"
            " mañana.",
            too_old="Esta carta es demasiado antigua para responderla aquí. Por favor, escríbanos"
            " de nuevo.",
            effort_title="Una pregunta",
            effort_question="¿Fue fácil conseguir una solución?",
            effort_low="1 es muy difícil",
            effort_high="7 es muy fácil",
            effort_button="Enviar",
            effort_done="Gracias.",
            choose="Por favor, elija un número.",
        ),
    }
)
UNKNOWN = (
    "This link is not known any more.",
    "Dieser Link ist nicht mehr bekannt.",
    "Este enlace ya no es válido.",
)
