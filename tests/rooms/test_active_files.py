"""Documents that act by themselves, boxes of sound, and names that no disk takes. What is only carried along or pressed by a reader stays."""

import io
import time
import zipfile
import zlib

import pytest

from minsheng.files import rules
from minsheng.kit.translatable import Said

BEGIN, END = b"%PDF-1.7\n1 0 obj<</Type/Catalog", b">>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
PACKED = zlib.compress(b"3 0 4 60 <</S/JavaScript/JS(app.alert(1))>> <</S/URI>>")


def pdf(body: bytes) -> bytes:
    return BEGIN + body + END


def packed(kind: bytes) -> bytes:
    return pdf(b">>endobj\n3 0 obj<</Type" + kind + b"/N 2/First 8/Filter/FlateDecode/Length 99>>stream\r\n" + PACKED + b"\nendstream endobj 4 0 obj<<")


def office(**parts: str | bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>", **parts}.items():
            archive.writestr(name, content)
    return made.getvalue()


def fetched(kind: str, mode: str = 'TargetMode="External"') -> bytes:
    rel = f'<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="https://example.com/a" {mode}/>'
    return office(**{"word/_rels/settings.xml.rels": f"<Relationships>{rel}</Relationships>"})


ACTING = {
    "script at the opening": pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "in code": pdf(b"/OpenAction<</S/Java#53cript/JS 5 0 R>>"),
    "program": pdf(b"/AA<</O<</S/Launch/F(a.exe)>>>>"), "packed": packed(b"/ObjStm"), "packed, in code": packed(b"/Obj#53tm"),
    "behind a word of a stream": pdf(b"%stream\n/OpenAction<</S/JavaScript/JS 5 0 R>>"),
    "template": fetched("attachedTemplate"), "object": fetched("oleObject"), "frame": fetched("frame"), "turned": fetched("attachedTemplate", "TargetMode='External'"),
    "control": office(**{"word/activeX/activeX1.bin": b"x"}), "package": office(**{"word/embeddings/oleObject1.bin": b"x" + "\x01Ole10Native".encode("utf-16-le")}),
    "exchange": office(**{"word/document.xml": "<w:p><w:instrText xml:space='preserve'> DDEAUTO c:\\\\cmd.exe</w:instrText></w:p>"}),
    "exchange of sheets": office(**{"xl/externalLinks/externalLink1.xml": "<externalLink><ddeLink ddeService='cmd'/></externalLink>"}),
}
STILL = {
    "plain": pdf(b""), "invoice with its data": pdf(b"/Names<</EmbeddedFiles<</Names[(invoice.xml) 3 0 R]>>>>"), "link": pdf(b"/Annots[<</A<</S/URI/URI(https://example.com)>>>>]"),
    "words on it": pdf(b"/Title(JavaScript, Launch)"), "packed other": pdf(b">>endobj 3 0 obj<</Filter/FlateDecode>>stream\n" + PACKED + b"endstream<<"),
    "broken": pdf(b"/ObjStm>>stream\nxx"),
    "link of a text": fetched("hyperlink"), "picture": fetched("image"), "template of its own": fetched("attachedTemplate", ""),
    "formula": office(**{"word/embeddings/oleObject1.bin": b"Equation Native"}), "a table within": office(**{"word/embeddings/a.xlsx": b"PK"}),
    "of the word": office(**{"word/document.xml": "<w:t>DDEAUTO, DDE</w:t>"}),
}


@pytest.mark.parametrize("name", ACTING)
def test_a_document_that_acts_by_itself_is_refused_and_told_what_to_do(name):
    assert rules.problem(ACTING[name]) == rules.ACTS


@pytest.mark.parametrize("name", STILL)
def test_a_document_that_waits_for_its_reader_is_kept(name):
    assert rules.problem(STILL[name]) == "" and rules.sniff(STILL[name])


def test_lists_that_no_document_has_are_refused_and_not_read_to_their_end():
    rels = {f"word/_rels/{n}.xml.rels": "<Relationships>" + "<!-- x -->" * 90_000 + "</Relationships>" for n in range(12)}
    assert rules.problem(office(**rels)) in (rules.ACTS, rules.SWOLLEN)


@pytest.mark.parametrize("filler", [b"/J#53 ", b"stream\n", b"/ObjStm stream\n", b"#53#53", b"/AAAAAAAAAAAA#"])
def test_a_page_takes_twice_the_time_for_twice_the_bytes(filler):
    def spent(size: int) -> float:
        content = pdf(filler * (size // len(filler)))
        at = time.process_time()
        rules.problem(content)
        return time.process_time() - at

    assert any(spent(1 << 21) < 20 * max(spent(1 << 18), 0.004) for _ in range(3))


def sound(brand: bytes, *tracks: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0isommp42" + b"".join(b"\0\0\0\x21hdlr" + b"\0" * 8 + kind + b"\0" * 12 for kind in tracks)


@pytest.mark.parametrize(("content", "mime"), [(sound(b"mp42", b"soun"), "audio/mp4"), (sound(b"isom", b"soun"), "audio/mp4"), (sound(b"M4A ", b"soun"), "audio/mp4"),
                                               (sound(b"mp42", b"vide", b"soun"), None), (sound(b"isom"), None), (sound(b"qt  ", b"soun"), None)])
def test_what_a_telephone_records_is_sound_where_nothing_is_seen(content, mime):
    assert rules.sniff(content) == mime and (mime is None) == isinstance(rules.problem(content), Said)


@pytest.mark.parametrize(("given", "kept"), [("CON.txt", "_CON.txt"), ("nul", "_nul.txt"), ("Com1.log", "_Com1.log"), ("LPT9 .md", "_LPT9 .md"), ("\u202eCON.txt", "_CON.txt"),
                                             ("console.txt", "console.txt"), ("com10.txt", "com10.txt"), ("-rf.txt", "-rf.txt")])
def test_a_name_of_a_device_is_a_file_s_name(given, kept):
    assert rules.kept_name(given, "text/plain") == kept


@pytest.mark.parametrize("letter", "的ཀ😀a")
def test_no_name_is_longer_than_a_disk_takes(letter):
    for mime in ("text/plain", "application/pdf"):
        kept = rules.kept_name(letter * 300 + ".txt", mime)
        assert len(kept.encode()) <= 255 and kept.endswith((".txt", ".pdf")) and letter in kept
