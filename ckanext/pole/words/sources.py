"""Where the sentences come from: our checkout, and the installed packages whose French is missing or wrong.

Three lists that no parser can find live in `i18n/upstream.json`: `spoken`, sentences that a package hands to gettext
through a variable; `corrected`, sentences whose French in CKAN passes our rules but has a wrong or inconsistent word,
so that ours replaces it; and `renamed`, what English pages say in the place of CKAN's English: theme, not group.
"""

from __future__ import annotations

import importlib.util
import json
import warnings
from pathlib import Path
from typing import Any

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg

from ckanext.pole.words.catalogue import DOMAIN, Identity, Sentence, Sentences, forms, identity, messages, plural, read
from ckanext.pole.words.rules import complaints

KEYWORDS = {**DEFAULT_KEYWORDS, "translate": None, "isPlural": None}
PACKAGES = {
    "ckan": "ckan",
    "ckanext-harvest": "ckanext.harvest",
    "ckanext-scheming": "ckanext.scheming",
    "ckanext-spatial": "ckanext.spatial",
    "ckanext-dcat": "ckanext.dcat",
    "ckanext-xloader": "ckanext.xloader",
}
# The plugins that CKAN's own wheel brings beside its core.
BUNDLED = (
    *("activity", "audioview", "datapusher", "datastore", "datatablesview", "expire_api_token", "imageview"),
    *("multilingual", "resourceproxy", "stats", "tabledesigner", "textview", "tracking", "videoview", "webpageview"),
)


def installed(module: str) -> Path:
    """Where an installed package lies, without importing it; LookupError when it is not installed."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"{module} is not installed: its sentences cannot be gathered")
    return Path(next(iter(spec.submodule_search_locations)))


def _listed(root: Path) -> dict[str, Any]:
    """The three hand-kept lists of `i18n/upstream.json`."""
    return json.loads((root / "i18n" / "upstream.json").read_text("utf-8"))


def _say(
    found: Sentences, key: Identity, package: str, place: str | None = None, its_plural: str | None = None
) -> None:
    """Add one use of a sentence."""
    found.setdefault(key, Sentence()).add(package, place, its_plural)


def _gather(found: Sentences, folder: Path, package: str, prefix: str, root: Path) -> None:
    """Add the sentences of all sources under `folder`; places are written `prefix`/relative path."""
    with (root / "babel.cfg").open() as source, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        methods, options = parse_mapping_cfg(source)
    for filename, _line, words, _comments, context in extract_from_dir(folder, methods, options, KEYWORDS):
        said, its_plural = (words, None) if isinstance(words, str) else (words[0], words[1] if words[1:] else None)
        if said and said.strip():
            _say(found, (said, context), package, f"{prefix}/{Path(filename).as_posix()}", its_plural)


def own_sentences(root: Path) -> Sentences:
    """The sentences of this extension, from its Python, templates and JavaScript."""
    found: Sentences = {}
    _gather(found, root / "ckanext" / "pole", DOMAIN, "ckanext/pole", root)
    return found


def upstream_sentences(root: Path) -> Sentences:
    """The sentences of the installed packages, whether or not CKAN has French for them.

    Raises:
        LookupError: one of the packages is not installed.
    """
    found: Sentences = {}
    for package, module in PACKAGES.items():
        _gather(found, installed(module), package, module.replace(".", "/"), root)
    for name in BUNDLED:
        _gather(found, installed(f"ckanext.{name}"), "ckan", f"ckanext/{name}", root)
    # CKAN's own template of sentences, for those its sources say in a way the extractors do not see.
    for message in messages(read(installed("ckan") / "i18n" / "ckan.pot")):
        _say(found, identity(message), "ckan", its_plural=plural(message))
    for package, sentences in _listed(root)["spoken"].items():
        for said in sentences:
            _say(found, (said, None), package)
    return found


def french_of_ckan() -> set[Identity]:
    """The sentences that CKAN's own French catalogue says well enough to be kept.

    They are whole, not fuzzy, not left in English, and respect the rules that our own translations respect.
    """
    return {
        identity(message)
        for message in messages(read(installed("ckan") / "i18n" / "fr" / "LC_MESSAGES" / "ckan.po"))
        if not message.fuzzy
        and all(forms(message))
        and identity(message)[0] not in forms(message)
        and not complaints(identity(message)[0], plural(message), forms(message), "fr")
    }


def gather(root: Path) -> Sentences:
    """Everything our catalogue has to say: our own sentences, and upstream's that CKAN's French lacks or says wrong.

    Raises:
        KeyError: what is to be renamed is said by nobody any more.
    """
    listed = _listed(root)
    covered = french_of_ckan() - {(said, None) for said in (*listed["corrected"], *listed["renamed"])}
    found = {key: sentence for key, sentence in upstream_sentences(root).items() if key not in covered}
    for key, sentence in own_sentences(root).items():
        known = found.setdefault(key, Sentence())
        known.plural = known.plural or sentence.plural
        known.places |= sentence.places
        known.packages |= sentence.packages
    for said, english in listed["renamed"].items():
        found[said, None].english = english if isinstance(english, str) else tuple(english)
    return found
