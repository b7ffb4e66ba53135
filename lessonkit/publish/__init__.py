"""What becomes of finished films: a YouTube bundle, a course site, course packages."""
