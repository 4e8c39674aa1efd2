"""
Makes one small picture out of a large one: stdin to stdout, in a process of its own.

Pictures come from anybody, and decoders are where programs are broken into. This process
gives up memory, time, files and children before it reads a byte, and is given nothing
else; whoever started it decodes nothing.
"""

import resource
import sys
from typing import Final

MEMORY: Final = 512 * 1024 * 1024
CPU_SECONDS: Final = 5
MOST_PIXELS: Final = 50_000_000
SIDE: Final = 320
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
"""Decoders that may be used; the others are never asked."""


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # Imported under the limits, and nowhere else.
    from PIL import Image, ImageOps  # noqa: PLC0415

    Image.preinit()
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # from twice as many on, it refuses
    with Image.open(sys.stdin.buffer, formats=FORMATS) as picture:
        picture.draft("RGB", (SIDE, SIDE))
        picture.thumbnail((SIDE, SIDE))
        upright = ImageOps.exif_transpose(picture)
        mode = "RGBA" if upright.has_transparency_data else "RGB"
        # Made anew: where it was taken, and with what, stays behind.
        small = Image.new(mode, upright.size)
        small.paste(upright.convert(mode))
        small.save(sys.stdout.buffer, "WEBP", quality=75, method=4)


if __name__ == "__main__":
    main()
