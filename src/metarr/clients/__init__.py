"""Protocols spoken by more than one integration. Kodi is a player and a notifier: both use its one client."""
