"""A program of its own: an image comes in, the same image goes out upright and without EXIF. Run by `keeping.repainted`.

It sets its own limits before it reads a byte, so an image that wants more memory or time than any photo ends this process and no other.
It knows nothing of the project: Python starts it alone (`python -I repaint.py FORMAT`).
"""

import io
import resource
import sys
import warnings

MEMORY = 1 << 30
SECONDS = 30
BROKEN = 3  # exit code: no image, or one that does not end


def limit() -> None:
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard),) * 2)


def orientation(image) -> int:
    """How the camera was held; what cannot be read is upright."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # EXIF is written by thousands of programs; none of its errors is a reason to refuse a photo
        return 1


def repaint(content: bytes, format_: str) -> bytes:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # counted before, from the bytes alone
    turn = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90"}
    with Image.open(io.BytesIO(content), formats=[format_]) as opened:
        image, held = opened, orientation(opened)
        image.load()
        if getattr(image, "n_frames", 1) > 1 and format_ != "JPEG":
            return moving(image, format_)
        kept = {name: image.info[name] for name in ("transparency",) if name in image.info and format_ == "PNG"}
        if held in turn:
            image = image.transpose(getattr(Image.Transpose, turn[held]))
        if format_ == "JPEG" and image.mode not in ("RGB", "L"):
            image = image.convert("RGB")
        image.info = kept
        out = io.BytesIO()
        image.save(out, format_, exif=b"", **({"quality": 88} if format_ != "PNG" else {}))
    return out.getvalue()


def moving(image, format_: str) -> bytes:
    """All the pictures, each as long as it was shown."""
    from PIL import ImageSequence

    frames = [(frame.copy(), frame.info.get("duration", 0)) for frame in ImageSequence.Iterator(image)]
    loop, out = image.info.get("loop", 0), io.BytesIO()
    for frame, _ in frames:
        frame.info = {}
    first, others = frames[0][0], [frame for frame, _ in frames[1:]]
    first.save(out, format_, save_all=True, append_images=others, duration=[int(shown) for _, shown in frames], loop=loop, exif=b"")
    return out.getvalue()


def main() -> int:
    limit()
    warnings.simplefilter("ignore")
    content = sys.stdin.buffer.read()
    try:
        done = repaint(content, sys.argv[1])
    except Exception:  # whatever the library says of a stranger's bytes, the answer is the same
        return BROKEN
    sys.stdout.buffer.write(done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
