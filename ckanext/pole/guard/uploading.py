"""A file that somebody uploads is looked at before it is kept: its bytes against its name, a picture's size."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
import magic
from ckan.lib import files
from ckan.lib.uploader import FKUpload, ResourceUpload, Upload

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


class _Measured:
    """What both of CKAN's ways of keeping the picture of a partner or a person gain.

    Raises:
        ValidationError: it has more points than a page can show, or does not say how many.
    """

    upload_field_storage: Any
    file_field: str

    def verify_type(self) -> None:
        """After CKAN looked at its type, look at its size."""
        super().verify_type()  # type: ignore[misc]
        stream = self.upload_field_storage.stream
        points = kinds.points(magic.from_buffer(stream.read(kinds.PICTURE_HEAD)))
        stream.seek(0)
        if points is None or points > kinds.POINTS:
            words = tk._("The picture has too many points, or does not say how many: {most} million at most.")
            raise tk.ValidationError({self.file_field: [words.format(most=kinds.POINTS // 1_000_000)]})


class _InFolder(_Measured, Upload):
    """In the folder of uploads."""


class _InStorage(_Measured, FKUpload):
    """In a storage of CKAN's files."""


def picture_uploader(kind: str, old: str | None) -> Any:
    """Who keeps a picture, chosen as CKAN does.

    Args:
        kind: `group`, `user`, `admin`.
        old: the file that it takes the place of.
    """
    try:
        files.get_storage(tk.config[f"ckan.files.default_storages.{kind}"])
    except files.exc.UnknownStorageError:
        return _InFolder(kind, old)
    return _InStorage(kind, old)
