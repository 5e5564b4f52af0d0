"""Which shapes look alike.

Two shapes get one colour exactly if they unfold to the same tree, however recursive: colours start
from what a shape is by itself and are refined by the colours inside until nothing more splits.
"""

import hashlib
from collections.abc import Iterable
from typing import Protocol

from scripts.shapes import Place, Shape


class Face(Protocol):
    """What of a shape counts, its insides aside."""

    def __call__(self, shape: Shape) -> object:
        """Something whose repr is equal exactly for shapes that look alike from outside."""
        ...


def paint(roots: Iterable[Place], face: Face) -> dict[int, str]:
    """The colour of every shape that can be reached, by the shape's identity."""
    shapes = list(reach(roots).values())
    colours = {id(shape): _digest(face(shape)) for shape in shapes}
    count = 0
    while len(set(colours.values())) > count:
        count = len(set(colours.values()))
        colours = {
            id(shape): _digest(
                colours[id(shape)], [(step, colours[id(x.shape)]) for step, x in shape.children()]
            )
            for shape in shapes
        }
    return colours


def reach(roots: Iterable[Place]) -> dict[int, Shape]:
    """Every shape inside the roots, each once."""
    found: dict[int, Shape] = {}
    todo = [place.shape for place in roots]
    while todo:
        shape = todo.pop()
        if id(shape) not in found:
            found[id(shape)] = shape
            todo.extend(place.shape for _, place in shape.children())
    return found


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
