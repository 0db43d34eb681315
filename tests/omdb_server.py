"""What OMDb answers, for `Answering`: a movie and a show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metarr.model.media import ExternalIds

if TYPE_CHECKING:
    from aiohttp import web

KEY = "abcd1234"
HEAT = ExternalIds(imdb="tt0113277")
SHOW = ExternalIds(imdb="tt0944947")
LIMIT = {"Response": "False", "Error": "Request limit reached!"}
MOVIE = {
    "Title": "Heat",
    "Rated": "R",
    "Runtime": "170 min",
    "Genre": "Action, Crime, Drama",
    "Plot": "A group of professional bank robbers.",
    "Awards": "15 nominations",
    "Ratings": [
        {"Source": "Internet Movie Database", "Value": "8.3/10"},
        {"Source": "Rotten Tomatoes", "Value": "83%"},
        {"Source": "Metacritic", "Value": "76/100"},
    ],
    "Metascore": "76",
    "imdbRating": "8.3",
    "imdbVotes": "765,432",
    "imdbID": "tt0113277",
    "Type": "movie",
    "Response": "True",
}
SERIES = {**MOVIE, "imdbID": "tt0944947", "Type": "series", "Rated": "N/A", "Runtime": "N/A", "Ratings": []}
SEASON = {
    "Title": "Thrones",
    "Season": "1",
    "Episodes": [
        {"Title": "One", "Released": "2011-04-17", "Episode": "1", "imdbRating": "9.0", "imdbID": "tt1480055"},
        {"Title": "Episode #1.2", "Released": "N/A", "Episode": "2", "imdbRating": "N/A", "imdbID": "tt1668746"},
        {"Title": "What is this", "Episode": "N/A"},
    ],
    "Response": "True",
}
EPISODE = {
    **MOVIE,
    "Title": "One",
    "Type": "episode",
    "imdbID": "tt1480055",
    "imdbRating": "9.0",
    "imdbVotes": "40,000",
}


def answer(request: web.Request) -> tuple[int, Any]:
    query = request.query
    if query.get("apikey") == "spent":
        return 401, LIMIT
    if query.get("apikey") != KEY:
        return 401, {"Response": "False", "Error": "Invalid API key!"}
    known = {
        ("tt0113277", None, None): MOVIE,
        ("tt0133093", None, None): MOVIE,
        ("tt0944947", None, None): SERIES,
        ("tt0944947", "1", None): SEASON,
        ("tt0944947", "1", "1"): EPISODE,
    }
    asked = (query.get("i", ""), query.get("Season"), query.get("Episode"))
    if asked[0] == "tt0000500":
        return 200, {"Response": "False", "Error": "Something went wrong."}
    return 200, known.get(asked, {"Response": "False", "Error": "Series or season not found!"})
