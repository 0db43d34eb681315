"""The films of the demo: open movies of the Blender Foundation and Studio, and classics in the public domain.

Facts are public knowledge told in our own words. TMDB ids from 90,000,000 up, and IMDb ids from tt90000000 up, are
invented for this demo and mean nothing to the real services.
"""

from __future__ import annotations

from metarr.demo.works import INVENTED_IDS, Film, FilmSet, Words

__all__ = ["FILMS", "Film"]

_NETHERLANDS = (("NL", "Netherlands"),)
_UNITED_STATES = (("US", "United States of America"),)
_GERMANY = (("DE", "Germany"),)
_FOUNDATION = ("Blender Foundation",)
_STUDIO = ("Blender Studio",)
_OPEN_MOVIES = FilmSet(
    INVENTED_IDS + 100,
    "Blender Open Movies",
    "Short films whose makers give away the pictures, the sources and all they learnt.",
    {"de": Words("Offene Filme aus Blender", "Kurzfilme, deren Macher alles verschenken.")},
)

FILMS: tuple[Film, ...] = (
    Film(
        tmdb=9761,
        imdb="tt0807840",
        title="Elephants Dream",
        released="2006-03-24",
        plot=(
            "Old Proog leads young Emo through a machine without end, certain of its every danger. "
            "Emo begins to doubt that the machine is what his guide sees in it."
        ),
        tagline="The first open movie.",
        runtime=11,
        genres=("Animation", "Science Fiction"),
        studios=_FOUNDATION,
        countries=_NETHERLANDS,
        directors=("Bassam Kurdali",),
        writers=("Pepijn Zwanenberg",),
        cast=(("Tygo Gernandt", "Proog (voice)"), ("Cas Jansen", "Emo (voice)")),
        certification="NR",
        rating=6.6,
        votes=120,
        keywords=("machine", "open movie", "short film"),
        collection=_OPEN_MOVIES,
        palette=((24, 20, 18), (122, 82, 48), (232, 190, 120)),
    ),
    Film(
        tmdb=10378,
        imdb="tt1254207",
        title="Big Buck Bunny",
        released="2008-04-10",
        plot=(
            "A good-natured giant of a rabbit enjoys the morning until three small bullies spoil it. "
            "He has had enough, and sets up a revenge of ropes, apples and sharpened sticks."
        ),
        tagline="Revenge tastes of apples.",
        runtime=10,
        genres=("Animation", "Comedy", "Family"),
        studios=_FOUNDATION,
        countries=_NETHERLANDS,
        directors=("Sacha Goedegebure",),
        writers=("Sacha Goedegebure",),
        certification="G",
        rating=6.5,
        votes=210,
        keywords=("rabbit", "forest", "open movie", "short film"),
        collection=_OPEN_MOVIES,
        translations={
            "de": Words(
                "Big Buck Bunny",
                "Ein gutmütiger Riesenhase genießt den Morgen, bis drei kleine Quälgeister ihn verderben.",
                "Rache schmeckt nach Äpfeln.",
            )
        },
        palette=((26, 52, 30), (104, 158, 70), (244, 236, 160)),
    ),
    Film(
        tmdb=45745,
        imdb="tt1727587",
        title="Sintel",
        released="2010-09-30",
        plot=(
            "A lonely young woman nurses a wounded dragon cub and loses it to a grown one. "
            "She searches the world for her friend, and pays more for finding it than she knew."
        ),
        tagline="How far would you go for a friend?",
        runtime=15,
        genres=("Animation", "Fantasy", "Adventure"),
        studios=_FOUNDATION,
        countries=_NETHERLANDS,
        directors=("Colin Levy",),
        writers=("Esther Wouda", "Martin Lodewijk"),
        cast=(("Halina Reijn", "Sintel (voice)"), ("Thom Hoffman", "Shaman (voice)")),
        certification="PG-13",
        rating=7.2,
        votes=330,
        keywords=("dragon", "quest", "open movie", "short film"),
        collection=_OPEN_MOVIES,
        translations={
            "de": Words(
                "Sintel",
                "Eine junge Frau sucht den kleinen Drachen, der ihr einziger Freund war.",
                "Wie weit würdest du für einen Freund gehen?",
            )
        },
        palette=((40, 22, 26), (150, 66, 46), (248, 206, 150)),
    ),
    Film(
        tmdb=INVENTED_IDS + 1,
        imdb="tt2285752",
        title="Tears of Steel",
        released="2012-09-26",
        plot=(
            "A band of soldiers and scientists gathers in an old church of Amsterdam to replay one moment of the past: "
            "the quarrel on a bridge that set robots against mankind."
        ),
        tagline="Love, and robots.",
        runtime=12,
        genres=("Science Fiction", "Action"),
        studios=_FOUNDATION,
        countries=_NETHERLANDS,
        directors=("Ian Hubert",),
        writers=("Ian Hubert",),
        cast=(
            ("Derek de Lint", "Old Thom"),
            ("Sergio Hasselbaink", "Barley"),
            ("Vanja Rukavina", "Young Thom"),
            ("Denise Rebergen", "Celia"),
        ),
        certification="NR",
        rating=6.3,
        votes=150,
        keywords=("robot", "amsterdam", "open movie", "short film"),
        collection=_OPEN_MOVIES,
        palette=((14, 24, 34), (52, 106, 128), (190, 226, 230)),
    ),
    Film(
        tmdb=INVENTED_IDS + 2,
        imdb="tt90000002",
        title="Cosmos Laundromat",
        released="2015-08-10",
        plot=(
            "On a desolate island the sheep Franck wants nothing any more. Then a salesman turns up "
            "who offers him the gift of a lifetime, or of several."
        ),
        tagline="First cycle.",
        runtime=12,
        genres=("Animation", "Fantasy", "Adventure"),
        studios=("Blender Institute",),
        countries=_NETHERLANDS,
        directors=("Mathieu Auvray",),
        writers=("Esther Wouda",),
        cast=(("Pierre Bokma", "Franck (voice)"), ("Reinout Scholten van Aschat", "Victor (voice)")),
        rating=7.0,
        votes=60,
        keywords=("sheep", "island", "open movie", "short film"),
        collection=_OPEN_MOVIES,
        palette=((32, 30, 58), (126, 110, 168), (250, 220, 196)),
    ),
    Film(
        tmdb=INVENTED_IDS + 3,
        imdb="tt90000003",
        title="Spring",
        released="2019-04-04",
        plot="A shepherd girl and her dog face ancient spirits so that the long winter may give way to spring.",
        tagline="The cycle of life must go on.",
        runtime=8,
        genres=("Animation", "Fantasy"),
        studios=("Blender Animation Studio",),
        countries=_NETHERLANDS,
        directors=("Andy Goralczyk",),
        writers=("Andy Goralczyk",),
        certification="",
        rating=7.4,
        votes=80,
        keywords=("shepherd", "spirit", "open movie", "short film"),
        collection=_OPEN_MOVIES,
        palette=((22, 44, 48), (96, 150, 128), (250, 226, 190)),
    ),
    Film(
        tmdb=INVENTED_IDS + 4,
        imdb="tt90000004",
        title="Sprite Fright",
        released="2021-10-29",
        plot=(
            "Rowdy teenagers on a school trip laugh at the mushroom people of an old forest, "
            "who take littering more seriously than anyone expected."
        ),
        tagline="Leave no trace.",
        runtime=10,
        genres=("Animation", "Comedy", "Horror"),
        studios=_STUDIO,
        countries=_NETHERLANDS,
        directors=("Matthew Luhn", "Hjalti Hjálmarsson"),
        writers=("Matthew Luhn",),
        certification="PG-13",
        rating=7.1,
        votes=45,
        keywords=("mushroom", "forest", "open movie", "short film"),
        collection=_OPEN_MOVIES,
        palette=((30, 20, 46), (132, 54, 112), (170, 232, 140)),
    ),
    Film(
        tmdb=INVENTED_IDS + 5,
        imdb="tt90000005",
        title="Charge",
        released="2022-12-15",
        plot="In a world short of energy an old man breaks into a battery factory, and meets what guards it.",
        tagline="Power has its price.",
        runtime=4,
        genres=("Animation", "Action", "Science Fiction"),
        studios=_STUDIO,
        countries=_NETHERLANDS,
        directors=("Hjalti Hjálmarsson",),
        writers=("Hjalti Hjálmarsson",),
        rating=6.8,
        votes=30,
        keywords=("robot", "dystopia", "open movie", "short film"),
        collection=_OPEN_MOVIES,
        palette=((22, 22, 24), (140, 96, 40), (252, 196, 84)),
    ),
    Film(
        tmdb=10331,
        imdb="tt0063350",
        title="Night of the Living Dead",
        released="1968-10-04",
        plot=(
            "Strangers barricade themselves in a farmhouse while the dead walk outside. "
            "By morning they have more to fear than what claws at the doors."
        ),
        tagline="They will not stay dead.",
        runtime=96,
        genres=("Horror", "Thriller"),
        studios=("Image Ten",),
        countries=_UNITED_STATES,
        directors=("George A. Romero",),
        writers=("John A. Russo", "George A. Romero"),
        cast=(
            ("Duane Jones", "Ben"),
            ("Judith O'Dea", "Barbra"),
            ("Karl Hardman", "Harry Cooper"),
            ("Marilyn Eastman", "Helen Cooper"),
        ),
        certification="NR",
        rating=7.6,
        votes=2400,
        keywords=("zombie", "farmhouse", "public domain"),
        palette=((16, 18, 16), (74, 88, 70), (220, 226, 206)),
    ),
    Film(
        tmdb=653,
        imdb="tt0013442",
        title="Nosferatu",
        original_title="Nosferatu, eine Symphonie des Grauens",
        also_known_as=("Nosferatu: A Symphony of Horror",),
        language="de",
        released="1922-02-16",
        plot=(
            "A young clerk travels to the mountains to sell a house to Count Orlok. "
            "The buyer follows him home by sea, and the plague comes with the ship."
        ),
        tagline="A symphony of horror.",
        runtime=94,
        genres=("Horror", "Fantasy"),
        studios=("Prana-Film",),
        countries=_GERMANY,
        directors=("F. W. Murnau",),
        writers=("Henrik Galeen",),
        cast=(("Max Schreck", "Graf Orlok"), ("Gustav von Wangenheim", "Hutter"), ("Greta Schröder", "Ellen")),
        certification="NR",
        rating=7.7,
        votes=2200,
        keywords=("vampire", "silent film", "public domain"),
        translations={
            "de": Words(
                "",
                "Ein junger Gehilfe reist in die Karpaten, um dem Grafen Orlok ein Haus zu verkaufen.",
                "Eine Symphonie des Grauens.",
            )
        },
        palette=((20, 16, 14), (96, 74, 52), (234, 214, 176)),
    ),
    Film(
        tmdb=961,
        imdb="tt0017925",
        title="The General",
        released="1926-12-31",
        plot=(
            "An engine driver of the South loves two beings: a girl and his locomotive. "
            "When both are carried off he gives chase alone, along the whole length of the line."
        ),
        tagline="Love, locomotives and laughs.",
        runtime=79,
        genres=("Comedy", "Adventure", "War"),
        studios=("Buster Keaton Productions",),
        countries=_UNITED_STATES,
        directors=("Buster Keaton", "Clyde Bruckman"),
        writers=("Buster Keaton", "Clyde Bruckman"),
        cast=(("Buster Keaton", "Johnnie Gray"), ("Marion Mack", "Annabelle Lee")),
        certification="NR",
        rating=7.9,
        votes=1200,
        keywords=("locomotive", "silent film", "public domain"),
        palette=((28, 24, 20), (112, 92, 74), (240, 226, 200)),
    ),
    Film(
        tmdb=775,
        imdb="tt0000417",
        title="A Trip to the Moon",
        original_title="Le Voyage dans la Lune",
        language="fr",
        released="1902-04-17",
        plot=(
            "Learned men have themselves fired at the Moon in a shell, hit it in the eye, "
            "and run from its inhabitants all the way back into the sea."
        ),
        tagline="The first journey into space on film.",
        runtime=15,
        genres=("Adventure", "Science Fiction"),
        studios=("Star-Film",),
        countries=(("FR", "France"),),
        directors=("Georges Méliès",),
        writers=("Georges Méliès",),
        cast=(("Georges Méliès", "Professor Barbenfouillis"), ("Bleuette Bernon", "Phoebe")),
        rating=7.9,
        votes=1800,
        keywords=("moon", "silent film", "public domain"),
        translations={"fr": Words("", "Des savants se font tirer vers la Lune dans un obus.")},
        palette=((14, 22, 44), (70, 90, 140), (250, 238, 190)),
    ),
)
