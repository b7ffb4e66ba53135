"""Lesson 1: derivatives, the chain rule, gradients."""
