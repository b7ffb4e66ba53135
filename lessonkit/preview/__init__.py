"""What an author sees while writing: sheets of frames, and the live page."""
