"""Contacts about no issue: questions, praise, pitches, applications, thanks, absences and spam.

Nothing but texts, one or more a line.
"""
# ruff: noqa: E501

from typing import Literal

from bridge.demo.wordings import Note

ChatterKind = Literal["thanks", "absence", "hello", "spam"]


def _notes(subject: str, *texts: str) -> tuple[Note, ...]:
    return tuple(Note(subject, text) for text in texts)


def _from_strangers(subject: str, *texts: str) -> tuple[Note, ...]:
    return tuple(Note(subject, text, is_from_stranger=True) for text in texts)


NOTES: dict[str, tuple[Note, ...]] = {
    "en": (
        *_notes(
            "Question",
            "How do I add a second office with its own opening hours?",
            "Is there a way to give a customer two delivery addresses and one billing address?",
            "Where can I change the name of our company after a marriage?",
            "Could you explain what the difference between a visit and a job is?",
            "Do you have a plan for clubs or charities?",
            "Can I print the rota for the staff room on A3?",
            "What happens with our data if we cancel at the end of the year?",
            "How long are old jobs kept?",
            "Is it possible to pay yearly instead of monthly?",
            "Which permissions does a temp need who only answers the phone?",
            "Can two dispatchers plan on the board at the same time?",
            "I'd like to know if there is an interface to our telephone system.",
            "How can I hand over my account to my successor?",
            "Does the booking page exist in Welsh?",
            "We are growing from 8 to 20 people. Which plan would you recommend?",
            "Is there a training video for new technicians?",
            "May I use one login for my wife and me?",
            "How do I archive a customer who moved away?",
            "Can jobs have colours by type rather than by person?",
            "What's the best way to plan an on-call service for weekends?",
            "Do you offer a test system in which apprentices may break things?",
            "Where do I find the contract on data processing? Our lawyer wants it signed.",
            "Can your booking page take a photo from the customer when they book?",
            "Is your company certified according to ISO 27001?",
            "How do I change the order of the checklists?",
            "Could I get the invoice for our subscription sent to bookkeeping instead of me?",
            "Where do I enter my new bank details for your direct debit?",
            "Is there a keyboard shortcut for creating a new job?",
            "Can I see who changed an appointment last week?",
            "Do I need a separate licence for a tablet that stays in the van?",
            "How many text messages are included in the Team plan?",
            "What does 'buffer' mean in the booking settings?",
            "Can you export the questions of our intake form?",
            "We'd like to move our start of week to Sunday, where is that?",
            "Would you tell me how to merge two customers that are the same person?",
            "Is there an app for Huawei phones without the usual store?",
            "How do I add a lunch break to everyone's rota at once?",
            "Are there webinars in the evening? We're on the road all day.",
            "Can the customer choose a particular technician when booking?",
            "How does the probation plan work, does it end by itself?",
        ),
        *_notes(
            "Idea",
            "It would be great if the board had a button for bad weather that moves all outdoor jobs.",
            "A wish: let us attach voice notes to jobs.",
            "Feature idea: show birthdays of customers on the day plan.",
            "Please think about an offline map for the hills.",
            "You should allow tips when customers pay on site.",
            "Could the app read out the next address while driving? Would be a lovely addition.",
            "An overview of unused van hours would help us a lot.",
            "I'd love to be able to plan equipment as well as people.",
            "Would you consider a printed job card with a QR code?",
            "Our wish list: weekly targets for each team, a traffic light, and stickers.",
        ),
        *_notes(
            "Praise",
            "I just wanted to say that the new checklists are brilliant, my crew loves them.",
            "Best decision of the year was to switch to you. Keep going!",
            "Your colleague on the phone was extremely patient with me, please tell her so.",
            "No complaint for a change: setting up the new depot took me ten minutes.",
            "The invoice page has become really handy. Well done.",
            "We've told the whole trade association about you.",
            "After three other programs this is the first one my father uses voluntarily.",
            "Five stars from the whole workshop.",
        ),
        *_from_strangers(
            "An offer for your company",
            "We are an agency for search engine optimisation and have found 27 ways to bring your site to page one. When do you have 15 minutes?",
            "I'd like to introduce our fruit baskets for offices, the first delivery is free.",
            "Our offshore developers can start on Monday at a fraction of your present cost.",
            "Are you happy with your office cleaning? We'd be glad to send a quotation.",
            "I noticed you're hiring. Our recruiting platform has 4,000 candidates in your area.",
            "May we invite you to sponsor the regional business run?",
            "We sell a list of 80,000 decision makers in field service, verified last month.",
            "Let me show you how our chatbot could answer two thirds of your support requests.",
            "Our podcast reaches founders like you, a guest slot is available for a small fee.",
        ),
        *_from_strangers(
            "Application",
            "I'm applying for the position as a support agent that I saw on your site. My CV is attached.",
            "I am a student of business informatics and looking for an internship of three months.",
            "Do you have openings for a part-time bookkeeper? I have twelve years of experience.",
            "After ten years as a dispatcher I'd like to change sides. Do you need somebody who knows the trade?",
            "Please find attached my application as a front-end developer, I can start in autumn.",
        ),
        *_from_strangers(
            "Wrong address?",
            "Where is my parcel? It should have come yesterday, the driver left no card.",
            "I want to cancel my gym membership at the end of the month.",
            "My boiler makes a knocking noise, when can your plumber come?",
            "Could you tell me the opening hours of the museum?",
            "The cleaner you sent broke a vase, who pays for that?",
            "I'd like a table for four on Saturday at eight.",
            "You took 40 from my account for a magazine I never ordered.",
            "The bus line 14 was late again, I demand compensation.",
            "Is this the vet? Our cat hasn't eaten since yesterday.",
            "Please change my child's school lunch to vegetarian.",
        ),
        *_notes(
            "Contract",
            "Please send us a certificate of your tax residence for our files.",
            "We hereby cancel our contract at the next possible date, please confirm. We're closing the business.",
            "Kindly update our purchase order number for the subscription.",
            "Our company has moved, please note the new postal address for invoices.",
            "I need copies of all your invoices for the past year for our auditors.",
            "We would like to change from the Team to the Business plan on the first of next month.",
            "Could you fill in the attached supplier questionnaire by Friday?",
        ),
    ),
    "de": (
        *_notes(
            "Frage",
            "Wie lege ich eine zweite Filiale mit eigenen Öffnungszeiten an?",
            "Gibt es bei Ihnen einen Tarif für Vereine?",
            "Wo finde ich den Vertrag zur Auftragsverarbeitung?",
            "Können zwei Leute gleichzeitig an der Plantafel arbeiten?",
            "Kann ich jährlich statt monatlich bezahlen?",
            "Wie lange werden alte Aufträge aufbewahrt?",
            "Welche Rechte braucht eine Aushilfe, die nur telefoniert?",
            "Gibt es eine Schnittstelle zu unserer Telefonanlage?",
            "Lässt sich der Dienstplan auf A3 drucken?",
            "Wie übergebe ich mein Konto an meine Nachfolgerin?",
            "Was bedeutet der Puffer in den Buchungseinstellungen?",
            "Bieten Sie Schulungen am Abend an?",
        ),
        *_notes(
            "Lob und Ideen",
            "Ich wollte nur sagen, dass die neuen Checklisten großartig sind.",
            "Endlich ein Programm, das auch mein Vater benutzt. Weiter so!",
            "Eine Idee: Sprachnotizen am Auftrag wären praktisch.",
            "Schön wäre ein Knopf, der bei Regen alle Außenarbeiten verschiebt.",
            "Bitte denken Sie über Trinkgeld bei Kartenzahlung nach.",
        ),
        *_from_strangers(
            "Anfrage",
            "Wir bieten Büroreinigung zu fairen Preisen und würden Ihnen gern ein Angebot machen.",
            "Ich bewerbe mich als Mitarbeiterin im Kundendienst, mein Lebenslauf liegt bei.",
            "Mein Paket ist nicht gekommen, wo ist der Fahrer?",
            "Meine Heizung klopft, wann kann Ihr Monteur kommen?",
        ),
        *_notes(
            "Vertrag",
            "Bitte schicken Sie uns eine Freistellungsbescheinigung für die Unterlagen.",
            "Hiermit kündigen wir zum nächstmöglichen Zeitpunkt, wir geben den Betrieb auf.",
            "Unsere Anschrift hat sich geändert, bitte für die Rechnungen vormerken.",
        ),
    ),
    "es": (
        *_notes(
            "Consulta",
            "¿Cómo añado una segunda oficina con su propio horario?",
            "¿Tienen alguna tarifa para asociaciones?",
            "¿Puedo pagar por años en lugar de por meses?",
            "¿Cuánto tiempo se guardan los trabajos antiguos?",
            "¿Pueden dos personas planificar a la vez en el panel?",
            "¿Qué permisos necesita alguien que solo atiende el teléfono?",
            "¿Se puede imprimir el cuadrante en A3?",
            "¿Hay vídeos de formación para los técnicos nuevos?",
            "¿Dónde encuentro el contrato de tratamiento de datos?",
        ),
        *_notes(
            "Sugerencias",
            "Solo quería decir que las listas nuevas son estupendas, el equipo está encantado.",
            "Estaría bien poder añadir notas de voz a los trabajos.",
            "Su compañera del teléfono tuvo muchísima paciencia conmigo, díganselo.",
            "Hemos cambiado de domicilio, tomen nota para las facturas.",
            "¿Han pensado en un mapa sin conexión para la montaña?",
        ),
        *_from_strangers(
            "Solicitud",
            "Ofrecemos cestas de fruta para oficinas, la primera entrega es gratis.",
            "Me gustaría trabajar con ustedes en atención al cliente, adjunto mi currículum.",
            "Mi paquete no ha llegado, ¿dónde está el repartidor?",
            "Quisiera una mesa para cuatro el sábado a las nueve.",
        ),
    ),
}  # fmt: skip

CHATTER: dict[str, dict[ChatterKind, tuple[Note, ...]]] = {
    "en": {
        "thanks": _notes(
            "Re: Your request",
            "Thank you so much!", "Thanks, that worked.", "Great, thanks for the quick reply.", "Perfect, thank you.",
            "ok thanks", "Thanks a lot, you can close this.", "Brilliant, cheers.", "Thanks for your help!",
            "All good now, thank you very much.", "Thank you, have a nice weekend.", "Much appreciated.", "Got it, thanks!",
        ),
        "absence": _notes(
            "Automatic reply: out of office",
            "I am out of the office and will be back on {day}. In urgent cases please contact my colleague {who}.",
            "Thank you for your message. I'm on annual leave with no access to e-mail. I'll answer when I am back.",
            "This is an automatic reply. Our office is closed this week. Your e-mail will not be forwarded.",
            "I'm on parental leave. Please write to office@ with any questions.",
        ),
        "hello": _notes(
            "Hello",
            "hello?", "Hi", "hello", "is anybody there", "Hello, are you there?", "hi can someone help me", "test", "??", "ok", "yes", "Hello...",
        ),
        "spam": _notes(
            "You have been selected",
            "Congratulations! You have won a voucher worth 500. Click http://prize-draw.example/claim within 24 hours.",
            "Double your bitcoin in seven days, guaranteed. Ask me how: http://coin-rocket.example",
            "Cheap watches, best replicas, free shipping worldwide! http://watch-barn.example",
            "Dear friend, I am the widow of a minister and wish to transfer 12 million to your account.",
            "Your mailbox is full. Verify your password here: http://mail-verify.example/login",
            "Lose 10 kilos in two weeks with this one trick doctors don't tell you.",
            "FINAL NOTICE your domain is about to expire, pay now at http://domain-renewals.example",
        ),
    },
    "de": {
        "thanks": _notes(
            "AW: Ihre Anfrage",
            "Vielen Dank!", "Danke, hat geklappt.", "Super, danke für die schnelle Antwort.", "Perfekt, danke schön.",
            "Alles klar, danke.", "Vielen Dank für die Hilfe, schönes Wochenende!",
        ),
        "absence": _notes(
            "Automatische Antwort: Abwesenheit",
            "Ich bin derzeit nicht im Büro und ab {day} wieder erreichbar. In dringenden Fällen wenden Sie sich bitte an {who}.",
            "Vielen Dank für Ihre Nachricht. Ich bin im Urlaub, Ihre E-Mail wird nicht weitergeleitet.",
            "Unser Büro ist diese Woche geschlossen. Dies ist eine automatische Antwort.",
        ),
        "hello": _notes("Hallo", "hallo?", "Hallo", "ist da jemand", "test", "ja"),
        "spam": _notes(
            "Sie haben gewonnen",
            "Herzlichen Glückwunsch! Sie haben einen Gutschein gewonnen: http://gewinnspiel.example/abholen",
            "Kredit ohne Auskunft, sofort ausgezahlt. Jetzt anfragen: http://sofortgeld.example",
        ),
    },
    "es": {
        "thanks": _notes(
            "RE: Su consulta",
            "¡Muchas gracias!", "Gracias, ya funciona.", "Perfecto, gracias.", "Vale, gracias por la ayuda.", "Todo bien ya, gracias.",
        ),
        "absence": _notes(
            "Respuesta automática: fuera de la oficina",
            "Estoy fuera de la oficina hasta el {day}. Si es urgente, escriba a {who}.",
            "Gracias por su mensaje. Estoy de vacaciones y contestaré a la vuelta.",
        ),
        "hello": _notes("Hola", "hola?", "Hola", "hay alguien", "prueba"),
        "spam": _notes(
            "Ha sido seleccionado",
            "¡Enhorabuena! Ha ganado un vale de 500 euros. Reclámelo en http://premio-seguro.example",
        ),
    },
}  # fmt: skip
