"""PDF files written by hand, for tests of what is read from them.

A page is a content stream, made of `line` and its kind. Two fonts: /F1 is Courier, whose letters are 0.6 em wide each; /F2
has any characters of the Basic Multilingual Plane, half an em wide each (a whole one if `wide`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

LETTER = (612, 792)
COURIER = 0.6


def line(x: float, y: float, text: str, size: float = 10) -> str:
    """Draw a line in Courier."""
    return f"BT /F1 {size} Tf {x:.2f} {y:.2f} Td ({escaped(text)}) Tj ET\n"


def words(x: float, y: float, text: str, size: float = 10, gap: float = COURIER) -> str:
    """Draw a line in Courier word by word, without characters for its spaces, which are `gap` ems wide."""
    found = ""
    for word in text.split():
        found += line(x, y, word, size)
        x += (len(word) * COURIER + gap) * size
    return found


def glyphs(x: float, y: float, text: str, size: float = 10) -> str:
    """Draw characters in /F2 from left to right as given: right-to-left text has to be given as it is seen."""
    return f"BT /F2 {size} Tf {x:.2f} {y:.2f} Td <{text.encode('utf-16-be').hex()}> Tj ET\n"


def column(x: float, y: float, text: str, width: int) -> list[str]:
    """Return the lines of a text of `width` letters, each drawn by itself, 12 points apart."""
    return [line(x, y - 12 * number, each) for number, each in enumerate(wrapped(text, width))]


def wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "()\\" else char for char in text)


@dataclass
class Pdf:
    """A PDF to be written: its pages' content streams, and what else it has."""

    pages: list[str]
    size: tuple[int, int] = LETTER
    rotate: int = 0
    title: str | None = None
    forms: dict[str, str] = field(default_factory=dict)
    picture: bool = False
    """Whether /Im, a picture of one pixel, can be drawn."""
    encrypted: bool = False
    to_unicode: dict[int, str] = field(default_factory=dict)
    """What the bytes of /F1 stand for, in hexadecimal UTF-16; none of it for none."""
    wide: bool = False
    cmap: str = "Identity-H"
    ordering: str = "Identity"

    def __bytes__(self) -> bytes:
        objects = self._fonts()
        names = {}
        for name, content in self.forms.items():
            objects.append(_stream("/Type /XObject /Subtype /Form /BBox [0 0 2000 2000] /Resources 6 0 R", content))
            names[name] = len(objects)
        if self.picture:
            objects.append(
                _stream(
                    "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", "0"
                )
            )
            names["Im"] = len(objects)
        drawable = " ".join(f"/{name} {number} 0 R" for name, number in names.items())
        objects[5] = f"<< /Font << /F1 3 0 R /F2 4 0 R >> /XObject << {drawable} >> >>"
        kids = []
        for content in self.pages:
            objects.append(_stream("", content))
            objects.append(
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {self.size[0]} {self.size[1]}] /Rotate {self.rotate} "
                f"/Contents {len(objects)} 0 R /Resources 6 0 R >>"
            )
            kids.append(f"{len(objects)} 0 R")
        objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
        return _file(objects, self._trailer(objects))

    def _fonts(self) -> list[str]:
        mapped = f" /ToUnicode {7} 0 R" if self.to_unicode else ""
        descendant = (
            f"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Any /DW {1000 if self.wide else 500} "
            f"/CIDSystemInfo << /Registry (Adobe) /Ordering ({self.ordering}) /Supplement 0 >> >>"
        )
        by_itself = " /ToUnicode 8 0 R" if self.ordering == "Identity" else ""
        return [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "",
            f"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding{mapped} >>",
            f"<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /{self.cmap} /DescendantFonts [5 0 R]{by_itself} >>",
            descendant,
            "",
            _stream("", _cmap("00", "FF", [f"<{byte:02X}> <{units}>" for byte, units in self.to_unicode.items()])),
            _stream("", _cmap("0000", "FFFF", [f"<{n:02X}00> <{n:02X}FF> <{n:02X}00>" for n in range(256)], "range")),
        ]

    def _trailer(self, objects: list[str]) -> str:
        extra = ""
        if self.title is not None:
            objects.append(f"<< /Title ({escaped(self.title)}) >>")
            extra += f" /Info {len(objects)} 0 R"
        if self.encrypted:  # with keys that fit no password
            objects.append(f"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <{'5A' * 32}> /U <{'A5' * 32}> >>")
            extra += f" /Encrypt {len(objects)} 0 R /ID [<{'00' * 16}> <{'00' * 16}>]"
        return extra


def _cmap(low: str, high: str, entries: list[str], kind: str = "char") -> str:
    blocks = [entries[at : at + 100] for at in range(0, len(entries), 100)]
    mapped = "\n".join(f"{len(block)} beginbf{kind}\n" + "\n".join(block) + f"\nendbf{kind}" for block in blocks)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        f"1 begincodespacerange <{low}> <{high}> endcodespacerange\n{mapped}\nendcmap end end"
    )


def _stream(entries: str, content: str) -> str:
    return f"<< {entries} /Length {len(content.encode('latin-1'))} >>\nstream\n{content}\nendstream"


def _file(objects: list[str], trailer: str) -> bytes:
    body, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R{trailer} >>\n"
    return body + f"{end}startxref\n{len(body)}\n%%EOF\n".encode()
