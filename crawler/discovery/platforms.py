"""Registered domains of platforms, and plain words: what an address says of its owner. Pure data."""

from __future__ import annotations

from typing import Final

PLATFORMS: Final = frozenset(
    "google.com googleapis.com gstatic.com googletagmanager.com google-analytics.com doubleclick.net youtube.com "
    "facebook.com instagram.com meta.com messenger.com whatsapp.com twitter.com x.com linkedin.com pinterest.com "
    "tiktok.com snapchat.com reddit.com tumblr.com flickr.com vimeo.com yelp.com foursquare.com vk.com ok.ru t.me "
    "telegram.org discord.com discord.gg bing.com microsoft.com live.com msn.com yahoo.com aol.com duckduckgo.com "
    "yandex.ru yandex.com baidu.com apple.com wix.com squarespace.com weebly.com wordpress.com wordpress.org "
    "automattic.com shopify.com myshopify.com godaddysites.com jimdo.com webflow.com webflow.io blogger.com "
    "blogspot.com medium.com github.com github.io notion.so notion.site ghost.org strikingly.com duda.co joomla.org "
    "drupal.org typepad.com hubspot.com hs-sites.com mailchimp.com list-manage.com constantcontact.com "
    "campaignmonitor.com sendinblue.com brevo.com klaviyo.com marketo.com pardot.com salesforce.com cookiebot.com "
    "onetrust.com cookielaw.org trustarc.com truste.com usercentrics.com usercentrics.eu quantcast.com cookieyes.com "
    "osano.com iubenda.com termly.io consentmanager.net didomi.io cookiefirst.com complianz.io cookie-script.com "
    "axept.io termsfeed.com hotjar.com intercom.com zendesk.com freshworks.com freshdesk.com tawk.to livechat.com "
    "crisp.chat livechatinc.com liveperson.com liveperson.net olark.com helpscout.com drift.com recaptcha.net "
    "hcaptcha.com cloudflare.com fastly.com disqus.com addthis.com sharethis.com trustpilot.com trustedshops.com "
    "trustedshops.de bbb.org truste.org mcafeesecure.com mcafee.com norton.com symantec.com verisign.com digicert.com "
    "comodo.com sectigo.com geotrust.com paypal.com stripe.com klarna.com squareup.com visa.com mastercard.com "
    "americanexpress.com authorize.net braintreepayments.com networkadvertising.org aboutads.info "
    "youronlinechoices.com youronlinechoices.eu allaboutcookies.org europa.eu ftc.gov ico.org.uk icann.org matomo.org "
    "statcounter.com newrelic.com mixpanel.com segment.com amplitude.com optimizely.com adroll.com criteo.com "
    "taboola.com outbrain.com adobe.com eventbrite.com surveymonkey.com typeform.com calendly.com zoom.us lever.co "
    "greenhouse.io workable.com bamboohr.com myworkdayjobs.com smartrecruiters.com personio.de uservoice.com "
    "statuspage.io atlassian.com archive.org wikipedia.org creativecommons.org mozilla.org opera.com dropbox.com "
    "soundcloud.com spotify.com tripadvisor.com booking.com opentable.com airbnb.com amazon.com ebay.com etsy.com "
    "mailerlite.com getresponse.com aweber.com activecampaign.com convertkit.com kit.com zoho.com zoho.eu cpanel.net "
    "cpanel.com whmcs.com sitelock.com rapidssl.com thawte.com affirm.com afterpay.com patreon.com twitch.tv "
    "tidio.com tidio.co tidiochat.com zopim.com smartsupp.com kayako.com elfsight.com xing.com line.me kakao.com "
    "naver.com weibo.com threads.net cj.com awin.com awin1.com webtrends.com comscore.com scorecardresearch.com "
    "cookiepro.com plesk.com usertrust.com sumo.com userlike.com provide-support.com providesupport.com "
    "enzuzo.com borlabs.io real-cookie-banner.de qq.com wechat.com bsky.app mastodon.social "
    "behance.net dribbble.com glassdoor.com indeed.com g2.com capterra.com feefo.com bazaarvoice.com reviews.io "
    "akismet.com gravatar.com elementor.com weglot.com sentry.io datadoghq.com fullstory.com mouseflow.com clarity.ms "
    "luckyorange.com crazyegg.com plausible.io etracker.com econda.de webtrekk.com chartbeat.com nielsen.com "
    "omniture.com hitbox.com websidestory.com webtrendslive.com sitemeter.com extreme-dm.com linkexchange.com "
    "bfast.com commission-junction.com shareasale.com impact.com jamsadr.com optanon.com evidon.com ghostery.com "
    "netscape.com lycos.com excite.com altavista.com infoseek.com netobjects.com adssl.com scanalert.com "
    "trust-guard.com buysafe.com shopperapproved.com edoeb.admin.ch oaic.gov.au bfdi.bund.de".split()
)
"""Registered domains of widgets, consent managers, site builders, networks, seals, payment services and authorities.

Other firms' pages carry links to their policies.
"""

SITE_HOSTS: Final = frozenset(
    "wordpress.com wixsite.com tumblr.com squarespace.com medium.com substack.com ghost.io webs.com weebly.com "
    "jimdo.com jimdosite.com jimdofree.com strikingly.com typepad.com livejournal.com over-blog.com blogger.com "
    "yolasite.com site123.me godaddysites.com homestead.com geocities.com tripod.com angelfire.com freeservers.com "
    "50megs.com 150m.com xoom.com fortunecity.com bravehost.com 000webhost.com 000webhostapp.com altervista.org "
    "beepworld.de webnode.com webnode.page ucoz.ru narod.ru chez.com multimania.com t35.com tiscali.it freehostia.com "
    "mystrikingly.com business.site carrd.co bigcartel.com bandcamp.com zendesk.com freshdesk.com helpscoutdocs.com "
    "gitbook.io statuspage.io notion.site".split()
)
"""Domains whose subdomains are customers' sites, and which the Public Suffix List does not name.

Each host is a site of its own.
"""

PLAIN_WORDS: Final = frozenset(
    "access account air alpha american apollo apple art asia atlantic atlas auto bank base bear best beta bird black "
    "blog blue book books box bridge bright business buy call car card care career cash castle cat center central "
    "centre chat choice city click client clock cloud clouds code coffee college comet community company connect "
    "consulting contact core corporate country craft credit customer data datacenter day delta design dev digital "
    "direct discover dog domain domains dragon dynamic eagle earth east easy edge email energy entry euro european "
    "explore express family fashion fast fiber fibre film find fire first fish fitness flash focus food forest forum "
    "fox free future galaxy game games gamma garden gate general giga global gold green grid group guard hawk health "
    "help home host hosted hoster hosting hosts hotel hub ice image info instant insurance international internet "
    "island jet job jobs key king kitchen kit land launch layer leaf learning legal lever life light line link links "
    "lion live lock mail market mars master matrix max media medical medium mega member mercury message meta metro "
    "micro mini mobile money moon mountain movie music my name names nano national neptune net network networks news "
    "next night node nodes north nova now ocean office omega one online open opera orange orbit pacific page pages "
    "paper partner partners pay payment people pet phoenix phone photo picture place planet play plus point policies "
    "policy port portal power premier prime print pro public quality quick rapid red register "
    "registrar registry river rocket safe saturn school search secure security segment select server servers service "
    "services shield ship shop sigma signal silver simple site sites sky smart snow social software solution "
    "solutions south space spark speed sport sports spring square stack star start state status storage store stripe "
    "studio style summer sun super support swift switch system systems talk team tech technologies technology telecom "
    "tera tiger time titan today total tower town trade travel tree trust turbo ultra united universe university user "
    "vector venus video view virtual vision visa vista vital voice wall water wave web webhost webhosting webspace "
    "west white wine winter wire wireless wolf work works world zen zone zoom hot big all top cool true real good eco "
    "fun hit kid mad man mix new out pop run set tip try two up via way yes you zip bid edu any ace act add age aid "
    "aim arm bit bug cap cup cut dot ear egg end era eye fan fit fly gas gem gun guy hat ink joy lab law leg lip log "
    "low map oil old owl pan pen pig pin pit pot raw ray rib row sea sit six ski tab tag tax tea ten tie tin ton toy "
    "use vet war win wit affirm booking drift duda ghost threads".split()
)
"""Plain words: a name that is one of them belongs to many firms, each under another suffix or with another word."""

FIRM_WORDS: Final = frozenset(
    "hosting host hosts webhosting web webs cloud clouds servers server dedicated vps domains domain dns cdn mail "
    "email online internet net network networks telecom data datacenter datacenters space backup storage ssl security "
    "secure safe status help support care legal policy policies trust docs blog news shop store pay billing "
    "account accounts login my app apps api dev labs lab tech technologies technology digital software soft systems "
    "solutions solution services service group holding holdings corp corporation inc llc ltd gmbh ag company co "
    "international intl global world europe eu usa us uk gb de at ch fr es it nl be pl se no dk fi cz ro hu pt br mx "
    "ca au nz jp cn hk sg in asia latam america americas deutschland germany france italia espana polska brasil india "
    "japan team hq the get go try use new now one plus pro business enterprise partners partner media marketing "
    "consulting careers jobs foundation org community academy university events live stream static assets content "
    "files img".split()
)
"""Words that a firm puts beside its name in further domains of its own."""
