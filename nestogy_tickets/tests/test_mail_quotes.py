from odoo.tests import BaseCase, tagged

from ..tools import mail_quotes

OURS = "We have replaced the cable."
NEW = "It works now, thank you."


def plain(text):
    return f"\n<pre>{mail_quotes.escape(text, quote=False)}</pre>\n"


# what mail programs write between an answer and what it answers
PLAIN = {
    "Gmail en": "On Mon, 5 Jan 2026 at 10:12, Desk <support@desk.example> wrote:\n\n> {ours}\n",
    "Gmail de": "Am Mo., 5. Jan. 2026 um 10:12 Uhr schrieb Desk <support@desk.example>:\n\n> {ours}\n",
    "Gmail fr": "Le lun. 5 janv. 2026 à 10:12, Desk <support@desk.example> a écrit\u00a0:\n\n> {ours}\n",
    "Gmail es": "El lun, 5 ene 2026 a las 10:12, Desk (<support@desk.example>) escribió:\n\n> {ours}\n",
    "Gmail en, wrapped": "On Mon, 5 Jan 2026 at 10:12, Desk of Acme <support@desk.example>\nwrote:\n\n> {ours}\n",
    "Apple Mail en": "On 5 Jan 2026, at 10:12, Desk <support@desk.example> wrote:\n\n{ours}\n",
    "Apple Mail de": "Am 05.01.2026 um 10:12 schrieb Desk <support@desk.example>:\n\n{ours}\n",
    "Thunderbird en": "On 1/5/26 10:12, Desk wrote:\n> {ours}\n",
    "Thunderbird de": "Am 05.01.26 um 10:12 schrieb Desk:\n> {ours}\n",
    "Thunderbird fr": "Le 05/01/2026 à 10:12, Desk a écrit :\n> {ours}\n",
    "Thunderbird es": "El 5/1/26 a las 10:12, Desk escribió:\n> {ours}\n",
    "Outlook en": "From: Desk <support@desk.example>\nSent: Monday, January 5, 2026 10:12\nTo: Olive\n"
    "Subject: RE: Printer\n\n{ours}\n",
    "Outlook de": "Von: Desk <support@desk.example>\nGesendet: Montag, 5. Januar 2026 10:12\nAn: Olive\n"
    "Betreff: AW: Drucker\n\n{ours}\n",
    "Outlook fr": "De : Desk <support@desk.example>\nEnvoyé : lundi 5 janvier 2026 10:12\nÀ : Olive\n"
    "Objet : RE: Imprimante\n\n{ours}\n",
    "Outlook es": "De: Desk <support@desk.example>\nEnviado: lunes, 5 de enero de 2026 10:12\nPara: Olive\n"
    "Asunto: RE: Impresora\n\n{ours}\n",
    "Outlook web": "________________________________\nFrom: Desk <support@desk.example>\nSent: Monday\n\n{ours}\n",
    "old Outlook en": "-----Original Message-----\nFrom: Desk\nSent: Monday\n\n{ours}\n",
    "old Outlook de": "-----Ursprüngliche Nachricht-----\nVon: Desk\nGesendet: Montag\n\n{ours}\n",
    "signature": "-- \nOlive Owner\nAcme Dental\n{ours}\n",
    "telephone en": "Sent from my iPhone\n{ours}\n",
    "telephone de": "Von meinem iPhone gesendet\n{ours}\n",
    "telephone fr": "Envoyé de mon iPhone\n{ours}\n",
    "telephone es": "Enviado desde mi iPhone\n{ours}\n",
}
HTML = {
    "Gmail": '<div dir="ltr">{new}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Jan 5, '
    '2026 at 10:12 AM Desk &lt;<a href="mailto:x@y.z">x@y.z</a>&gt; wrote:<br></div>'
    "<blockquote>{ours}</blockquote></div>",
    "Gmail de": '<div dir="ltr">{new}</div><br><div class="gmail_quote"><div>Am Mo., 5. Jan. 2026 um 10:12 Uhr schrieb '
    "Desk &lt;x@y.z&gt;:<br></div><blockquote>{ours}</blockquote></div>",
    "Gmail fr": "<div>{new}</div><br><div><div>Le lun. 5 janv. 2026 à 10:12, Desk &lt;x@y.z&gt; a écrit&nbsp;:<br>"
    "</div><blockquote>{ours}</blockquote></div>",
    "Gmail es": "<div>{new}</div><br><div><div>El lun, 5 ene 2026 a las 10:12, Desk (&lt;x@y.z&gt;) escribió:<br></div>"
    "<blockquote>{ours}</blockquote></div>",
    "Outlook desktop": '<div><p class="MsoNormal">{new}</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
    'padding:3.0pt 0in 0in 0in"><p><b>From:</b> Desk &lt;x@y.z&gt; <br><b>Sent:</b> Monday<br><b>To:</b> Olive<br>'
    "<b>Subject:</b> RE: Printer</p></div></div><p>{ours}</p></div>",
    "Outlook desktop de": '<div><p>{new}</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
    'padding:3.0pt 0cm 0cm 0cm"><p><b>Von:</b> Desk &lt;x@y.z&gt; <br><b>Gesendet:</b> Montag<br><b>An:</b> Olive<br>'
    "<b>Betreff:</b> AW: Drucker</p></div></div><p>{ours}</p></div>",
    "Outlook desktop fr": '<div><p>{new}</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
    'padding:3.0pt 0cm 0cm 0cm"><p><b>De&nbsp;:</b> Desk &lt;x@y.z&gt; <br><b>Envoyé&nbsp;:</b> lundi<br>'
    "<b>À&nbsp;:</b> Olive<br><b>Objet&nbsp;:</b> RE: Imprimante</p></div></div><p>{ours}</p></div>",
    "Outlook web": '<div>{new}</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%"><div '
    'id="divRplyFwdMsg" dir="ltr"><font><b>From:</b> Desk &lt;x@y.z&gt;<br><b>Sent:</b> Monday<br><b>To:</b> Olive<br>'
    "<b>Subject:</b> Re: Printer</font></div><div>{ours}</div>",
    "Apple Mail": '<div>{new}</div><div><br><blockquote type="cite"><div>On 5 Jan 2026, at 10:12, Desk &lt;x@y.z&gt; '
    "wrote:</div><br><div>{ours}</div></blockquote></div>",
    "Apple Mail de": '<div>{new}</div><div><br><blockquote type="cite"><div>Am 05.01.2026 um 10:12 schrieb Desk '
    "&lt;x@y.z&gt;:</div><br><div>{ours}</div></blockquote></div>",
    "Thunderbird": '<p>{new}</p><div class="moz-cite-prefix">On 1/5/26 10:12, Desk wrote:<br></div><blockquote '
    'type="cite"><p>{ours}</p></blockquote>',
    "Thunderbird fr": '<p>{new}</p><div class="moz-cite-prefix">Le 05/01/2026 à 10:12, Desk a écrit\u00a0:<br></div>'
    '<blockquote type="cite"><p>{ours}</p></blockquote>',
    "Thunderbird es": '<p>{new}</p><div class="moz-cite-prefix">El 5/1/26 a las 10:12, Desk escribió:<br></div>'
    '<blockquote type="cite"><p>{ours}</p></blockquote>',
}


@tagged("post_install", "-at_install")
class TestMailQuotes(BaseCase):
    def assertSplit(self, body):  # noqa: N802
        top, rest = mail_quotes.split(body)
        self.assertIn(NEW, top)
        self.assertNotIn(OURS, top)
        self.assertIn(OURS, rest)
        for word in ("wrote:", "schrieb", "écrit", "escribió", "Sent:", "Gesendet:", "Envoyé", "Enviado"):
            self.assertNotIn(word, top)
        self.assertEqual(mail_quotes.unfold(mail_quotes.fold(body)), (top, rest))

    def test_plain_answers(self):
        for name, mark in PLAIN.items():
            with self.subTest(name):
                self.assertSplit(plain(f"{NEW}\n\n{mark.format(ours=OURS)}"))

    def test_html_answers(self):
        for name, html in HTML.items():
            with self.subTest(name):
                self.assertSplit(html.format(new=NEW, ours=OURS))

    def test_what_is_new_is_never_folded(self):
        for body in (
            plain(NEW),
            f"<p>{NEW}</p>",
            plain(f"On Monday, Olive wrote that it is slow.\n{NEW}"),
            plain(f"The error is:\n> 404\n\n{NEW}"),
            plain(f"On 1/5/26 10:12, Desk wrote:\n> {OURS}\n\n{NEW}\n"),
            plain(f"On 1/5/26 10:12, Desk wrote:\n> {OURS}\n{NEW}\n> And now?\nFine.\n-- \nOlive\n"),
            plain(f"---------- Forwarded message ---------\nFrom: Desk\nDate: Monday\n\n{NEW}\n"),
            f"<div>---------- Forwarded message ---------<br>From: Desk<br>Date: Monday</div><p>{NEW}</p>",
            plain("\n".join(f"line {number}" for number in range(5000)) + NEW),
        ):
            with self.subTest(body[:60]):
                self.assertIn(NEW, mail_quotes.split(body)[0])

    def test_answers_between_the_lines_stay_and_the_lines_fold(self):
        body = plain(f"On 1/5/26 10:12, Desk wrote:\n> {OURS}\n{NEW}\n> And now?\nFine.\n")
        top, rest = mail_quotes.split(body)
        self.assertFalse(rest)
        self.assertIn(f' data-o-mail-quote="1">&gt; {OURS}', top)

    def test_text_stays_text(self):
        top, rest = mail_quotes.split(plain("<b>x</b> & y\n-- \n<script>"))
        self.assertIn(">&lt;b&gt;x&lt;/b&gt; &amp; y</pre>", top)
        self.assertIn(">-- \n&lt;script&gt;</pre>", rest)
