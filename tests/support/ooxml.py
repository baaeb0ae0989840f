"""Writes Word files as Word and WPS write them: real OOXML (ISO/IEC 29500 transitional), piece by piece, no library.

Each function returns XML; ``word_file`` packs the parts. The same call gives the same bytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from html import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMES = (
    f'xmlns:w="{W}" xmlns:r="{R}" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wpg="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"'
)
_TYPES = {
    "styles": "styles+xml", "numbering": "numbering+xml", "comments": "comments+xml", "footnotes": "footnotes+xml",
    "header": "header+xml", "footer": "footer+xml",
}  # fmt: skip
_AUTHOR = 'w:id="1" w:author="{}" w:date="2026-03-06T09:30:00Z"'


def run(
    text: str = "", *, bold: bool = False, font: str = "", size: int = 0, hidden: bool = False, inner: str = ""
) -> str:
    """A w:r. In ``text`` a newline is a line break, a form feed a page break, a tab a tab. ``size`` in half points."""
    properties = (
        (f'<w:rFonts w:eastAsia="{font}"/>' if font else "")
        + ("<w:b/>" if bold else "")
        + ("<w:vanish/>" if hidden else "")
        + (f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>' if size else "")
    )
    body = ""
    for piece, sign in _pieces(text):
        body += f'<w:t xml:space="preserve">{escape(piece)}</w:t>' if piece else ""
        body += {"\n": "<w:br/>", "\f": '<w:br w:type="page"/>', "\t": "<w:tab/>", "": ""}[sign]
    return f"<w:r>{f'<w:rPr>{properties}</w:rPr>' if properties else ''}{body}{inner}</w:r>"


def _pieces(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    piece = ""
    for sign in text:
        if sign in "\n\f\t":
            found.append((piece, sign))
            piece = ""
        else:
            piece += sign
    return [*found, (piece, "")]


def p(
    *content: str,
    style: str = "",
    number: tuple[int, int] | None = None,
    indent: bool = False,
    align: str = "",
    line_below: bool = False,
    more: str = "",
) -> str:
    """A w:p. Content that is no XML becomes one run. ``number``: (numId, level)."""
    properties = (
        (f'<w:pStyle w:val="{style}"/>' if style else "")
        + (f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>' if number else "")
        + ('<w:pBdr><w:bottom w:val="single" w:sz="18" w:color="FF0000"/></w:pBdr>' if line_below else "")
        + ('<w:ind w:firstLineChars="200" w:firstLine="640"/>' if indent else "")
        + (f'<w:jc w:val="{align}"/>' if align else "")
        + more
    )
    body = "".join(one if one.startswith("<") else run(one) for one in content)
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{body}</w:p>"


def text_box(*paragraphs: str, down: int = 0, wps: bool = False) -> str:
    """A run with a text box ``down`` points below its anchor: Word's two versions of it, or the one of older WPS."""
    inside = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    vml = (
        f'<w:pict><v:shape style="position:absolute;margin-left:0;margin-top:{down}pt" id="box">'
        f"<v:textbox>{inside}</v:textbox></v:shape></w:pict>"
    )
    if wps:
        return f"<w:r>{vml}</w:r>"
    drawing = (
        '<w:drawing><wp:anchor><wp:positionV relativeFrom="paragraph">'
        f'<wp:posOffset>{down * 12700}</wp:posOffset></wp:positionV><wp:docPr id="7" name="文本框 7"/><a:graphic>'
        '<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
        f"<wps:wsp><wps:txbx>{inside}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>"
    )
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{drawing}</mc:Choice>'
        f"<mc:Fallback>{vml}</mc:Fallback></mc:AlternateContent></w:r>"
    )


def table(*rows: Sequence[str | list[str]], borders: bool = True) -> str:
    """A w:tbl; a cell is text, or a list of paragraphs (text or XML)."""
    side = "single" if borders else "none"
    edges = "".join(f'<w:{edge} w:val="{side}" w:sz="4"/>' for edge in ("top", "left", "bottom", "right", "insideH"))
    body = ""
    for row in rows:
        body += "<w:tr>"
        for cell in row:
            paragraphs = [cell] if isinstance(cell, str) else cell
            body += (
                "<w:tc><w:tcPr/>" + "".join(one if one.startswith("<") else p(one) for one in paragraphs) + "</w:tc>"
            )
        body += "</w:tr>"
    return f"<w:tbl><w:tblPr><w:tblBorders>{edges}</w:tblBorders></w:tblPr><w:tblGrid/>{body}</w:tbl>"


def inserted(content: str, author: str = "方圆") -> str:
    return f"<w:ins {_AUTHOR.format(author)}>{content}</w:ins>"


def deleted(text: str, author: str = "方圆") -> str:
    return (
        f'<w:del {_AUTHOR.format(author)}><w:r><w:delText xml:space="preserve">{escape(text)}</w:delText></w:r></w:del>'
    )


def moved(text: str, author: str = "方圆", *, away: bool) -> str:
    name = "moveFrom" if away else "moveTo"
    return f"<w:{name} {_AUTHOR.format(author)}>{run(text)}</w:{name}>"


def mark_deleted(author: str = "方圆") -> str:
    """For ``more``: the end of the paragraph is a deleted one, the next paragraph belongs to it."""
    return f"<w:rPr><w:del {_AUTHOR.format(author)}/></w:rPr>"


def commented(content: str, comment_id: int = 0) -> str:
    return (
        f'<w:commentRangeStart w:id="{comment_id}"/>{content}<w:commentRangeEnd w:id="{comment_id}"/>'
        f'<w:r><w:commentReference w:id="{comment_id}"/></w:r>'
    )


def comment(text: str, author: str = "何山", comment_id: int = 0) -> str:
    return f'<w:comment w:id="{comment_id}" w:author="{author}" w:date="2026-03-06T10:00:00Z">{p(text)}</w:comment>'


def field(code: str, result: str) -> str:
    """A complex field: begin, code, separate, result, end."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>' + run(result) + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def link(relation_id: str, text: str) -> str:
    return f'<w:hyperlink r:id="{relation_id}" w:history="1">{run(text)}</w:hyperlink>'


def picture(relation_id: str, description: str) -> str:
    return (
        '<w:r><w:drawing><wp:inline><a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        f'<pic:pic><pic:nvPicPr><pic:cNvPr id="3" name="图片 3" descr="{escape(description)}"/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation_id}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r>"
    )


def levels(*forms: tuple[str, str], abstract: int = 0, fonts: Sequence[str] = ()) -> str:
    """A w:abstractNum: (numFmt, lvlText) level by level."""
    body = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:suff w:val="nothing"/>'
        f'<w:lvlText w:val="{text}"/>'
        + (f'<w:rPr><w:rFonts w:ascii="{fonts[level]}"/></w:rPr>' if level < len(fonts) else "")
        + "</w:lvl>"
        for level, (form, text) in enumerate(forms)
    )
    return f'<w:abstractNum w:abstractNumId="{abstract}">{body}</w:abstractNum>'


def num(number: int, abstract: int = 0, *, start: int | None = None) -> str:
    override = (
        f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{start}"/></w:lvlOverride>' if start is not None else ""
    )
    return f'<w:num w:numId="{number}"><w:abstractNumId w:val="{abstract}"/>{override}</w:num>'


def style(style_id: str, name: str, *, based_on: str = "", paragraph: str = "", character: str = "") -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{style_id}"><w:name w:val="{name}"/>'
        + (f'<w:basedOn w:val="{based_on}"/>' if based_on else "")
        + f"<w:pPr>{paragraph}</w:pPr><w:rPr>{character}</w:rPr></w:style>"
    )


def word_file(
    *body: str,
    numbering: str = "",
    styles: str = "",
    comments: str = "",
    footnotes: str = "",
    headers: dict[str, str] | None = None,
    footers: dict[str, str] | None = None,
    relations: Sequence[tuple[str, str, str, bool]] = (),
    media: dict[str, bytes] | None = None,
    extra: dict[str, bytes] | None = None,
) -> bytes:
    """The file. ``headers``/``footers``: by type (default, first). ``relations``: (id, kind, target, external)."""
    parts: dict[str, str] = {}
    roots = {"styles": "styles", "numbering": "numbering", "comments": "comments", "footnotes": "footnotes"}
    given = {"styles": styles, "numbering": numbering, "comments": comments, "footnotes": footnotes}
    rels = list(relations)
    references = ""
    for name, content in given.items():
        if content:
            parts[f"word/{name}.xml"] = _part(roots[name], content)
            rels.append((f"rId-{name}", name, f"{name}.xml", False))
    for kind, root, stories in (("header", "hdr", headers or {}), ("footer", "ftr", footers or {})):
        for at, (type_, content) in enumerate(stories.items(), 1):
            parts[f"word/{kind}{at}.xml"] = _part(root, content)
            rels.append((f"rId-{kind}{at}", kind, f"{kind}{at}.xml", False))
            references += f'<w:{kind}Reference w:type="{type_}" r:id="rId-{kind}{at}"/>'
    titled = "<w:titlePg/>" if "first" in {*(headers or {}), *(footers or {})} else ""
    ending = f'<w:sectPr>{references}<w:pgSz w:w="11906" w:h="16838"/>{titled}</w:sectPr>'
    parts["word/document.xml"] = _part("document", f"<w:body>{''.join(body)}{ending}</w:body>")
    parts["word/_rels/document.xml.rels"] = _relations(rels)
    parts["_rels/.rels"] = _relations([("rId1", "officeDocument", "word/document.xml", False)])
    parts["[Content_Types].xml"] = _content_types(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in {
            **{k: v.encode() for k, v in sorted(parts.items())},
            **(media or {}),
            **(extra or {}),
        }.items():
            info = zipfile.ZipInfo(name, (2026, 3, 9, 9, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, text)
    return out.getvalue()


def _part(root: str, content: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:{root} {_NAMES}>{content}</w:{root}>'


def _relations(rels: Sequence[tuple[str, str, str, bool]]) -> str:
    body = "".join(
        f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{escape(target)}"'
        + (' TargetMode="External"' if external else "")
        + "/>"
        for name, kind, target, external in rels
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{body}</Relationships>'
    )


def _content_types(parts: dict[str, str]) -> str:
    prefix = "application/vnd.openxmlformats-officedocument.wordprocessingml."
    body = ""
    for name in sorted(parts):
        kind = name.removeprefix("word/").removesuffix(".xml").rstrip("0123456789")
        if kind in _TYPES:
            body += f'<Override PartName="/{name}" ContentType="{prefix}{_TYPES[kind]}"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f'<Override PartName="/word/document.xml" ContentType="{prefix}document.main+xml"/>{body}</Types>'
    )


def png(width: int = 2, height: int = 2) -> bytes:
    """A red picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xff\0\0" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
