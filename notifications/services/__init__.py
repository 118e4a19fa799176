"""Telling people what happened, carrying it to them, and what they say about it."""
