"""SVG by hand: a page with a title, marks, and colours for light and dark, in a fixed number format, so that the same figures
give the same bytes.

SPDX-License-Identifier: Apache-2.0
"""
import math
from xml.sax.saxutils import escape

# Of systems: (light, dark). What is a limit is grey, ours is the one that stands out.
COLOURS = {"headrace": ("#0b5fd0", "#58a6ff"), "raw": ("#a3abb5", "#6e7681"), "prototype": ("#6b7480", "#a5aeb8"),
           "kafka_streams": ("#d9730d", "#f0883e"), "spark": ("#c5303a", "#ff7b72"), "franz_go": ("#0e7c86", "#39c5cf"),
           "quix": ("#7b4fc9", "#bc8cff"), "bytewax": ("#1a7f37", "#56d364"), "faust": ("#b5327c", "#f778ba")}
OTHERS = [("#9a6700", "#e3b341"), ("#7a4a2b", "#d2a679"), ("#7b4fc9", "#bc8cff"), ("#1a7f37", "#56d364"), ("#b5327c", "#f778ba")]
STYLE = """svg{{--paper:#fff;--ink:#1f2328;--soft:#656d76;--grid:#e3e7eb;--axis:#b5bcc4;{light}}}
@media (prefers-color-scheme:dark){{svg{{--paper:#0d1117;--ink:#e6edf3;--soft:#8d96a0;--grid:#232a33;--axis:#4a525c;{dark}}}}}
text{{font:12px -apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',Arial,sans-serif;fill:var(--ink)}}
.title{{font-size:15px;font-weight:600}}.soft{{fill:var(--soft)}}.small{{font-size:11px}}.strong{{font-weight:600}}
.over{{stroke:var(--paper);stroke-width:5;paint-order:stroke;stroke-linejoin:round}}
.grid{{stroke:var(--grid)}}.axis{{stroke:var(--axis)}}.whisker{{stroke:var(--ink);stroke-opacity:.65}}
line,path{{fill:none}}.paper{{fill:var(--paper)}}"""


def short(value):
    """A coordinate."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def width_of(text, size=12):
    """About as wide as the text will be."""
    return len(text) * size * 0.56


class Page:
    def __init__(self, width, title, description, systems):
        self.width, self.title, self.description = width, title, description
        others = iter(OTHERS * 3)
        self.colours = {name: COLOURS[name] if name in COLOURS else next(others) for name in systems}
        self.under, self.parts = [], []  # what is drawn first, and what over it

    def colour(self, system):
        return f"var(--c{list(self.colours).index(system)})"

    def add(self, text):
        self.parts.append(text)

    def text(self, x, y, text, anchor="start", kind=""):
        self.add(f'<text x="{short(x)}" y="{short(y)}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}'
                 f'{f" text-anchor={chr(34)}{anchor}{chr(34)}" if anchor != "start" else ""}>{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, kind, width=1.0):
        self.under.append(f'<line x1="{short(x1)}" y1="{short(y1)}" x2="{short(x2)}" y2="{short(y2)}" class="{kind}" stroke-width="{short(width)}"/>')

    def bar(self, x, y, width, height, system, opacity=1.0):
        faint = f' fill-opacity="{opacity:g}"' if opacity != 1.0 else ""
        self.add(f'<rect x="{short(x)}" y="{short(y)}" width="{short(max(width, 1))}" height="{short(height)}" rx="1.5" '
                 f'fill="{self.colour(system)}"{faint}/>')

    def cut(self, x, y):
        """The mark of a bar that is longer than drawn."""
        self.add(f'<path d="M{short(x)} {short(y + 10)}l6 -20M{short(x + 6)} {short(y + 10)}l6 -20" stroke="var(--paper)" stroke-width="3"/>')

    def whisker(self, x1, x2, y):
        if x2 - x1 > 1.5:
            self.add(f'<path class="whisker" d="M{short(x1)} {short(y)}H{short(x2)}M{short(x1)} {short(y - 3)}v6M{short(x2)} {short(y - 3)}v6"/>')

    def dot(self, x, y, system, kind="full"):
        """full, hollow, diamond or tick"""
        colour = self.colour(system)
        if kind == "diamond":
            self.add(f'<path d="M{short(x)} {short(y - 5.5)}l5.5 5.5l-5.5 5.5l-5.5 -5.5z" style="fill:{colour}"/>')
        elif kind == "tick":
            self.add(f'<path d="M{short(x)} {short(y - 5.5)}v11" stroke="{colour}" stroke-width="2.5"/>')
        else:
            fill = colour if kind == "full" else "var(--paper)"
            self.add(f'<circle cx="{short(x)}" cy="{short(y)}" r="4.5" fill="{fill}" stroke="{colour}" stroke-width="2"/>')

    def path(self, points, system, width=2.0, faint=False):
        moves = "L".join(f"{short(x)} {short(y)}" for x, y in points)
        self.add(f'<path d="M{moves}" stroke="{self.colour(system)}" stroke-width="{short(width)}"{" stroke-opacity=" + chr(34) + ".45" + chr(34) if faint else ""}/>')

    def render(self, height):
        light, dark = ("".join(f"--c{i}:{pair[shade]};" for i, pair in enumerate(self.colours.values())) for shade in (0, 1))
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{short(height)}" '
            f'viewBox="0 0 {self.width} {short(height)}" role="img" aria-labelledby="t d">',
            f'<title id="t">{escape(self.title)}</title>', f'<desc id="d">{escape(self.description)}</desc>',
            f"<style>{STYLE.format(light=light, dark=dark)}</style>",
            f'<rect class="paper" width="{self.width}" height="{short(height)}"/>', *self.under, *self.parts, "</svg>", ""])


# --- scales -------------------------------------------------------------------------------------------

def steps(top, wanted=4):
    """Round numbers from 0 to at least `top`, about so many."""
    raw = max(top, 1e-9) / wanted
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= raw * 0.999)
    count = max(1, math.ceil(top / step - 1e-9))
    return [step * i for i in range(count + 1)]


def decades(low, high):
    """Powers of ten around what is between."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    return [10.0 ** n for n in range(first, max(last, first + 1) + 1)]


def tick(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:g}"
