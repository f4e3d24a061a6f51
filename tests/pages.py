"""Is an HTML page whole, and does it need nothing beside it?"""

import base64
from html.parser import HTMLParser


class Whole(HTMLParser):
    """Complains where tags do not close one another."""

    VOID = ("meta", "img", "br")

    def __init__(self):
        super().__init__()
        self.open, self.pictures, self.links, self.ids = [], [], [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        self.links += [values["href"]] if "href" in values else []
        self.pictures += [values] if tag == "img" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def whole(text):
    """The page, read: its tags close one another, its links lead into it, and its pictures are part of it and described."""
    page = Whole()
    page.feed(text)
    assert page.open == []
    for picture in page.pictures:
        head, data = picture["src"].split(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(data).startswith(b"\x89PNG")
        assert len(picture["alt"]) > 20
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert "<script" not in text
    return page
