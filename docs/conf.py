"""How the documentation is built by `scripts/docs`. Nothing on the built site loads from elsewhere."""

from __future__ import annotations

project = "Metarr"
author = "The Metarr developers"
copyright = "The Metarr developers, MIT licence"  # noqa: A001  Sphinx's name for it
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["examples"]
nitpicky = True  # a reference to nothing is an error
myst_heading_anchors = 3  # as deep as links go
myst_enable_extensions = ["fieldlist"]
html_theme = "furo"
html_title = "Metarr"
html_copy_source = False
html_show_sphinx = False
html_extra_path = ["design.html"]
