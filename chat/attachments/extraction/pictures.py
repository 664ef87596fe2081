"""Images, drawn anew as models like them: upright, not too large, without what a camera adds."""

import io
import warnings
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from chat.attachments import kinds
from chat.attachments.extraction.reading import Reading, Unreadable

# What the large providers scale to by themselves.
SIDE = 1568
# Known from the header, before anything is unpacked; a JPEG can be unpacked smaller than it is.
MAX_PIXELS = 250_000_000
MAX_UNPACKED = 60_000_000
_FORMATS = {kinds.PNG: "PNG", kinds.JPEG: "JPEG", kinds.GIF: "GIF", kinds.WEBP: "WEBP"}
# Screens with text on them stay sharp as PNG; a photograph would become too large.
_MAX_PNG = 1_500_000


def prepare() -> None:
    """Loads the decoders while files can still be opened."""
    Image.preinit()
    Image.init()


def read(file: IO[bytes], media_type: str) -> Reading:
    try:
        with warnings.catch_warnings():
            # Its own limit only warns; ours is below.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            Image.MAX_IMAGE_PIXELS = None
            view, view_type = _drawn(file, media_type)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError):
        raise Unreadable("is damaged: it cannot be shown as an image.") from None
    return Reading(kinds.Kind.IMAGE, media_type, view=view, view_type=view_type)


def _drawn(file: IO[bytes], media_type: str) -> tuple[bytes, str]:
    with Image.open(file, formats=[_FORMATS[media_type]]) as source:
        width, height = source.size
        if width * height > MAX_PIXELS:
            raise Unreadable(_too_large(width, height))
        source.draft("RGB", (SIDE, SIDE))
        if source.width * source.height > MAX_UNPACKED:
            raise Unreadable(_too_large(width, height))
        source.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        upright = ImageOps.exif_transpose(source)
        has_alpha = upright.has_transparency_data
        picture = upright.convert("RGBA" if has_alpha else "RGB")
    # A canvas of our own carries no metadata of theirs.
    canvas = Image.new(picture.mode, picture.size)
    canvas.paste(picture)
    if media_type in (kinds.PNG, kinds.GIF) or has_alpha:
        data = _saved(canvas, "PNG")
        if len(data) <= _MAX_PNG:
            return data, kinds.PNG
    return _saved(_on_white(canvas), "JPEG", quality=88), kinds.JPEG


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _saved(picture: Image.Image, form: str, **options: int) -> bytes:
    result = io.BytesIO()
    picture.save(result, form, **options)
    return result.getvalue()


def _too_large(width: int, height: int) -> str:
    return f"is too large: {width:,} × {height:,} pixels. Make it smaller and upload it again."
