"""A program of its own: a paper comes in as JSON, PDF or DOCX goes out. Run by `making`.

It sets its own limits before it reads a byte: what wants more memory or time than any paper ends this process and no other. It knows nothing
of the project: Python starts it alone (`python -I maker.py pdf|docx`). A fault leaves its reason on standard error.
"""

import base64
import io
import json
import resource
import sys
import warnings
from pathlib import Path

MEMORY = 3 << 30  # of addresses: fonts are mapped, some have 100 MB
SECONDS = 30
NO_GLYPH, BAD_TEMPLATE, BROKEN = 3, 4, 5  # exit codes
_NO_GLYPH = "could not be displayed with font"


def limit() -> None:
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard),) * 2)


def typeset(given: dict) -> bytes:
    """PDF/A: text that no font of the machine has is an error there, not a box."""
    import typst

    source = Path(__file__).with_name("gbt9704.typ").read_bytes()
    return typst.compile(source, format="pdf", pdf_standards="a-2b", sys_inputs={"data": json.dumps(given["paper"], ensure_ascii=False)},
                         font_paths=given["fonts"], ignore_system_fonts=given["own_fonts_only"])


def fill(given: dict) -> bytes:
    """The office's template with the paper in it; words are escaped, and a template does nothing but show."""
    from docxtpl import DocxTemplate
    from jinja2.sandbox import SandboxedEnvironment

    template = DocxTemplate(io.BytesIO(base64.b64decode(given["template"])))
    template.render(given["paper"], SandboxedEnvironment(autoescape=True), autoescape=True)
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()


def main() -> int:
    limit()
    warnings.simplefilter("ignore")
    given = json.loads(sys.stdin.buffer.read())
    make = {"pdf": typeset, "docx": fill}[sys.argv[1]]
    try:
        made = make(given)
    except Exception as wrong:  # whatever a library says, who asked gets a sentence; the reason goes into the log
        print(f"{type(wrong).__name__}: {wrong}"[:2000], file=sys.stderr)
        return NO_GLYPH if _NO_GLYPH in str(wrong) else BAD_TEMPLATE if make is fill else BROKEN
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
