"""What people write: a sentence that says the same in other words passes, and one that says another thing does not."""

from __future__ import annotations

import pytest

from tertulia.evidence.checks import check_claim

SAME = [
    (
        "en",
        "Around 90 % of training tokens are English.",
        "around 90 % of the training tokens of large models are English",
    ),
    (
        "en",
        "ALIA-40B has 40.4 billion parameters and was trained on 6.9 trillion tokens, about 33 terabytes.",
        "ALIA-40B, of 40.4 billion parameters, processed 6.9 trillion tokens, about 33 terabytes of text.",
    ),
    (
        "en",
        "It read roughly 17 million books on MareNostrum 5.",
        "ALIA-40B was trained on MareNostrum 5 with roughly 17 million books",
    ),
    ("en", "The learning strategy runs from 2025 to 2028.", "its learning strategy runs 2025–2028."),
    (
        "en",
        "Vox rose from 13.75 % in April to 19.86 % in November 2019.",
        "In 2019 the vote share of Vox in Medina del Campo was 13.75 % in April and 19.86 % in November.",
    ),
    ("en", "Spending rose 5-10% a year.", "Spending rose by between 5 and 10 per cent a year."),
    (
        "en",
        "The 2024 meeting named four roles.",
        "A working group of the 2024 National Open Data Meeting named four roles.",
    ),
    ("en", "It cost about £2m.", "It cost £1.96 million."),
    ("en", "It cost US$2.5 billion.", "It cost $2,500 million."),
    ("en", "Nearly 7 trillion tokens were used.", "6.9 trillion tokens were used."),
    ("en", "A third of users left.", "33 % of users left."),
    ("en", "The 5th edition took place on June 3rd, 2021.", "The fifth edition took place on 3 June 2021."),
    ("en", "The survey of 1,002 adults ran in mid-2023.", "1002 adults were asked in 2023."),
    ("en", "Temperatures fell to −12 °C.", "It was 12 degrees below zero: -12 °C."),
    ("en", "Prices were 1.5 times higher.", "Prices were 1.5 times as high."),
    ("en", "Over 2,300 labelled claims are used.", "2,329 labelled claims are used."),
    ("en", "The GDPR's Article 22 applies.", "Article 22 of the GDPR applies."),
    ("en", "The U.S. has 50 states.", "The United States has 50 states."),
    ("en", "The World Health Organization (WHO) says 30 minutes.", "WHO says 30 minutes."),
    (
        "en",
        "Meta's Casual Conversations v2 (2023) covers 5,567 people from 7 countries.",
        "Meta's Casual Conversations v2 (2023): 5,567 people from 7 countries.",
    ),
    ("en", "It has a ratio of 3:1.", "It has a ratio of 3:1."),
    ("en", "The 90s and the 2000s differ.", "In the 1990s and the 2000s things differed."),
    ("en", "He was born in 1564 and died in 1616.", "William Shakespeare (26 April 1564 – 23 April 1616)"),
    ("en", "Two-thirds of the 36,500 sections report.", "2/3 of 36,500 sections report."),
    (
        "en",
        "In the first quarter of 2024 revenue was €1.2bn.",
        "In Q1 2024 (the first quarter) revenue was 1.2 billion euros.",
    ),
    (
        "en",
        "The two elections of 2019 together have more than 72,000 rows.",
        "the two of 2019 together have more than 72,000 rows",
    ),
    ("es", "Unos 600 millones de personas hablan español.", "El español lo hablan 600 millones de personas."),
    (
        "es",
        "El catálogo del INAP de 2025 ofrece más de 180 actividades.",
        "El catálogo de formación de 2025 del INAP incluye más de 180 actividades formativas.",
    ),
    ("es", "La inversión fue de 1.200 M€ en 2023.", "La inversión fue de 1.200 millones de euros en 2023."),
    ("es", "Se celebró el 1 de mayo de 2024 a las 18:00 horas.", "Se celebró el 1º de mayo de 2024 a las 18:00."),
    ("es", "A mediados de 2023 había 3.400 conjuntos de datos.", "En 2023 había 3400 conjuntos de datos."),
    ("es", "El 8 de cada 10 hogares.", "8 de cada 10 hogares"),
    ("es", "Según la OCDE, España ocupa el 4.º puesto.", "España ocupa la cuarta posición según la OCDE."),
    ("es", "La ley 37/2007 regula la reutilización.", "La Ley 37/2007, de 16 de noviembre, sobre reutilización."),
    (
        "es",
        "El artículo 13 del Reglamento (UE) 2016/679 lo exige.",
        "Lo exige el artículo 13 del Reglamento (UE) 2016/679.",
    ),
    ("es", "Subió del 13,75 % al 19,86 %.", "Pasó del 13,75 % al 19,86 % en noviembre"),
    ("es", "Ochocientos mil euros se destinaron a ello.", "Se destinaron 800.000 € a ello."),
    ("ca", "L'any 2024 hi havia uns 36.000 col·legis.", "El 2024 hi havia 36.231 col·legis."),
    ("ca", "Un 3,5 % més que l'any 2019.", "El 3,5% més que el 2019"),
    ("ca", "La Llei 19/2014 de transparència.", "Llei 19/2014, de 29 de desembre, de transparència"),
    ("ca", "A les 9 h del 2 de maig.", "el 2 de maig a les 9 h"),
    (
        "eu",
        "2024ko urtarrilaren 5ean 1.200 lagun bildu ziren.",
        "2024ko urtarrilaren 5ean, 1.200 pertsona bildu ziren.",
    ),
    ("eu", "Biztanleen %34,5ek erabiltzen du.", "Biztanleen ehuneko 34,5ek erabiltzen du."),
    ("eu", "Herrialdeko hirugarren hiria da.", "Herrialdeko 3. hiria da."),
    ("eu", "Eusko Jaurlaritzaren arabera, 12 udalerri dira.", "12 udalerri dira, Eusko Jaurlaritzak dioenez."),
    ("eu", "2019tik 2023ra bitartean 5 puntu igo zen.", "2019 eta 2023 artean 5 puntu igo zen."),
    ("gl", "O 1 de xaneiro de 2024 entrou en vigor.", "Entrou en vigor o día 1 de xaneiro de 2024."),
    ("gl", "Máis de 2.700 persoas participaron.", "Participaron 2.731 persoas."),
    ("gl", "O 25 % dos fogares e un terzo das empresas.", "Un 25% dos fogares e un terzo das empresas"),
    ("gl", "Na segunda metade do século XX medrou.", "Medrou na segunda metade do século XX."),
]
OTHER = [
    ("en", "It cost $2.5 million.", "It cost $2.5 billion."),
    ("en", "It took 90 minutes.", "It took 90 seconds."),
    ("en", "12 of 15 voted.", "12 of 50 voted."),
    ("en", "It fell by 3 percentage points.", "It fell by 3 percent."),
    ("en", "It is 20 miles away.", "It is 20 km away."),
    ("en", "It weighs 5 kg.", "It weighs 5 g."),
    ("en", "In the 20th century it grew.", "In the 19th century it grew."),
    ("en", "About 50,000 came.", "42,000 came."),
    ("en", "It rose from 10 to 15 %.", "It rose from 10 to 25 %."),
    ("en", "On 5 May 2021 it rained.", "On 5 May 2012 it rained."),
    ("en", "Up to 40 people.", "At least 40 people."),
    ("en", "Article 23 applies.", "Article 22 applies."),
    ("en", "It has 1.5 million users in 3 countries.", "It has 1.5 million users in 13 countries."),
    ("en", "Temperatures of -5 °C.", "Temperatures of 5 °C."),
    ("es", "La ley 38/2007 regula.", "La Ley 37/2007 regula."),
    ("es", "Costó 5 mil euros.", "Costó 5 millones de euros."),
    ("es", "Uno de cada cuatro: 25 hogares.", "25 % de los hogares."),
    ("es", "Casi 100 municipios.", "Más de 100 municipios."),
    ("es", "Tardó 3 días.", "Tardó 3 semanas."),
    ("es", "El 4 de mayo.", "El 5 de mayo."),
    ("eu", "2024ko urtarrilean.", "2023ko urtarrilean."),
    ("eu", "Herrialdeko laugarren hiria da.", "Herrialdeko 3. hiria da."),
    ("eu", "100 udal baino gehiago", "100 udal baino gutxiago"),
    ("gl", "No século XVIII.", "No século XIX."),
    ("ca", "L'any 2018.", "L'any 2019."),
    ("ca", "Vint persones.", "Trenta persones."),
    ("en", "The GPT-4 model", "The GPT-3 model"),
    ("en", "John Smith of Oxford University said.", "John Smith of Cambridge University said."),
    ("en", "The ratio is 1/3.", "The ratio is 2/3."),
    ("en", "At 9 am.", "At 9 pm."),
    ("en", "It has 2,5 million.", "It has 2.6 million."),
    ("en", "The budget was €12 million.", "The budget was 12 million."),
]


@pytest.mark.parametrize(("language", "sentence", "passage"), SAME)
def test_what_is_the_same_raises_nothing(language: str, sentence: str, passage: str):
    """Other formats, units, orders and hedges, in which nothing is wrong: not even a warning."""
    findings = check_claim(sentence, [passage], language=language).findings
    assert [finding.message() for finding in findings if finding.check != "overlap"] == []


@pytest.mark.parametrize(("language", "sentence", "passage"), OTHER)
def test_what_is_another_thing_is_an_error(language: str, sentence: str, passage: str):
    """Units, scales, signs, limits, dates and names that are nearly those of the passage."""
    assert not check_claim(sentence, [passage], language=language).holds
