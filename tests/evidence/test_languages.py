"""The language of a topic is found from a handful of words, that of a page from its text."""

from __future__ import annotations

import pytest

from tertulia.evidence.languages import RECOGNISED, SUPPORTED, base_language, detect_language, language_data

TOPICS = """
en|Open data in Spain
en|Data protection in schools
en|The future of nuclear power
en|Drinking water quality in rural areas
en|Election results 2019
en|How do cities reduce noise?
en|Bicycle lanes and road safety
en|Remote work after the pandemic
en|Minimum wage
en|Debian package management
en|Wind turbines and birds
en|Homelessness in large cities
en|Quantum computing
es|Datos abiertos en España
es|Protección de datos en los colegios
es|El futuro de la energía nuclear
es|Calidad del agua potable en zonas rurales
es|Resultados electorales de 2019
es|Carriles bici y seguridad vial
es|Teletrabajo tras la pandemia
es|Salario mínimo interprofesional
es|Gestión de paquetes en Debian
es|Vivienda en Madrid
es|Inteligencia artificial
es|Incendios en Extremadura
es|Modelos de lenguaje y lenguas cooficiales
es|Despoblación y envejecimiento
ca|Dades obertes a Catalunya
ca|Protecció de dades a les escoles
ca|El futur de l'energia nuclear
ca|Qualitat de l'aigua de boca
ca|Resultats electorals del 2019
ca|Carrils bici i seguretat viària
ca|Teletreball després de la pandèmia
ca|Salari mínim interprofessional
ca|Habitatge a Barcelona
ca|Intel·ligència artificial
ca|Incendis forestals
ca|Models de llenguatge i llengües cooficials
ca|Turisme a Mallorca
eu|Datu irekiak Euskadin
eu|Datuen babesa ikastetxeetan
eu|Energia nuklearraren etorkizuna
eu|Edateko uraren kalitatea
eu|2019ko hauteskundeen emaitzak
eu|Bidegorriak eta bide segurtasuna
eu|Telelana pandemiaren ondoren
eu|Gutxieneko soldata
eu|Etxebizitza Bilbon
eu|Adimen artifiziala
eu|Baso suteak
eu|Hizkuntza ereduak
eu|Turismoa Donostian
gl|Datos abertos en Galicia
gl|Protección de datos nas escolas
gl|O futuro da enerxía nuclear
gl|Calidade da auga potable no rural
gl|Resultados das eleccións de 2019
gl|Carrís bici e seguridade viaria
gl|Teletraballo tras a pandemia
gl|Salario mínimo dos traballadores galegos
gl|Vivenda na Coruña
gl|Intelixencia artificial
gl|Incendios forestais en Ourense
gl|Modelos de linguaxe e linguas cooficiais
gl|Turismo nas Rías Baixas
fr|Données ouvertes en France
fr|L'avenir de l'énergie nucléaire
fr|Qualité de l'eau potable
fr|Les incendies de forêt
fr|Protection des données à l'école
de|Offene Daten in Spanien
de|Die Zukunft der Kernenergie
de|Trinkwasserqualität auf dem Land
de|Mindestlohn und Armut
de|Datenschutz in der Schule
pt|Dados abertos em Portugal
pt|O futuro da energia nuclear
pt|Qualidade da água potável
pt|Proteção de dados nas escolas
pt|Incêndios florestais e alterações climáticas
it|Dati aperti in Italia
it|Il futuro dell'energia nucleare
it|Qualità dell'acqua potabile
it|Protezione dei dati nelle scuole
it|Incendi boschivi
en|Why do bees disappear?
es|¿Por qué desaparecen las abejas?
ca|Per què desapareixen les abelles?
eu|Zergatik desagertzen dira erleak?
gl|Por que desaparecen as abellas?
en|Childcare and working parents
es|Conciliación y guarderías
ca|Conciliació i escoles bressol
eu|Haurtzaindegiak eta gurasoak
gl|Conciliación e escolas infantís
en|Ancient bridges
es|Puentes romanos
ca|Ponts romans
eu|Antzinako zubiak
gl|Pontes romanas e os seus camiños
"""


def topics() -> list[tuple[str, str]]:
    pairs = [line.split("|", 1) for line in TOPICS.strip().splitlines()]
    return [(code, topic) for code, topic in pairs]


def test_at_least_95_of_100_topics_are_recognised():
    """Short texts of two to nine words, none of them among the samples the method learns from."""
    wrong = [(code, topic, detect_language(topic)) for code, topic in topics() if detect_language(topic) != code]
    assert len(wrong) / len(topics()) <= 0.05, wrong


@pytest.mark.parametrize(
    ("code", "topic"),
    [
        ("es", "Datos abiertos en España"),
        ("en", "Open data in Spain"),
        ("ca", "Dades obertes a Catalunya"),
        ("eu", "Datu irekiak Euskadin"),
        ("gl", "Datos abertos en Galicia"),
        ("fr", "Données ouvertes en France"),
        ("de", "Offene Daten in Spanien"),
        ("pt", "Dados abertos em Portugal"),
        ("it", "Dati aperti in Italia"),
    ],
)
def test_the_topics_that_people_start_with(code: str, topic: str):
    assert detect_language(topic) == code
    assert detect_language(topic.upper()) == code


PAGES = {
    "en": "The library lends bicycles to its readers. Nobody had thought of that before, and it works rather well.",
    "es": "La biblioteca presta bicicletas a sus lectores. A nadie se le ocurrió antes, y funciona bastante bien.",
    "ca": "La biblioteca deixa bicicletes als seus lectors. Ningú no hi havia pensat abans, i funciona força bé.",
    "eu": "Liburutegiak bizikletak uzten dizkie irakurleei. Inori ez zitzaion bururatu, eta nahiko ondo dabil.",
    "gl": "A biblioteca empresta bicicletas aos seus lectores. A ninguén se lle ocorrera, e funciona bastante ben.",
    "fr": "La bibliothèque prête des vélos à ses lecteurs. Personne n'y avait pensé avant, et cela marche plutôt bien.",
    "de": "Die Bücherei leiht ihren Lesern Fahrräder. Niemand hatte vorher daran gedacht, und es geht recht gut.",
    "pt": "A biblioteca empresta bicicletas aos seus leitores. Ninguém tinha pensado nisso, e funciona muito bem.",
    "it": "La biblioteca presta biciclette ai suoi lettori. Nessuno ci aveva pensato prima, e funziona piuttosto bene.",
}


@pytest.mark.parametrize("code", RECOGNISED)
def test_pages_are_recognised_whatever_the_default(code: str):
    assert {detect_language(PAGES[code], default) for default in RECOGNISED} == {code}


def test_without_words_the_default_is_the_answer():
    assert detect_language("", "gl") == "gl"
    assert detect_language("2024: 13,5 %", "es") == "es"
    assert detect_language("Погода в Москве", "ca") == "ca"


def test_the_default_settles_what_is_the_same_in_two_languages():
    assert detect_language("Incendios en Ourense", "gl") == "gl"


def test_regional_codes_fall_back_to_their_language():
    assert [base_language(code) for code in ("es-ES", "ca_ES", " EU ", "gl")] == ["es", "ca", "eu", "gl"]
    assert language_data("es-MX") == language_data("es")


@pytest.mark.parametrize("code", RECOGNISED)
def test_each_language_has_its_data(code: str):
    data = language_data(code)
    assert len(data.stopwords) > 150
    assert all(word == word.casefold() for word in data.stopwords | data.abbreviations)
    assert data.stemmer or code == "gl"


def test_an_unknown_language_has_no_data_and_does_no_harm():
    assert language_data("tlh").stopwords == frozenset()
    assert set(SUPPORTED) < set(RECOGNISED)


@pytest.mark.parametrize(
    "topic", ["Social media", "Data centres", "Radio drama", "Tropical diseases", "Postal services", "Solar sails"]
)
def test_latin_words_do_not_make_an_english_topic_spanish_or_catalan(topic: str):
    assert detect_language(topic) == "en"


@pytest.mark.parametrize("topic", ["Pensiones", "Reforma laboral", "Pruebas con animales", "Enfermedades tropicales"])
def test_short_spanish_topics_are_spanish(topic: str):
    assert detect_language(topic) == "es"


@pytest.mark.parametrize("default", ["en", "es"])
@pytest.mark.parametrize(
    ("code", "topic"),
    [
        ("ca", "Dades obertes"),
        ("ca", "Dades obertes a Espanya"),
        ("gl", "Datos abertos"),
        ("gl", "Datos abertos en España"),
        ("eu", "Datu irekiak Espainian"),
    ],
)
def test_open_data_is_known_in_each_language_whatever_the_documents_speak(code: str, topic: str, default: str):
    assert detect_language(topic, default) == code
