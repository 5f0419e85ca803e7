"""Domains of mail addresses, and which of them everybody can have an address at. Pure."""

SHARED = frozenset(
    """
    126.com 163.com aim.com alice.it aol.com arcor.de att.net bell.net bellsouth.net bigpond.com bk.ru bluewin.ch
    bol.com.br btinternet.com centurylink.net charter.net chello.nl comcast.net cox.net daum.net duck.com earthlink.net
    email.com email.cz email.de fastmail.com fastmail.fm foxmail.com free.fr freenet.de frontier.com gmail.com gmx.at
    gmx.ch gmx.com gmx.de gmx.net googlemail.com hanmail.net hey.com home.nl hotmail.co.uk hotmail.com hotmail.de
    hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.lv inbox.ru juno.com kabelmail.de kpnmail.nl
    laposte.net libero.it list.ru live.ca live.co.uk live.com live.de live.fr live.it live.nl mac.com magenta.de
    mail.com mail.de mail.ru mailbox.org me.com mindspring.com msn.com naver.com neuf.fr numericable.fr o2.pl
    online.de onet.pl optonline.net orange.fr outlook.com outlook.de outlook.es outlook.fr pm.me posteo.de proton.me
    protonmail.com qq.com rambler.ru rediffmail.com roadrunner.com rocketmail.com rogers.com sbcglobal.net seznam.cz
    sfr.fr shaw.ca sina.com sky.com skynet.be sympatico.ca t-online.de talktalk.net telenet.be telus.net terra.com.br
    tiscali.it tuta.com tutanota.com uol.com.br verizon.net virgilio.it virgin.net virginmedia.com vodafone.de
    wanadoo.fr web.de windstream.net wp.pl xs4all.nl xtra.co.nz yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com
    yahoo.com.au yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru ymail.com ziggo.nl zoho.com
    """.split()
)


def of(address):
    """The domain of an address or of a web page, in small letters."""
    text = str(address or "").strip().lower().partition("://")[2] or str(address or "").strip().lower()
    text = text.rpartition("@")[2].partition("/")[0].partition(":")[0].strip(". ")
    return text.removeprefix("www.")


def own(address):
    """The domain of an address if it says something about who writes; else empty."""
    domain = of(address)
    return "" if domain in SHARED or "." not in domain else domain
