"""From scenes to films."""
