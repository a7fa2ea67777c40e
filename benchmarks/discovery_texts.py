"""The made-up texts of benchmarks/discovery.py: policies that the gate accepts, and neighbours that it refuses.

Each policy text ends with its mark (`document 0012-3`), by which the benchmark knows it again in the files of a crawl.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

MARK: Final = re.compile(r"document (\d{4})-(\d{1,3})\b")
"""The company's number and the edition of a policy text."""


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(each.split()) for each in text.strip().split("\n\n"))


_POLICY: Final = _paragraphs("""
{name} respects your privacy. This privacy policy explains which personal information we collect when you visit our
web site, how we use it, and the choices that you have.

We collect the personal information that you give us when you register or order, such as your name, your postal
address, your e-mail address and your telephone number.

Our servers record the IP address, the browser, the pages that were visited and the time of each visit. We use these
log files to find faults, and we do not link them to personal data.

We use cookies, which are small files that your browser keeps. You can set your browser to refuse cookies, but some
parts of this site may then not work.

We use your personal information to provide our services, to answer your questions and to process your payments. We
will not use it for any other purpose without your consent.

We do not sell, trade or rent your personal information to third parties. We share it only with service providers who
work on our behalf and who are bound to keep it confidential.

We may disclose personal information where the law or a court obliges us to do so, or to protect the rights and the
safety of {name} and its customers.

With your consent we send you a newsletter. Each issue contains a link with which you can unsubscribe at any time, and
we then delete your address.

We protect your personal data by encryption and by access controls. However, no method of transmission over the
Internet is perfectly secure.

You have the right to access the personal data that we hold about you, to have it corrected or erased, and to object
to its processing. You may complain to a supervisory authority.

This web site uses an analytics service. It stores a shortened IP address and tells us how visitors use our site, so
that we can improve it.

We retain personal data only as long as it is needed for the purposes for which it was collected, or as long as tax
law demands.

Our services are not directed to children under the age of 13, and we do not knowingly collect personal information
from children.

Our site contains links to other web sites. We are not responsible for the privacy practices or the content of these
sites.

Personal data may be transferred to countries outside of the one where you live. We then rely on standard contractual
clauses that protect it.

The controller of the data processing is {name}. You can reach our data protection officer by mail at the address in
our imprint.
""")
_CLAUSES: Final = _paragraphs("""
Payments are now checked for fraud by a partner, to whom we pass the IP address of each order.

Residents of California may ask for the categories of personal information that we disclosed in the last year.

We have appointed a representative, whose address you find at the end of this privacy policy.

Calls to our support line may be recorded for training, if you agree to it at the beginning of the call.

A chat window is provided by a partner, who processes what you write there on our behalf.

Applications for jobs are kept for half a year, and longer only if you have consented to it.

We no longer ask for your date of birth, and have deleted it from all accounts.

Backups are kept in a second data center, encrypted with a key that only we have.

You can now download a copy of your personal data from your account.

We use social plug-ins only after you have activated them with a click.

Data of accounts that are not used for three years is deleted.

We have shortened the time for which log files are kept to two weeks.
""")
_TERMS: Final = _paragraphs("""
These terms govern your use of the services of {name}. By placing an order you accept them.

Prices include value added tax. Payment is due within fourteen days of the invoice, without deduction.

You may cancel the contract with a notice of one month to the end of a billing period.

We are liable without limit for intent and gross negligence. Otherwise our liability is limited to the price paid.

You must not use our services to break the law, to send unsolicited mail or to attack other systems.

All content of this site is protected by copyright. Reproduction requires our written permission.

If a provision of these terms is void, the others remain in force. The courts at our seat have jurisdiction.
""")
_POST: Final = _paragraphs("""
Last week our team met readers at the fair, and one question came up again and again: who watches you online?

Here are five tips. Use a password manager, turn on updates, and think twice before you click on a link.

A friend of mine covered the camera of her laptop with tape years ago, and everybody laughed. Nobody laughs now.

In the comments, tell us what you do. The best answer wins a mug with our logo.

Next month we look at routers, and at why the cheapest one may not be the best for your home.
""")
_PRODUCT: Final = _paragraphs("""
Keep your name out of the WHOIS directory: with our domain privacy your registration shows our address in place of
yours, for 4.99 a year.

Order now and get the first year free. Works with .com, .net, .org and a hundred other endings.

Spam falls by a third on average, say our customers. Cancel whenever you like.
""")
_TITLES: Final = (
    "Privacy Policy | {name}",
    "{name} - Privacy Policy",
    "Privacy",
    "{name}",
    "Data protection at {name}",
)


def mark(number: int, edition: int) -> str:
    """Return the mark of a company's policy text."""
    return f"document {number:04}-{edition}"


def policy_title(name: str, chance: random.Random) -> str:
    """Return the title of a policy; one in five says nothing but the company's name."""
    return chance.choice(_TITLES).format(name=name)


def policy_paragraphs(number: int, name: str, edition: int, chance: random.Random) -> list[str]:
    """Return a policy's text in one of its editions. `chance` is the company's: all its editions begin alike."""
    chosen = sorted(chance.sample(range(1, len(_POLICY)), 9))
    text = [_POLICY[0], *(_POLICY[at] for at in chosen)]
    clauses = [f"{_CLAUSES[turn % len(_CLAUSES)]} (clause {turn + 1})" for turn in range(edition)]
    last = f"This is {mark(number, edition)} of {name}. We may change this privacy policy from time to time."
    return [each.format(name=name) for each in (*text, *clauses)] + [last]


def neighbour_paragraphs(kind: str, name: str) -> list[str]:
    """Return the text of a page that is no policy: `terms`, `post`, `product`; of any other kind a few plain words."""
    texts = {"terms": _TERMS, "post": _POST, "product": _PRODUCT}
    plain = ("{name} has served its customers for many years.", "Visit us, call us, or order in our shop.")
    return [each.format(name=name) for each in texts.get(kind, plain)]
