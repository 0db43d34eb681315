"""What Fanart.tv answers, for `Answering`: a movie and a show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiohttp import web

KEY = "the-key"
ASSETS = "http://assets.fanart.tv/fanart"


def picture(name: str, **more: Any) -> dict[str, Any]:
    return {"id": "1", "url": f"{ASSETS}/{name}", "lang": "en", "likes": "3", **more}


MOVIE = {
    "name": "Sintel",
    "tmdb_id": "45745",
    "imdb_id": "tt1727587",
    "hdmovielogo": [picture("hdlogo.png")],
    "movielogo": [picture("logo.png", lang="de", likes="0")],
    "movieposter": [picture("poster.jpg"), picture("bare.jpg", lang="00")],
    "moviebackground": [picture("background.jpg")],
    "moviedisc": [picture("disc.png", disc="1", disc_type="bluray")],
    "moviethumb": [picture("thumb.jpg", width="1920", height="1080")],
    "moviesomethingnew": [picture("new.jpg")],
}
SHOW = {
    "name": "Wilfred",
    "thetvdb_id": "239761",
    "hdtvlogo": [picture("hdlogo.png")],
    "characterart": [picture("character.png")],
    "showbackground": [picture("all.jpg", season="all"), picture("two.jpg", season="2"), picture("no.jpg")],
    "seasonposter": [picture("s1.jpg", season="1"), picture("s0.jpg", season="0"), picture("any.jpg", season="all")],
    "seasonbanner": [picture("b1.jpg", season="1", lang="")],
    "seasonthumb": [picture("t1.jpg", season="1"), picture("t11.jpg", season="11")],
}


def answer(request: web.Request) -> tuple[int, Any]:
    path = request.path
    if request.headers.get("api-key") != KEY:
        return 401, {"status": "error", "error message": "Not a valid API key"}
    known: dict[str, Any] = {
        "/movies/45745": MOVIE,
        "/movies/tt1727587": MOVIE,
        "/movies/603": MOVIE,
        "/movies/7": [],
        "/tv/239761": SHOW,
    }
    return (200, known[path]) if path in known else (404, {"status": "error", "error message": "Not found"})
