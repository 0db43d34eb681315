"""What the owner did with a video in a player: watched, rated, stopped half way. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class PlayState:
    """Positions are seconds; `last_played` is UTC or the player's own time as `yyyy-mm-dd hh:mm:ss`, or "".

    It is compared and restored within one player only, so its clock does not matter. `is_watched` is for players that
    count a play when it starts (Jellyfin) and therefore say separately that it was seen to the end.
    """

    play_count: int = 0
    last_played: str = ""
    user_rating: float = 0.0  # 0: none; on the player's scale
    resume_position: float = 0.0
    resume_total: float = 0.0
    is_favourite: bool = False
    is_watched: bool = False

    @property
    def is_blank(self) -> bool:
        """Nothing in it can be lost. The length is the video's own."""
        return replace(self, resume_total=0.0) == PlayState()
