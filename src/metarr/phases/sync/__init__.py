"""Phase 4, player sync: what changed becomes rows per player, and each player is told at its own pace."""
