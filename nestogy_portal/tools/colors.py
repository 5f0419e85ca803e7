"""Arithmetic of colours after WCAG 2.2: relative luminance, contrast, and which colour can be read on which.

Colours are texts like ``#0B5FA5``; anything else raises ``ValueError``, so that what these functions give can
stand in a style sheet.
"""

import colorsys
import functools
import re

AA = 4.5  # contrast of ordinary text, level AA
WHITE, BLACK = "#FFFFFF", "#000000"
LIGHT = (WHITE, "#F8F9FA")  # what text stands on in the portal: the page, and its cards and footer
DARK = ("#1B2430",)  # the same on a dark page
_COLOR = re.compile(r"#([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})([0-9A-Fa-f]{2})")


def is_color(text):
    return isinstance(text, str) and bool(_COLOR.fullmatch(text))


def channels(color):
    """Red, green and blue, 0 to 255."""
    match = _COLOR.fullmatch(color)
    if not match:
        raise ValueError(f"{color!r} is not a colour")
    return tuple(int(part, 16) for part in match.groups())


def _hex(red, green, blue):
    return f"#{round(red):02X}{round(green):02X}{round(blue):02X}"


def luminance(color):
    """Relative luminance: 0 for black, 1 for white."""

    def linear(part):
        part /= 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """Contrast ratio, 1 to 21, whichever of the two is the text."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def least_contrast(color, surfaces=LIGHT):
    """Contrast of a colour to that surface on which it is worst to read."""
    return min(contrast(color, surface) for surface in surfaces)


def text_on(background):
    """White or black: what can be read on a background; one of them always can."""
    return WHITE if contrast(WHITE, background) >= AA else BLACK


def mix(color, other, share):
    """A colour with a share (0 to 1) of another one in it."""
    pairs = zip(channels(color), channels(other), strict=True)
    return _hex(*(one * (1 - share) + two * share for one, two in pairs))


@functools.lru_cache(maxsize=256)  # each page of the portal asks for the same ones
def nearest_readable(color, surfaces=LIGHT, minimum=AA):
    """The colour of the same hue that can be read on all surfaces and is as light, or dark, as this one nearly is.

    :return: the colour itself if it can be read
    """
    if least_contrast(color, surfaces) >= minimum:
        return color.upper()
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in channels(color)))
    end = 0 if text_on(surfaces[0]) == BLACK else 1
    steps = 512
    for step in range(1, steps + 1):
        level = lightness + (end - lightness) * step / steps
        found = _hex(*(part * 255 for part in colorsys.hls_to_rgb(hue, level, saturation)))
        if least_contrast(found, surfaces) >= minimum:
            return found
    raise ValueError("no colour can be read on these surfaces")


def palette(primary, accent=None):
    """All colours of a brand, by the name of the style sheet's variable.

    :param str primary: of buttons and links
    :param str accent: behind the header, and of badges; without it these are as they always are
    """
    on_primary = text_on(primary)
    colors = {
        "primary": primary.upper(),
        "on-primary": on_primary,
        # away from the text, so that it stays readable
        "primary-hover": mix(primary, BLACK if on_primary == WHITE else WHITE, 0.16),
        "primary-on-dark": nearest_readable(primary, DARK),
    }
    if accent:
        colors |= {"accent": accent.upper(), "on-accent": text_on(accent)}
    return colors


def style_variables(colors):
    """The colours of a palette as declarations of a style sheet."""
    parts = [f"--nestogy-{name}: {color};" for name, color in colors.items() if is_color(color)]
    parts.append(f"--nestogy-primary-rgb: {', '.join(map(str, channels(colors['primary'])))};")
    return " ".join(parts)
