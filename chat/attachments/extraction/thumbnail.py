"""The process that draws one thumbnail: an image on its standard input, a JPEG on its standard output."""

import io
import sys

from PIL import Image

from portal.confinement import give_up

# Pixels: a card is 300 wide, and screens have up to two for each.
WIDTH, HEIGHT = 640, 400
MEMORY = 512 << 20
SECONDS = 8
OUTPUT = 1 << 20


def main() -> int:
    data = sys.stdin.buffer.read()
    Image.preinit()
    Image.init()
    give_up(memory=MEMORY, seconds=SECONDS, output=OUTPUT)
    with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as source:
        source.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS, reducing_gap=2.0)
        picture = source.convert("RGBA")
    # On white, as cards show it; a canvas of our own carries no metadata of theirs.
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    result = io.BytesIO()
    paper.save(result, "JPEG", quality=82)
    sys.stdout.buffer.write(result.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
