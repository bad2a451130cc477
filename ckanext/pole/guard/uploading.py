"""A file that somebody uploads to a dataset is looked at before it is kept: its bytes against its name."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import magic
from ckan.lib.uploader import ResourceUpload

from ckanext.pole.guard import kinds


class ExaminedUpload(ResourceUpload):
    """CKAN's own way of keeping a file, which refuses one that lies about what it is.

    Raises:
        ValidationError: the file is a program, or a page or a picture under the name of a table.
    """

    def __init__(self, resource: dict[str, Any]) -> None:
        super().__init__(resource)
        name = getattr(self, "filename", None)
        if not name:
            return
        head = self.upload_file.read(kinds.HEAD)
        self.upload_file.seek(0)
        if found := kinds.lie(name, head, magic.from_buffer(head, mime=True)):
            words = tk._("The file is not what its name says: {name} is {kind} inside.")
            raise tk.ValidationError({"upload": [words.format(name=name, kind=found)]})
