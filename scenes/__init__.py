"""The lessons: one folder a lesson, one file a scene."""
