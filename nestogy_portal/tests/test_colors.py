import base64
import io
import random
import re

from PIL import Image

from odoo.tests import BaseCase, tagged

from ..tools import colors, images, mail_brand


@tagged("post_install", "-at_install")
class TestColors(BaseCase):
    def test_luminance_and_contrast_are_those_of_wcag(self):
        # figures of WCAG 2.2 (luminance of primaries) and of the well-known greys on both sides of 4.5
        for color, luminance in (
            ("#000000", 0.0),
            ("#FFFFFF", 1.0),
            ("#FF0000", 0.2126),
            ("#00FF00", 0.7152),
            ("#0000FF", 0.0722),
            ("#808080", 0.2159),
        ):
            self.assertAlmostEqual(colors.luminance(color), luminance, 4, color)
        for one, other, ratio in (
            ("#000000", "#FFFFFF", 21.0),
            ("#FFFFFF", "#FFFFFF", 1.0),
            ("#767676", "#FFFFFF", 4.54),
            ("#777777", "#FFFFFF", 4.48),
            ("#FF0000", "#FFFFFF", 4.00),
            ("#0000FF", "#FFFFFF", 8.59),
            ("#FFFF00", "#FFFFFF", 1.07),
            ("#949494", "#FFFFFF", 3.03),
            ("#008000", "#FFFFFF", 5.14),
        ):
            self.assertAlmostEqual(colors.contrast(one, other), ratio, 2, (one, other))
            self.assertEqual(colors.contrast(one, other), colors.contrast(other, one))

    def test_on_every_colour_white_or_black_can_be_read(self):
        chance = random.Random(7)
        for _turn in range(500):
            color = f"#{chance.randrange(1 << 24):06X}"
            shown = colors.palette(color, color)
            for background, text in (
                ("primary", "on-primary"),
                ("primary-hover", "on-primary"),
                ("accent", "on-accent"),
            ):
                self.assertGreaterEqual(colors.contrast(shown[background], shown[text]), colors.AA, color)
            self.assertGreaterEqual(colors.least_contrast(shown["primary-on-dark"], colors.DARK), colors.AA, color)
            near = colors.nearest_readable(color)
            self.assertGreaterEqual(colors.least_contrast(near), colors.AA, color)

    def test_the_proposal_is_no_darker_than_it_must_be(self):
        self.assertEqual(colors.nearest_readable("#0b5fa5"), "#0B5FA5")  # can be read
        for color in ("#FFC107", "#FF7A00", "#3DDC97", "#FFFFFF", "#00BFFF", "#FF69B4"):
            near = colors.nearest_readable(color)
            self.assertLess(colors.least_contrast(near), 4.65, (color, near))
            low, high = sorted(colors.channels(near)), sorted(colors.channels(color))
            self.assertLess(sum(low), sum(high))
        self.assertEqual(colors.nearest_readable("#FFFFFF")[1:3], colors.nearest_readable("#FFFFFF")[3:5], "no grey")

    def test_only_colours_reach_a_style_sheet(self):
        for text in (
            "red",
            "#fff",
            "#12345G",
            "#123456;",
            "#123456\n",
            "",
            None,
            "url(x)",
            "#123456}body{",
            "#１２３４５６",
        ):
            self.assertFalse(colors.is_color(text), text)
            if text is not None:
                with self.assertRaises(ValueError):
                    colors.palette(text)
        css = colors.style_variables(colors.palette("#0b5fa5", "#EAF2FA"))
        self.assertRegex(css, r"\A(--nestogy-[a-z-]+: (#[0-9A-F]{6}|\d+, \d+, \d+); ?)+\Z")

    def picture(self, kind, size=(8, 8)):
        file = io.BytesIO()
        Image.new("RGB", size).save(file, kind)
        return file.getvalue()

    def test_only_pictures_without_scripts_are_pictures(self):
        for kind, extension in (("PNG", "png"), ("JPEG", "jpg"), ("ICO", "ico")):
            self.assertEqual(images.extension_of(self.picture(kind, (16, 16))), extension)
        hostile = [
            b"",
            b"GIF89a",
            self.picture("GIF"),
            self.picture("BMP"),
            b"RIFF\x1a\x00\x00\x00WEBPVP8 ",  # mail programs do not show it
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            b"<html><script>alert(1)</script></html>",
            b"\x89PNG\r\n\x1a\n<script>alert(1)</script>",
            self.picture("PNG")[:40],
            self.picture("PNG", (5000, 1)),
        ]
        for content in hostile:
            self.assertEqual(images.extension_of(content), "", content[:20])

    def test_head_and_foot_surround_what_a_mail_shows(self):
        bases = ("https://firm.example",)
        head = "\n<html lang='en'><head><title>x</title></head>\n<body style='a'>"
        preheader = '<div style="display: none; max-height: 0px;">Invoice &#847;</div>'
        for body, expected in (
            ("<p>Hi</p>", "H<p>Hi</p>F"),
            ("", "HF"),
            (f"{head}\n{preheader}<p>Hi</p></body></html>\n", f"{head}\n{preheader}H<p>Hi</p>F</body></html>\n"),
            ('<p><img alt="Firm" src="/logo.png?company=1"/>Hi</p>', "H<p>Hi</p>F"),
            ('<img src="https://firm.example/web/binary/company_logo"><p>Hi</p>', "H<p>Hi</p>F"),
            ('<img src="https://other.example/logo.png">', 'H<img src="https://other.example/logo.png">F'),
            ("<p>&lt;body&gt; and <b>x</b></p>", "H<p>&lt;body&gt; and <b>x</b></p>F"),
        ):
            self.assertEqual(mail_brand.wrap(body, "H", "F", bases), expected, body)

    def test_wrapping_a_long_mail_ends(self):
        """Patterns that try each blank or tag anew would take hours here."""
        body = "<html " * 30000 + "<img " * 30000 + " " * 500000 + "</body>" * 5000
        self.assertTrue(re.match("<html ", mail_brand.wrap(body, "", "", ("https://firm.example",))))
        self.assertTrue(base64.b64encode(body.encode()))
