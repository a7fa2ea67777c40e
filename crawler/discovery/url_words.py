"""Words of URLs that tell what sort of page stands there, whatever kind of document is searched for. Data; no logic.

All are written as `crawler.discovery.url_features` folds them: lower case, without accents, words divided by hyphens.
"""

from __future__ import annotations

from typing import Final

GROUPS: Final[dict[str, frozenset[str]]] = {
    "editorial": frozenset(
        "blog blogs news newsroom press presse prensa stampa journal magazine magazin story stories posts post "
        "media-center insights insight webinar webinars events event podcast podcasts author authors aktuelles "
        "actualites actualite noticias noticia notizie nieuws nyheter aktualnosci uutiset archives artikel newsletter "
        "newsletters press-releases press-release pressemitteilung pressemitteilungen pressemeldungen communique "
        "communiques presscentre interview interviews opinion editorial column ratgeber wissen lexikon glossary "
        "glossar glossaire dictionary encyclopedia wiki-articles case-studies case-study customer-stories whitepaper "
        "whitepapers ebook ebooks research report reports infographic infographics announcement announcements "
        "releases changelog release-notes kommentar themen thema topics topic learn learning academy guides guide "
        "tutorials tutorial tips advice howto how-to video videos watch education library books book presentation "
        "presentations slides wiki digital politics politik tech technology artist artists lyrics music movies movie "
        "film films games game courses lesson chapter abs papers paper opinions world wirtschaft economy lifestyle "
        "culture sport sports entertainment practice-areas practices practice expertise capabilities industries "
        "industry sectors sector rechtsgebiete gesetze laws law people team debate".split()
    ),
    "listing": frozenset(
        "tag tags category categories kategorie kategorien search suche recherche feed feeds rss comments author "
        "label labels keyword keywords trackback sitemap archive page-tag hashtag schlagwort etiqueta etiquetas "
        "archiv browse".split()
    ),
    "social": frozenset(
        "forum forums community thread threads discussion discussions showthread viewtopic viewthread question "
        "questions answers profile profiles member members user users group groups boards board t5 comunidad discuss "
        "issues pull reviews review ideas users-voice share redirect complaints complaint beschwerde beschwerden "
        "comment".split()
    ),
    "help": frozenset(
        "help hc support kb knowledgebase knowledge-base knowledge faq faqs articles article hilfe aide ayuda ajuda "
        "aiuto helpdesk help-center help-centre helpcenter customer-service docs documentation manual handbook pomoc "
        "hjelp".split()
    ),
    "assets": frozenset(
        "img imgs image images css js static assets asset wp-content wp-includes uploads upload files file media cdn "
        "fileadmin dam downloads download pdf pdfs documents document docs-pdf content fonts icons".split()
    ),
    "code": frozenset(
        "wp-json api wp-includes cgi-bin cdn-cgi xmlrpc ajax graphql rest oembed embed node-modules src developers "
        "developer reference sdk-docs manifest callback endpoint".split()
    ),
    "product": frozenset(
        "product products produkt produkte produit produits producto productos prodotti cart checkout basket plugin "
        "plugins pricing features feature solutions solution loesungen losungen software demo tools tool marketplace "
        "integrations integration extensions addons addon buy domain domains hosting whois ssl vpn extras templates "
        "template generator consulting consultancy beratung seminar seminare schulung schulungen course courses "
        "training trainings certification jobs-board vendor landing lp offers deals garden rooms villas hotel vps "
        "servers server affiliates affiliate banners banner ssl-certificates dominios domaine domaines dominio domeny "
        "servicios services-juridiques formation formations formazione consultoria accompagnement szkolenia cursos "
        "kurse kurs customers-stories domain-names".split()
    ),
    "account": frozenset(
        "login signin signup register account accounts settings setting preferences preference dashboard my myaccount "
        "konto compte cuenta einstellungen parametres configuracion admin console panel customize manage "
        "user-settings optout opt-out unsubscribe subscribe".split()
    ),
    "careers": frozenset(
        "careers career jobs job karriere recruiting recruitment applicant applicants bewerber bewerbung bewerbungen "
        "bewerberportal candidate candidates candidat candidats candidature candidatures vacancies stellen "
        "stellenangebote employees employee mitarbeiter emploi empleo lavoro praca rekrutacja rekrytering internship "
        "hiring talent job-applicants beschaeftigte bewerbende contractors recruits kandidaten sollicitanten "
        "curriculum candidati candidatos kandydaci kandydatow kandydat kariera carriera lavora-con-noi "
        "trabaja-con-nosotros trabalhe-conosco recrutement recrutamento rekrutacji rekrutierung applicants-notice "
        "employment jobseekers job-seekers werken-bij vacatures sollicitatie praca-u-nas rekry rekrytointi jobbe jobb "
        "kandidater medarbeider medarbejder staff workforce workers personnel alumni contractors-notice azubi "
        "ausbildung arbeitnehmer interns hr personalabteilung work-with-us suppliers supplier "
        "vendors lieferanten lieferant fournisseurs fournisseur proveedores proveedor fornitori fornitore leveranciers "
        "dostawcow dodavatele investors investor investoren shareholders aktionaere bewerbungsverfahren".split()
    ),
}
"""Folders, and words of a page's name, by what they say of the page."""

ARTICLE_WORDS: Final = frozenset(
    "how why what when which who where tips best top new news introducing announcing announces announce launches "
    "launch launched understand understanding explained explains explain explaining changes changing change changed "
    "update updates updated updating vs versus review reviews comparison compare trends trend future need needs know "
    "should can cannot does do don is are was were will would your-right important matters matter ways things steps "
    "step checklist myths mistakes guide guidelines beginners ultimate complete everything know-how write writing "
    "create creating make making need-to-know wie warum wann welche tipps ratgeber neue neues neuer so comment "
    "pourquoi quoi quand quels conseils como porque que cuando consejos come perche cosa quando hoe waarom wat jak "
    "dlaczego co questions answers faq fined fine lawsuit sues sued court ruling breach breaches scandal law laws "
    "bill act regulators regulator says wants gets against age era world day week month award awards named joins "
    "interview survey study report statistics stats debate impact lessons learned history improve improving improves "
    "protecting protect taking take keep keeping stay staying get getting use using turn delete disable enable hide "
    "add remove request file complain fix problem error browsing surfing parents kids-online teens schools meets "
    "means mean meaning definition basics introduction intro overview webinar podcast video".split()
)
"""Words of headlines and of questions: a page's name with one is that of an article."""

THING_WORDS: Final = frozenset(
    "software tools tool plugin plugins plug generator generators builder maker checker check scanner scan template "
    "templates sample samples example examples muster vorlage vorlagen mustervorlage generateur modele generador "
    "plantilla plantillas wzor szablon voorbeeld modello banners banner popup solution solutions buy price pricing "
    "kaufen premium demo trial course courses training seminar seminare schulung schulungen einsteiger zertifizierung "
    "certification certificate seal badge audit audits consultant consultants consulting beratung berater lawyer "
    "lawyers anwalt attorney engineer engineering analyst automation automated toolkit kit assessment compliant "
    "complianz score browser vpn proxy router phone screen protector filter film glass fence fences window curtain "
    "curtains booth booths pod pods walls hedge hedges plants cards card mode sandbox pass relay lock locks search "
    "wallet coin token coins protocol enhancing preserving friendly focused dashboard icon icons logo logos hero "
    "header thumb thumbnail background screenshot photo sprite style styles bundle script jquery min button buttons "
    "modal dialog preference preferences settings setting options controls control tabs login callback manifest "
    "renewal claims warranty trademark licenses open-source attendance bullying shipping refund return returns "
    "delivery pet editorial environment insider housing award awards accompagnement formation consultoria adaptacion "
    "curso szkolenie kurs gesetz recht plus guard suite badger".split()
)
"""Words of things that are sold, shown or set under a document's name."""

NEUTRAL_WORDS: Final = frozenset(
    "a an and are at by de der des die das den dem d du el en et for fur fuer gli i ii il im in la las le les los l n "
    "na o of on or our os out per por pour the to til fra und unser unsere us uns van von voor y zu zum zur with we "
    "your you votre vos su sua seu tu nos notre nasza pa av och og ja e ed ou al del della dei delle dell da do dos "
    "em no website web webseite webseiten webshop site sites internet online page pages seite seiten app-website "
    "homepage home portal index default main general allgemein allgemeine allgemeiner allgemeines generale generales "
    "full complete-text short text current latest final new-version version versions ver rev revised revision draft "
    "copy edition effective date dated global international intl worldwide world eu eea ewr europe european emea apac "
    "uk usa gb ca california germany deutschland german deutsch english englisch france french canada australia "
    "austria switzerland schweiz us-en india japan brazil ireland nederland italia espana polska latam customer "
    "customers kunden client clients clienti kunde consumer consumers visitor visitors users user nutzer business b2b "
    "b2c company corporate corp group gruppe konzern inc llc ltd limited gmbh ag co kg ug ev bv nv sa sarl srl spa se "
    "plc ab asa oy as aps www http https html htm php pdf com net org io info read view show display doc docs "
    "document documents file january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec januar februar maerz mai juni juli oktober dezember mobile "
    "desktop public external extern web-site contact kontakt about ueber uber ns clean pub link links modal-link 1 2 "
    "3".split()
)
"""Words that say nothing: particles, places, dates, kinds of customers, forms of firms."""

HOME_FOLDERS: Final = frozenset(
    "about about-us ueber-uns ueberuns uber-uns ueber a-propos acerca acerca-de chi-siamo over-ons om o-nas company "
    "company-info unternehmen konzern firma entreprise empresa azienda bedrijf corporate corp corporate-info group "
    "info infos information informationen informations informazioni informacion service services service-seiten "
    "customer-service kundenservice kontakt hilfe-kontakt contact contact-us kontakt-aufnehmen footer footernavi "
    "footer-links seitenfuss navigation meta misc sonstiges sonstige home homepage site sites web www webauftritt "
    "portal cms page pages pagine paginas seiten seite p s c t r i n content contents static doc docs document "
    "documents dokumente static-pages special-pages spezialseiten sonderseiten statics common shared apps general "
    "allgemein verantwortung responsibility trust trust-center trustcenter security sicherheit recht rechtliches "
    "customers kunden personal business user-info help hilfe support article articles hc portal-info app mobile "
    "desktop public default index-php php asp html en-us node site-info main menu extra infocenter customer client "
    "shop store media uploads pdf pdfs files wp-content dam api assets globalassets downloads download sites-default "
    "blob v1 v2 terms tos policies data notices agreements contracts compliance governance quick-links bottom sub "
    "subpages standard text".split()
)
"""Folders that documents on the site itself stand in. Others name a subject, and the page in them treats it."""

PAGE_NAMES: Final = frozenset(
    "index default home main welcome start startseite node page pages view show display".split()
)
"""Names of a folder's own page. The folder tells what it is."""

EXTENSIONS: Final = frozenset(
    "html htm xhtml shtml shtm php php3 php4 php5 phtml asp aspx ashx jsp jspx jsf do cfm cfml pl cgi pdf md mhtml "
    "xml action page tpl txt doc docx rtf odt faces html5 dhtml stm list story node c lasso mvc ece".split()
)
"""File types that a document can have, or that only name a program. Archives keep no other text under them."""

NOT_PAGES: Final = frozenset(
    "png jpg jpeg gif svg ico webp bmp tif tiff avif css scss less js mjs ts map json jsonld csv xls xlsx ppt pptx "
    "zip gz tgz tar rar 7z exe dmg msi apk mp4 mp3 m4a m4v avi mov webm ogg wav swf flv woff woff2 ttf otf eot atom "
    "rss ics vcf torrent iso jar deb rpm bin dat sql log yml yaml".split()
)
"""File types of images, programs and data. Such a file is no document."""

SEARCH_ARGUMENTS: Final = frozenset(
    "q s query search searchword keyword keywords term tag tags category cat author begriff suche text url u "
    "uri to next continue redirect redirect-uri return returnurl return-url back from ref referer referrer list "
    "source share subject utm-campaign utm-source utm-medium utm-content utm-term campaign theme sort filter "
    "section-id".split()
)
"""Arguments of searches, shares and redirects. What they name is not the page."""

LANGUAGES: Final = frozenset(
    "en de fr es it nl pt pl sv no nb nn da fi cs sk hu ro bg el gr hr sr sl lt lv et is tr ru uk ua he ar fa hi th "
    "vi id ms ko kr ja jp zh cn tw hk ca eu gl ga mt sq mk bs be at ch us gb in au nz za br mx intl int ww eng ger "
    "deu fra fre esp ita ned english deutsch german french francais espanol italiano all global row www lang".split()
)
"""Language and country codes, which stand for folders in many URLs."""
