"""Positions in the chain as commands take them."""

from __future__ import annotations

from argparse import ArgumentTypeError


def position(text: str) -> int:
    """A whole number from 1; the type of an option. What is no number at all, argparse says itself."""
    number = int(text)
    if number < 1:
        raise ArgumentTypeError(f"positions begin at 1, not at {number}")
    return number
