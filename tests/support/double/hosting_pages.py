"""The pages of tests/support/double/hosting.py: policies of about 1,400 words in about 21 KB, home pages, and others."""

from __future__ import annotations

from functools import cache

_POLICY = """# Information that we collect

When you order a service from {name}, we collect your name, your postal address, your e-mail address, your telephone
number and the details of your payment, because we cannot provide the service without them.

Our servers record the IP address, the type of the browser, the pages that were visited and the time of each visit. We
use these log files to find faults and attacks, and we do not link them to personal information.

If you write to our support team, we keep your messages together with our answers, so that whoever of us works on your
request next need not ask you again for what you have told us already.

# Cookies

This web site uses cookies. A cookie is a small text file that your browser keeps on your computer; it tells our shop
which products are in your cart, and our control panel that you have signed in.

You can set your browser to refuse cookies. You can still read this site then, but you can neither place an order nor
sign in to the control panel.

# How we use your information

We process personal data to perform the contract with you, to send invoices, to inform you of maintenance, and to meet
the duties that the law puts on us. We do not use it for any other purpose without your consent.

We may send you a newsletter about our products if you have asked for it. Each issue has a link with which you can
unsubscribe at any time, and we will then delete your address from the list.

{name} does not make decisions that are based solely on automated processing, and does no profiling.

# Disclosure to third parties

We do not sell, trade or rent your personal information to others. We share it only with those who need it to provide
the service: payment processors, registries of domain names, and operators of data centers.

A registration of a domain name requires that we pass the data of its holder to the registry, which may publish it in
a public directory as the rules of the registry say.

We disclose personal information to the authorities if a court or the law obliges us to do so, and we tell you of it
as far as we are allowed to.

# Security

We protect your personal information by encryption in transit, by access controls, and by regular audits. No method of
transmission is perfectly secure, however, and we cannot guarantee absolute security.

Only members of our staff who need the data for their work can read it, and all of them have signed an agreement of
confidentiality.

# Retention

We keep the data of your account as long as you are a customer of {name}, and for {months} months after the end of the
contract. Invoices are kept for as long as tax law demands.

Log files of our servers are deleted after {days} days, unless an investigation of an attack is under way.

# Your rights

You have the right to know which personal data we hold about you, to have it corrected or erased, to restrict or to
object to its processing, and to receive it in a form that a machine can read.

To exercise these rights, write to our data protection officer. We answer within a month, free of charge. You also
have the right to lodge a complaint with the supervisory authority of your country.

# Children

Our services are not meant for children under the age of 16, and we do not knowingly collect personal information from
them. If you believe that a child has given us such information, please let us know.

# Changes to this privacy policy

We may update this privacy policy from time to time. The current version is always on this page, and we inform our
customers of significant changes by e-mail before they take effect.
"""

_CLAUSES = (
    "We now use a payment processor that checks orders for fraud, and pass the IP address of each order to it.",
    "The transfer of personal data to countries outside of the European Economic Area rests on standard clauses.",
    "Residents of California may ask for the categories of personal information that we disclosed in the last year.",
    "We have begun to measure how our site is used, with a tool that runs on our own servers and shortens addresses.",
    "Backups of your web space are kept in a second data center, encrypted with a key that only you have.",
    "Calls to our support line may be recorded for training, if you agree to it at the beginning of the call.",
    "We have appointed a representative in the United Kingdom, whose address you find at the end of this policy.",
    "A chat window on this site is provided by a partner, who processes what you write there on our behalf.",
    "Applications for jobs are kept for half a year, and longer only if you have consented to it.",
    "We no longer ask for your date of birth, and have deleted it from all accounts.",
)

_WORDS = (
    "hosting server domain cloud backup mail storage network support panel account invoice reseller cluster region price "
    "plan upgrade certificate firewall mirror cache script database queue monitor snapshot volume gateway router".split()
)


def policy_page(name: str, edition: int, nonce: str) -> bytes:
    """Return a policy in one of its editions. `nonce` is in the markup only, never in the text."""
    clauses = "".join(f"<p>{_CLAUSES[turn % len(_CLAUSES)]} ({turn + 1})</p>" for turn in range(edition))
    text = _policy_text().format(name=name, months=6 + 3 * edition, days=14 + edition)
    return _page(f"Privacy Policy | {name}", f"<h1>Privacy Policy</h1>{text}<h2>What is new</h2>{clauses}", nonce)


def home_page(name: str, policy_links: list[str], nonce: str) -> bytes:
    """Return a home page with links to the policy in its footer."""
    offers = "".join(
        f"<div class=offer><h3>{word.title()} {turn}</h3><p>{_words(turn)}</p></div>"
        for turn, word in enumerate(_WORDS)
    )
    footer = "".join(f'<a href="{link}">Privacy Policy</a> ' for link in policy_links)
    return _page(f"{name}: web hosting", f"<h1>{name}</h1>{offers}<div id=footer>{footer}</div>", nonce)


def other_page(name: str, path: str, nonce: str) -> bytes:
    """Return any other page."""
    text = "".join(f"<p>{_words(turn)}.</p>" for turn in range(20))
    return _page(f"{path} | {name}", f"<h1>{path}</h1>{text}", nonce)


def _page(title: str, content: str, nonce: str) -> bytes:
    return (
        f"<!DOCTYPE html><html lang=en><head><title>{title}</title>{_script()}</head><body class='page-{nonce}'>"
        f"{_navigation()}<div id=content>{content}</div><script>window.token='{nonce}'</script></body></html>"
    ).encode()


@cache
def _policy_text() -> str:
    sections = [section.strip().split("\n\n") for section in _POLICY.split("# ")[1:]]
    return "".join(
        f"<h2>{title}</h2>" + "".join(f"<p>{each}</p>" for each in paragraphs) + f"<ul>{_list(title)}</ul>"
        for title, *paragraphs in sections
    )


def _list(title: str) -> str:
    return "".join(
        f"<li>{title}: what concerns the {word} of your {other}, which we handle as personal information</li>"
        for word, other in zip(_WORDS[:5], _WORDS[5:10], strict=True)
    )


@cache
def _navigation() -> str:
    links = "".join(
        f"<li class='menu-item'><a href='/{one}/{other}' class='menu-link'>{one.title()} {other}</a></li>"
        for one in _WORDS[:9]
        for other in _WORDS[9:18]
    )
    return f"<nav id=menu><ul class=navigation>{links}</ul></nav>"


@cache
def _script() -> str:
    lines = (f"var {word}_{turn}=function(a,b){{return a*{turn}+b;}};" for turn in range(4) for word in _WORDS)
    return f"<script>{''.join(lines)}</script>"


def _words(turn: int) -> str:
    return " ".join(_WORDS[(turn * 7 + step * (turn + 3)) % len(_WORDS)] for step in range(30))
