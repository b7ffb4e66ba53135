"""Takes: the sound of each beat, recorded or synthesised, and when its words are heard."""
