"""`python -m puente.demo`: the demo. `python -m puente.demo serve`: the same set-up with Airflow's user interface."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from puente.demo.place import InUseError, Place
from puente.demo.texts import say


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 when the demo's counts are right, or when the user interface was stopped by its user."""
    parser = argparse.ArgumentParser(prog="python -m puente.demo", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("carry", "serve"), default="carry")
    parser.add_argument("--folder", type=Path, default=Place.folder, help="where the demo lives (default: .puente)")
    parser.add_argument("--port", type=int, default=Place.port, help="of the user interface (default: 8080)")
    options = parser.parse_args(arguments)
    place = Place(options.folder.resolve(), options.port)
    try:
        if options.what == "serve":
            from puente.demo.serve import serve

            return serve(place)
        from puente.demo.show import run_demo

        return run_demo(place)
    except InUseError:
        print(say("in_use", folder=place.folder), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
