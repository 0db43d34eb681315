"""The demo: openly licensed films, drawn artwork and a TMDB-shaped server on loopback, to try everything offline."""
