"""Names, trades and towns the demo's invented people and companies are put together from."""
# ruff: noqa: SIM905 - a list of words reads best as words

from dataclasses import dataclass

Country = str
"""GB, US, DE or ES."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What a company does: the word in its name and the jobs its customers book."""

    word: str
    jobs: tuple[str, ...] = ()


FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "en": tuple(
        (
            "Alice Amara Andrew Ashok Beatrice Ben Bronwen Carlos Chidi Claire Connor Daisy "
            "Declan Dina Edith Elliot Emma Farah Felix Fiona Gareth Grace Hamish Harriet "
            "Hugo Imogen Ivan Jada Jasper Joanna Kamal Keiko Kirsty Leo Liam Lucy Magda "
            "Malik Marcus Mina Morgan Neil Nora Olga Oscar Owen Petra Quentin Rosa Ruth "
            "Sanjay Sinead Stella Tamsin Theo Uma Victor Wanda Yusuf Zoe"
        ).split()
    ),
    "de": tuple(
        (
            "Andrea Anke Bernd Birgit Claudia Dieter Elif Erik Franziska Georg Gisela "
            "Hannes Heike Ingo Jörg Jürgen Katrin Kemal Lena Ludwig Manuela Maik Nele "
            "Norbert Ömer Petra Ralf Renate Rüdiger Sabine Silke Stefan Svenja Thorsten "
            "Ulrike Uwe Verena Volker Wiebke Yvonne"
        ).split()
    ),
    "es": tuple(
        (
            "Adrián Ainhoa Alberto Amparo Andrés Begoña Carmen César Clara Concha Diego "
            "Elena Encarna Esteban Fátima Gonzalo Inés Iván Jimena Joaquín Lucía Luz Manuel "
            "Marta Mercedes Nieves Noelia Óscar Pilar Rafael Raúl Rocío Rubén Salvador "
            "Silvia Tomás Verónica Víctor Ximena Yolanda"
        ).split()
    ),
}
LAST_NAMES: dict[str, tuple[str, ...]] = {
    "en": tuple(
        (
            "Abara Ackroyd Amberley Banerjee Beckwith Birtles Bramwell Caddick Castell "
            "Chaudhry Coombes Crosby Dalgleish Danvers Ellerby Eze Fairbrother Farrugia "
            "Fenwick Garside Gilchrist Hallam Haverford Hobday Ibrahim Inskip Jessop "
            "Kavanagh Kettering Kowalski Lathwell Lomax Mbeki McAllister Merrick Moffat "
            "Nakamura Nettleton Novak Oakden Okafor Pascoe Pemberton Quayle Rafferty Rahman "
            "Redfern Rosewarne Sandhu Satterley Shackleton Silva Stroud Tamblyn Thackeray "
            "Tran Underhill Vasquez Wainwright Weatherby Whitlock Winterburn Yardley "
            "Zielinski"
        ).split()
    ),
    "de": tuple(
        (
            "Achterberg Albrecht Baumgärtner Behrendt Bröker Dallmann Demirel Ehrlich "
            "Eickhoff Fährmann Feldkamp Gerlach Grünwald Haberkorn Hölscher Immendorf "
            "Jansen Kaltenbach Kessler Köhnke Lüdemann Mahlstedt Mertens Nüßlein Oberländer "
            "Özkan Pfaffenroth Quandt Reinders Röttger Schönfeld Seibold Steinhauer Tönnies "
            "Uhlig Vossbeck Wachsmuth Weißgerber Yilmaz Zöllner"
        ).split()
    ),
    "es": tuple(
        (
            "Aguirre Alcántara Barrientos Beltrán Cabrera Carrizo Cuéllar Domínguez "
            "Echeverría Escudero Figueroa Galindo Gálvez Herrero Ibáñez Jáuregui Larrañaga "
            "Luján Maldonado Márquez Montoya Núñez Olmedo Ordóñez Palacios Peñalver Quiroga "
            "Robledo Saldaña Sepúlveda Tejada Ugarte Valdivia Villalobos Yáñez Zamorano"
        ).split()
    ),
}
TRADES: dict[str, tuple[Trade, ...]] = {
    "en": (
        Trade("Plumbing", ("boiler service", "tap repair", "bathroom fitting")),
        Trade("Heating", ("boiler service", "radiator flush", "heat pump inspection")),
        Trade("Garden Services", ("hedge trim", "lawn treatment", "patio clean")),
        Trade("Cleaning", ("end-of-tenancy clean", "office clean", "carpet clean")),
        Trade("Electrical", ("fuse box inspection", "rewiring", "charger installation")),
        Trade("Roofing", ("gutter clean", "roof inspection", "skylight repair")),
        Trade("Locksmiths", ("lock change", "door repair")),
        Trade("Pest Control", ("wasp nest removal", "follow-up treatment")),
        Trade("Appliance Repair", ("dishwasher repair", "oven repair")),
        Trade("Window Cleaning", ("window clean", "conservatory clean")),
        Trade("Mobile Mechanics", ("brake check", "oil change")),
        Trade("Painters", ("hallway repaint", "shop front repaint")),
    ),
    "de": tuple(
        Trade(word)
        for word in (
            "Malerbetrieb Elektro Gartenbau Sanitär Gebäudereinigung Schlüsseldienst "
            "Dachdeckerei Heizungsbau Fensterbau Haustechnik"
        ).split()
    ),
    "es": tuple(
        Trade(word)
        for word in (
            "Fontanería Jardinería Limpiezas Electricidad Reformas Climatización Cerrajería "
            "Pinturas Calefacciones"
        ).split()
    ),
}
TOWNS: dict[Country, tuple[str, ...]] = {
    "GB": ("Hexham", "Ludlow", "Truro", "Stirling", "Abergavenny", "Whitby", "Lewes", "Kendal"),
    "US": ("Duluth", "Asheville", "Boise", "Savannah", "Burlington", "Tacoma", "Santa Fe"),
    "DE": ("Celle", "Passau", "Görlitz", "Lüneburg"),
    "ES": ("Cuenca", "Gijón", "Teruel", "Úbeda"),
}
# Ranges that the numbering authorities keep free for fiction; Spain has none, so nobody there
# gives a number.
PHONE_RANGES: dict[Country, tuple[tuple[str, str, int, int], ...]] = {
    "GB": (
        ("44", "20", 79460000, 79460999),
        ("44", "113", 4960000, 4960999),
        ("44", "131", 4960000, 4960999),
        ("44", "161", 4960000, 4960999),
    ),
    "US": tuple(
        ("1", area, 5550100, 5550199)
        for area in ("208", "212", "218", "253", "312", "415", "505", "617", "802", "828", "912")
    ),
    "DE": (
        ("49", "30", 23125000, 23125999),
        ("49", "40", 66969000, 66969999),
        ("49", "69", 90009000, 90009999),
        ("49", "89", 99998000, 99998999),
    ),
    "ES": (),
}
