"""Lesson 2: gradient descent, momentum, adaptive steps."""
