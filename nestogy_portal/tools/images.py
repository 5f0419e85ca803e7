"""What may be shown as a picture to everybody: no format that can hold a script."""

import io

from PIL import Image

MOST_PIXELS = 4096  # of a side
_EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "ICO": "ico"}
MIMETYPES = {"png": "image/png", "jpg": "image/jpeg", "ico": "image/x-icon"}


def extension_of(content):
    """How the name of a picture's file ends; empty for whatever is no PNG, JPEG or ICO, or is too large.

    :param bytes content: the file
    """
    try:
        with Image.open(io.BytesIO(content), formats=list(_EXTENSIONS)) as picture:
            if max(picture.size) > MOST_PIXELS:
                return ""
            extension = _EXTENSIONS[picture.format]
            picture.verify()
            return extension
    except Exception:  # the decoders raise whatever they like about a broken file
        return ""
