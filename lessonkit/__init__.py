"""The machinery that turns scripts and scenes into narrated, captioned lesson films."""
