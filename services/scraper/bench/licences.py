"""Bench of licence evidence: ``python services/scraper/bench/licences.py``.

Pages and archives state licences in twelve forms, in wordings of many sites, some with a second statement that
contradicts the first. Counted are those whose SPDX expression is right, and the contradictions that are flagged.
"""

from __future__ import annotations

import argparse
import io
import random
import zipfile
from collections import Counter

from scraper.content.licence_names import from_url
from scraper.content.licences import Evidence, resolve, text_evidence
from scraper.content.links import iter_headers_links, parse_page
from scraper.content.midi_files import extract_licence_texts

FILLER = (
    "<p>Welcome to the archive. These pieces were sequenced by ear between 1996 and 2003.</p>",
    "<p>Copyright of the page design &copy; 2004 by the webmaster.</p>",
    "<h2>Baroque</h2><ul><li>Bach</li><li>Corelli</li></ul>",
    "<p>Tip: turn your speakers up before you play.</p>",
    "<table><tr><td>Title</td><td>Size</td></tr></table>",
)
CREATIVE_COMMONS = {
    "by": "Attribution",
    "by-sa": "Attribution-ShareAlike",
    "by-nc": "Attribution-NonCommercial",
    "by-nd": "Attribution-NoDerivs",
    "by-nc-sa": "Attribution-NonCommercial-ShareAlike",
    "by-nc-nd": "Attribution-NonCommercial-NoDerivatives",
}
SENTENCES = {
    "LicenseRef-PublicDomain": (
        "All music on this page is in the public domain.",
        "The sequences are public domain, do with them what you like.",
        "Die Dateien sind gemeinfrei.",
        "Ces fichiers sont dans le domaine public.",
    ),
    "LicenseRef-AllRightsReserved": (
        "&copy; 1999 The Sequencer. All rights reserved.",
        "Copyright (c) 2002 by J. Smith, All Rights Reserved",
        "Alle Rechte vorbehalten.",
        "Tous droits réservés.",
    ),
    "LicenseRef-PersonalUseOnly": ("These files are for personal use only.", "Nur für den privaten Gebrauch."),
    "LicenseRef-NonCommercial": ("You may use them for non-commercial purposes.", "Not for commercial use, please."),
    "CC0-1.0": ("Released under CC0.", "Creative Commons Zero applies to all files."),
    "GPL-3.0-or-later": ("Licensed under the GNU General Public License version 3 or later.",),
    "MIT": ("All sequences are under the MIT license.",),
}


def random_cc(source: random.Random) -> tuple[str, str, str]:
    """Return the address, the words and the SPDX identifier of a Creative Commons licence."""
    kind = source.choice(list(CREATIVE_COMMONS))
    version = source.choice(["2.0", "2.5", "3.0", "4.0"])
    scheme = source.choice(["http", "https"])
    end = source.choice(["", "/", "/deed.en", "/legalcode"])
    url = f"{scheme}://{source.choice(['', 'www.'])}creativecommons.org/licenses/{kind}/{version}{end}"
    words = source.choice(
        [
            f"Creative Commons {CREATIVE_COMMONS[kind]} {version} International License",
            f"CC {kind.upper()} {version}",
            f"a Creative Commons {CREATIVE_COMMONS[kind]} {version} Unported licence",
        ]
    )
    return url, words, f"CC-{kind.upper()}-{version}"


def statement(form: str, source: random.Random) -> tuple[str, str]:
    """Return the markup, text or header of a statement, and the SPDX expression that it means."""
    url, words, spdx = random_cc(source)
    name = source.choice(list(SENTENCES))
    sentence = source.choice(SENTENCES[name])
    markup = {
        "rel": f'<p>Licensed under <a rel="{source.choice(["license", "nofollow license"])}" href="{url}">this</a></p>',
        "link": f"<link rel='license' href='{url}' />",
        "jsonld": '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "Dataset", '
        f'"name": "Songs", "license": "{url}"}}</script>',
        "jsonld nested": '<script type="application/ld+json">[{"@type": "WebPage", "mainEntity": '
        f'{{"@type": "MusicAlbum", "license": {{"@type": "CreativeWork", "url": "{url}"}}}}}}]</script>',
        "rdfa": f'<div typeof="cc:Work"><span property="{source.choice(["cc:license", "dct:license"])}" '
        f'resource="{url}">terms</span></div>',
        "microdata": '<div itemscope itemtype="http://schema.org/MusicRecording">'
        f'<link itemprop="license" href="{url}">',
        "meta": f'<meta name="{source.choice(["dcterms.license", "DC.rights"])}" '
        f'content="{source.choice([url, words])}">',
        "rdf": f'<!-- <rdf:RDF xmlns="http://web.resource.org/cc/"><Work rdf:about=""><license rdf:resource="{url}" />'
        "</Work></rdf:RDF> -->",
        "header": f'<{url}>; rel="license"',
        "text of a licence": f"<p>This work is licensed under {source.choice(['', 'the '])}<i>{words}</i>.</p>",
    }
    if form in markup:
        return markup[form], spdx
    if form == "archive" and source.random() < 0.5:
        return f"README\n\nThe files in this archive are licensed under {words}.\n", spdx
    return sentence, name


PAGE_FORMS = (
    "rel",
    "link",
    "jsonld",
    "jsonld nested",
    "rdfa",
    "microdata",
    "meta",
    "rdf",
    "text of a licence",
    "sentence",
)
FORMS = (*PAGE_FORMS, "header", "archive")


def evidence_of(form: str, content: str, source: random.Random) -> list[Evidence]:
    """Return what is found in a page, an archive or a header with a statement."""
    if form == "header":
        return [Evidence("header", from_url(url), url) for url, _ in iter_headers_links(content, "http://a.test/")]
    if form == "archive":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(source.choice(["README.txt", "LICENSE", "docs/COPYING", "readme.1st"]), content)
        texts = [text for _, text in extract_licence_texts(packed.getvalue())]
        return [each for text in texts for each in text_evidence("archive", text)]
    pieces = [*source.sample(FILLER, 3), content]
    source.shuffle(pieces)
    page = f"<html><head><title>Songs</title></head><body>{''.join(pieces)}<a href='x.mid'>x</a></body></html>"
    return list(parse_page(page.encode(), "http://a.test/songs.html").evidence)


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    source = random.Random(options.seed)
    wrong: Counter[str] = Counter()
    n_conflicts = n_flagged = 0
    for number in range(options.pages):
        form = FORMS[number % len(FORMS)]
        content, spdx = statement(form, source)
        found = evidence_of(form, content, source)
        result = resolve(found)
        if result.spdx != spdx or result.is_conflicting:
            wrong[form] += 1
            if options.verbose:
                print(form, spdx, result.spdx, content)
        other_form = source.choice(PAGE_FORMS)
        other, other_spdx = statement(other_form, source)
        if other_spdx.split("-")[:2] != spdx.split("-")[:2] and not {spdx, other_spdx} & VAGUE:
            n_conflicts += 1
            n_flagged += resolve([*found, *evidence_of(other_form, other, source)]).is_conflicting
    right = 1 - wrong.total() / options.pages
    print(f"{options.pages} of {len(FORMS)} forms: {right:.2%} right, {n_flagged} of {n_conflicts} conflicts flagged")
    print(dict(wrong))


VAGUE = {"LicenseRef-PublicDomain", "LicenseRef-AllRightsReserved", "LicenseRef-NonCommercial"}
"""Names that a more precise one may agree with."""

if __name__ == "__main__":
    main()
