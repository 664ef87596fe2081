"""Uploaded pictures, made ours: decided by content, drawn anew, small, and without what a camera adds."""

import io
import warnings
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from portal.web.errors import BadParameter

CONTENT_TYPE = "image/webp"
SIDE = 256
MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def portrait(upload: IO[bytes]) -> bytes:
    """A square WebP. Raises `BadParameter` for what is no picture, or too large a one."""
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise BadParameter(
            _("A picture has at most %(number)d MB.") % {"number": MAX_BYTES // 1024 // 1024}, "picture"
        )
    try:
        with warnings.catch_warnings():
            # Its own limit on pixels only warns; ours is below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _drawn(data)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        raise BadParameter(
            _("This is no picture we can read: use PNG, JPEG, WebP or GIF."), "picture"
        ) from None


def _drawn(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as source:
        # Known from the header: nothing is unpacked yet.
        if source.width * source.height > MAX_PIXELS:
            most = _("A picture has at most %(number)d megapixels.") % {"number": MAX_PIXELS // 1_000_000}
            raise BadParameter(most, "picture")
        source.draft("RGB", (SIDE * 2, SIDE * 2))
        upright = ImageOps.exif_transpose(source).convert("RGBA")
    square = ImageOps.fit(upright, (SIDE, SIDE), Image.Resampling.LANCZOS)
    # A canvas of our own carries no metadata of theirs.
    canvas = Image.new("RGBA", square.size)
    canvas.paste(square)
    result = io.BytesIO()
    canvas.save(result, "WEBP", quality=85)
    return result.getvalue()
