"""Write the invented sample tables of the demo anew: `python docker/demo/make_samples.py`."""

from __future__ import annotations

from pole_demo.httpd import CONTENT
from pole_demo.samples import make

if __name__ == "__main__":
    for name, text in make(CONTENT).items():
        (CONTENT / "files" / name).write_bytes(text.encode("utf-8"))
        print(name, text.count("\n") - 1)
