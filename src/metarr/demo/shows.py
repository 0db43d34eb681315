"""The one series of the demo: the Caminandes shorts of the Blender Institute, which anybody may copy (CC BY).

Facts are public knowledge told in our own words; https://studio.blender.org/films/. Ids are invented, as in
`catalogue`, and so are the special, the days of the month of the first two films, and the second order.
"""

from __future__ import annotations

from metarr.demo.works import INVENTED_IDS, Episode, EpisodeGroup, Season, Show, Words

_FIRST_SHOW = INVENTED_IDS + 200

SHOWS: tuple[Show, ...] = (
    Show(
        tmdb=_FIRST_SHOW,
        imdb="tt90000200",
        tvdb=90_000_200,
        title="Caminandes",
        also_known_as=("Koro the Llama",),
        language="es",
        released="2013-02-23",
        plot="A llama of Patagonia wants what grows on the other side, and the landscape has other plans.",
        tagline="Some obstacles are harder than they appear.",
        runtime=2,
        genres=("Animation", "Comedy", "Family"),
        networks=("Blender Institute",),
        countries=(("NL", "Netherlands"), ("AR", "Argentina")),
        creators=("Pablo Vázquez",),
        cast=(("Koro", "Himself"),),
        certification="TV-G",
        rating=7.3,
        votes=41,
        keywords=("llama", "patagonia", "open movie", "short film"),
        seasons=(
            Season(_FIRST_SHOW + 1, 1, "Season 1", "Three walks of a stubborn llama.", tvdb=90_000_201),
            Season(_FIRST_SHOW + 2, 0, "Specials"),
        ),
        episodes=(
            Episode(
                _FIRST_SHOW + 11,
                1,
                1,
                "Llama Drama",
                "2013-02-23",
                "Koro wants to cross an empty road, which stays empty only as long as he does not try.",
                runtime=2,
                directors=("Pablo Vázquez",),
                writers=("Pablo Vázquez",),
                rating=6.9,
                votes=22,
                translations={"de": Words("Lamadrama", "Koro will über eine leere Straße.")},
            ),
            Episode(
                _FIRST_SHOW + 12,
                1,
                2,
                "Gran Dillama",
                "2013-11-22",
                "The best grass grows behind a fence, and somebody has put current on it.",
                runtime=3,
                directors=("Pablo Vázquez",),
                writers=("Pablo Vázquez",),
                rating=7.4,
                votes=31,
            ),
            Episode(
                _FIRST_SHOW + 13,
                1,
                3,
                "Llamigos",
                "2016-01-30",
                "Winter leaves one bush of berries, and a small penguin is hungry as well.",
                runtime=3,
                directors=("Pablo Vázquez",),
                guests=(("Oti", "The penguin"),),
                rating=7.6,
                votes=35,
            ),
            Episode(
                _FIRST_SHOW + 14,
                0,
                1,
                "How the Grass Was Grown",
                "2013-12-20",
                "How the grass of Patagonia came to be.",
                runtime=5,
            ),
        ),
        groups=(
            EpisodeGroup(
                "90000200aabbccddeeff0001",
                "Newest First",
                3,
                {0: ((0, 1),), 1: ((1, 3), (0, 1)), 2: ((1, 2), (1, 1))},
            ),
            EpisodeGroup("90000200aabbccddeeff0002", "All in One", 2, {1: ((1, 1), (1, 2), (1, 3))}),
        ),
        translations={
            "es": Words("", "Una llama de la Patagonia quiere lo que crece al otro lado."),
            "de": Words("", "Ein Lama will, was auf der anderen Seite wächst."),
        },
        palette=((44, 38, 30), (172, 136, 84), (214, 232, 246)),
    ),
)
