"""NFO files: the XML by which Kodi, Jellyfin and Plex's NFO agent read metadata from a folder. Pure."""

from metarr.library.nfo.reading import Hand, NfoDocument, read
from metarr.library.nfo.writing import render, render_episodes

__all__ = ["Hand", "NfoDocument", "read", "render", "render_episodes"]
