"""Measure what addresses alone say: scores, guessed paths and the filter of listings, on addresses held out.

    python benchmarks/addresses.py [--misses] [--links] [--choose]

Reads ../shared; benchmarks/ADDRESSES.md keeps the figures. The half that tools/train_addresses.py learns from is printed
beside the half that it has not seen. `--misses` prints what is wrong in the half for learning; `--links` tries the links of
real pages; `--choose` prints the prefixes and guesses that cover most of the half for learning.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.address_data import HTML, hard_negatives, ordinary, pages, policies
from benchmarks.address_split import Half, addresses
from crawler.archives.urlkey import urlkey_of
from crawler.discovery.link_texts import page_links
from crawler.discovery.page_anchors import read_anchors
from crawler.discovery.site_owner import registered_domain
from crawler.discovery.url_scores import MIN_SCORE, can_be_policy, policy_score
from pipelines.kinds.privacy import PRIVACY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_COST: Final = 0.003
"""Share of the other links of real pages that a prefix may match: its listing would be as long as a bulk listing."""
MAX_PREFIX: Final = 16
MENTION: Final = re.compile("privac|datenschutz|confidentialit|隐私|プライバシー")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy stands: whether on its listed domain's own host, and its path in the urlkey."""

    on_main_host: bool
    path: str


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true", help="print what is judged wrongly in the half for learning")
    parser.add_argument("--links", action="store_true", help="look for links to the policy on real pages")
    parser.add_argument(
        "--choose", action="store_true", help="print the paths that cover most of the half for learning"
    )
    arguments = parser.parse_args()
    for half in Half:
        print(f"{half.name}\n{scores(half)}\n{filtered(half)}\n{guessed(half)}")
    print(sections())
    if arguments.links:
        print(linked())
    if arguments.misses:
        print(misses())
    if arguments.choose:
        print(chosen())


def share(items: Sequence[str], test: Callable[[str], bool]) -> str:
    """Return the share of items that pass a test, for print."""
    return f"{sum(map(test, items)) / len(items):6.1%} of {len(items):,}"


def scores(half: Half) -> str:
    """Return how `can_be_policy` judges the addresses of a half."""
    hard = [each.url for each in hard_negatives(half)]
    return (
        f"  policies accepted          {share(policies(half), can_be_policy)}\n"
        f"  hard negatives refused     {share(hard, lambda url: not can_be_policy(url))}\n"
        f"  other links of pages kept  {share(others(half), can_be_policy)}"
    )


def others(half: Half) -> list[str]:
    """Return the other links of pages, without those that are known policies."""
    known = {*policies(Half.LEARN), *policies(Half.TEST)}
    return [url for url in ordinary(half) if url not in known]


def filtered(half: Half) -> str:
    """Return what a listing filtered by the kind's regex gives of a half."""
    pattern = re.compile(PRIVACY.urls.filter_regex)

    def passes(url: str) -> bool:
        return pattern.fullmatch(urlkey_of(url)) is not None

    return (
        f"  filter: policies           {share(policies(half), passes)}\n"
        f"  filter: other links        {share(others(half), passes)}"
    )


def places(half: Half) -> list[Place]:
    """Return where the policies of a half stand."""
    found = []
    for each in addresses(half):
        host, _, path = urlkey_of(each.url).partition(")/")
        found.append(Place(host == urlkey_of(each.domain).partition(")")[0], path))
    return found


def guessed(half: Half) -> str:
    """Return the share of policies that the kind's prefixes and guesses cover."""
    found = places(half)
    main = [place.path for place in found if place.on_main_host]
    lines = [f"  on the listed domain itself {len(main) / len(found):5.1%}"]
    for name, test in (
        ("prefixes", lambda path: path.startswith(PRIVACY.prefixes)),
        ("guesses", PRIVACY.guesses[:4].__contains__),
        ("both", lambda path: path.startswith(PRIVACY.prefixes) or path in PRIVACY.guesses),
    ):
        hits = sum(map(test, main))
        lines.append(
            f"  {name:26} {hits / len(found):6.1%}, of those on the listed domain itself {hits / len(main):6.1%}"
        )
    return "\n".join(lines)


def sections() -> str:
    """Return how many hard negatives of each section are refused, by half."""
    total: Counter[tuple[str, Half]] = Counter()
    refused: Counter[tuple[str, Half]] = Counter()
    for each in hard_negatives():
        total[each.sort, each.half] += 1
        refused[each.sort, each.half] += not can_be_policy(each.url)
    return "hard negatives refused (LEARN, TEST)\n" + "\n".join(
        f"  {sort:22} " + "  ".join(f"{refused[sort, half]:3} of {total[sort, half]:3}" for half in Half)
        for sort in dict.fromkeys(each.sort for each in hard_negatives())
    )


def misses() -> str:
    """Return what is judged wrongly in the half for learning."""
    refused = [f"  {policy_score(url):.2f} {url}" for url in policies(Half.LEARN) if not can_be_policy(url)]
    kept = [
        f"  {policy_score(each.url):.2f} {each.url}" for each in hard_negatives(Half.LEARN) if can_be_policy(each.url)
    ]
    return "\n".join([f"refused policies (below {MIN_SCORE})", *refused, "accepted hard negatives", *kept])


def linked() -> str:
    """Return on how many real pages a link to the policy is found, of those that have a link which mentions one."""
    mentioned = found = foreign = 0
    for url, html in pages():
        links = page_links(html, HTML, url=url, domain=registered_domain(url))
        named = any(
            MENTION.search(f"{anchor.text} {anchor.target}") for anchor in read_anchors(html, HTML, url).anchors
        )
        mentioned += named
        found += named and bool(links.policies)
        foreign += named and not links.policies and bool(links.foreign)
    return f"pages with a link that mentions privacy {mentioned}: own policy {found}, foreign targets alone {foreign}"


def chosen(prefixes: int = 8, guesses: int = 4) -> str:
    """Return the prefixes and guesses that cover most of the half for learning, each chosen for what the others miss."""
    left = [place.path for place in places(Half.LEARN) if place.on_main_host]
    exact = [path for path, _ in Counter(left).most_common(guesses)]
    pool = affordable({path[:length] for path in left for length in range(1, MAX_PREFIX + 1)})
    best: list[str] = []
    while len(best) < prefixes:
        best.append(max(pool, key=lambda prefix: (sum(path.startswith(prefix) for path in left), len(prefix), prefix)))
        left = [path for path in left if not path.startswith(best[-1])]
    return f"prefixes {best}\nguesses {exact}"


def affordable(prefixes: set[str]) -> list[str]:
    """Return the prefixes that match at most MAX_COST of other pages. A whole folder is none: it can be a whole site."""
    cost = Counter({prefix: 0 for prefix in prefixes if prefix and not prefix.endswith("/")})
    paths = [urlkey_of(url).partition(")/")[2] for url in others(Half.LEARN)]
    for path in paths:
        cost.update(path[:n] for n in range(1, MAX_PREFIX + 1) if len(path) >= n and path[:n] in cost)
    return sorted(prefix for prefix, matched in cost.items() if matched <= MAX_COST * len(paths))


if __name__ == "__main__":
    main()
