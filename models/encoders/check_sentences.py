"""Sentences by which an exported encoder is compared with the reference."""

CHECK_SENTENCES = (
    "The app closes by itself as soon as I open the calendar.",
    "I was charged twice for the same order.",
    "My parcel has not arrived yet, where is it?",
    "How do I change the e-mail address of my account?",
    "login fails",
    "Since the last update the export button does nothing at all.",
    "Please cancel my subscription and send me a receipt.",
    "The password reset mail never arrives, I looked in the spam folder too.",
    "Thank you, it works now!",
    "Error 500 when I upload a picture larger than 2 MB",
    "Can I pay by bank transfer instead of by card?",
    "The battery of the tracker is empty after two hours.",
    "Sync between phone and laptop is stuck at 99 %.",
    "I cannot find last month's invoice.",
    "Where can I see which devices are signed in?",
    "The screen stays black after the video call ends.",
    "hello?",
    "Your driver left the box in the rain and everything inside is wet.",
    "Search shows no results for words with accents.",
    "We have forty people here who cannot work because the site is down!",
    "Notifications come hours late on my old phone.",
    "Is there a discount for schools?",
    "The discount code is refused although it is valid until Friday.",
    "Time zone of the reminders is wrong by one hour.",
    "Die App stürzt beim Start ab.",
    "Ich wurde zweimal belastet, bitte erstatten Sie einen Betrag.",
    "No puedo iniciar sesión desde ayer.",
    "¿Cuándo llega mi pedido?",
    "L'exportation ne fonctionne plus depuis la mise à jour.",
    "Order 10023: wrong size, wrong colour, and the return form asks for a number I never got. "
    "I have written three times already and each time somebody promised to call me back.",
    "After I install version 4.2 on my tablet the start page loads, but every tap on a report "
    "opens the settings instead. I removed the app, restarted and installed it again without "
    "any change. On my colleague's tablet with version 4.1 everything works as before.",
    "Steps: 1. open the list, 2. sort by date, 3. scroll to the end. Expected: more rows load. "
    "Actual: the page jumps to the top and the console says TypeError: rows is undefined.",
)
