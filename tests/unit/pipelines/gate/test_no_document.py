"""Pages that are no document whatever their address: what archives hold of sites that refuse, fail, or are gone."""
# ruff: noqa: RUF001 - pages in many scripts

from __future__ import annotations

import pytest

from pipelines.gate.no_document import CHALLENGE, EMPTY, ERROR, LOGIN, PARKED, no_document

MENU = "\n".join(f"* [Product {number}](https://acme.example/{number}) and what it does" for number in range(90))

PAGES = [
    # what, title, body
    (EMPTY, "", "Loading..."),
    (EMPTY, "Privacy Policy", "# Privacy Policy\n"),
    (EMPTY, "", "Redirecting to [legal.acme.example](https://legal.acme.example/privacy)"),
    (ERROR, "404 Not Found", "# Not Found\n\nThe requested URL /privacy was not found on this server.\n\n* * *\n\nApache/2.4 Server"),
    (ERROR, "Page not found | Acme", f"{MENU}\n\nSorry. Try the search.\n\n{MENU}"),
    (ERROR, "Acme", f"{MENU}\n\n## Error 404 - page not found\n\nSorry. Try the search.\n\n{MENU}"),
    (ERROR, "Acme", "# Oops!\n\nThe page you're looking for can't be found. Go back to the home page, or write to our support."),
    (ERROR, "Acme - Error 500", "Something went wrong on our side. We have been told, and are working on it. Please come back soon."),
    (ERROR, "503 Service Temporarily Unavailable", "# Service Temporarily Unavailable\n\nnginx is here today, as it is always"),
    (ERROR, "Access Denied", "# Access Denied\n\nYou don't have permission to access \"http://acme.example/privacy\" on this server."),
    (ERROR, "", "# Error establishing a database connection\n\nThis either means that the username in the file is wrong."),
    (ERROR, "Seite nicht gefunden - Acme", "Die von Ihnen gesuchte Seite gibt es nicht mehr. Vielleicht hilft Ihnen die Suche."),
    (ERROR, "Erreur 404", "La page que vous recherchez n'existe pas ou n'existe plus. Retour à l'accueil de notre site."),
    (ERROR, "Página no encontrada", "Lo sentimos, la página que busca no existe o ha sido movida a otro lugar de la web."),
    (ERROR, "Pagina non trovata", "Siamo spiacenti: la pagina che stai cercando non esiste più, oppure è stata spostata altrove."),
    (ERROR, "Страница не найдена", "К сожалению, запрашиваемая вами страница не существует. Вернитесь на главную страницу сайта."),
    (ERROR, "エラー", "お探しのページは見つかりませんでした。URLをご確認ください。"),
    (ERROR, "页面不存在", "抱歉，您访问的页面不存在或已被删除。请返回首页。"),
    (ERROR, "오류", "# 페이지를 찾을 수 없습니다\n\n주소가 잘못 입력되었거나 페이지가 삭제되었을 수 있습니다. 다시 확인해 주세요."),
    (CHALLENGE, "Just a moment...", "# acme.example\n\n## Checking if the site connection is secure\n\nacme.example needs to review it."),
    (CHALLENGE, "Just a moment...", "Enable JavaScript and cookies to continue"),
    (
        CHALLENGE,
        "Attention Required! | Cloudflare",
        "# Sorry, you have been blocked\n\nYou are unable to access acme.example\n\nCloudflare Ray ID: **7d1f** • [Privacy](/p)",
    ),
    (CHALLENGE, "acme.example", "Please verify you are a human\n\nAccess to this page has been denied because we believe you are using tools."),
    (CHALLENGE, "Pardon Our Interruption", "As you were browsing, something about your browser made us think you were a bot. Privacy."),
    (CHALLENGE, "", "Request unsuccessful. Incapsula incident ID: 877000160192365449-438392"),
    (CHALLENGE, "Robot check", "Enter the characters you see below. Sorry, we just need to make sure you're not a robot. [Privacy](/p)"),
    (CHALLENGE, "Nur einen Moment…", "Bestätigen Sie, dass Sie ein Mensch sind. Das kann ein paar Sekunden dauern."),
    (CHALLENGE, "Un instant…", "Vérifiez que vous êtes humain. Cela peut prendre quelques secondes. Merci de votre patience."),
    (CHALLENGE, "Un momento…", "Verifica que eres un ser humano. Esto puede tardar unos segundos, gracias por esperar."),
    (CHALLENGE, "Один момент…", "Подтвердите, что вы человек. Это может занять несколько секунд, пожалуйста, подождите."),
    (CHALLENGE, "しばらくお待ちください...", "人間であることを確認します。これには数秒かかる場合があります。"),
    (CHALLENGE, "请稍候…", "请完成以下操作，验证您是真人。这可能需要几秒钟。"),
    (LOGIN, "Log in - Acme", "# Log in\n\nEmail\n\nPassword\n\nRemember me\n\n[Forgot your password?](/reset) [Sign up](/new)"),
    (LOGIN, "Acme", "Sign in to continue\n\nUser name\n\nPassword\n\nSign in\n\n[Privacy](/privacy) [Terms](/terms) © 2019 Acme"),
    (LOGIN, "Anmelden", "E-Mail-Adresse\n\nKennwort\n\nAngemeldet bleiben\n\n[Kennwort vergessen?](/neu) Noch kein Konto?"),
    (LOGIN, "Connexion", "Adresse e-mail\n\nMot de passe\n\nSe souvenir de moi\n\n[Mot de passe oublié ?](/oubli) Créer un compte"),
    (LOGIN, "Вход", "Электронная почта\n\nПароль\n\nЗапомнить меня\n\nВойти\n\n[Забыли пароль?](/r) Зарегистрироваться на сайте"),
    (LOGIN, "ログイン", "メールアドレス\n\nパスワード\n\nログイン状態を保存する"),
    (PARKED, "acme.example", "The domain acme.example is for sale. [Buy this domain](https://sedo.com) Related links: Hosting, Privacy."),
    (PARKED, "acme.example", "This domain is parked free, courtesy of GoDaddy.com. Get this domain. [Privacy Policy](/p) Copyright 1999."),
    (PARKED, "acme.example - Diese Website steht zum Verkauf!", "Diese Domain steht zum Verkauf. Informationen zum Thema acme, hosting."),
    (PARKED, "acme.example", "Ce nom de domaine est à vendre. Faites une offre au propriétaire. Politique de confidentialité."),
    (PARKED, "Домен продается", "Этот домен продаётся. Вы можете сделать предложение о покупке домена прямо сейчас."),
    (PARKED, "acme.example", "このドメインはお名前.comで取得されています。"),
    (PARKED, "acme.example", "该域名正在出售，如有意请联系。"),
    (PARKED, "Welcome to nginx!", "# Welcome to nginx!\n\nIf you see this page, the web server is successfully installed and working."),
]  # fmt: skip

DOCUMENTS = [
    # title, body: short, and near to the above
    ("Privacy", "We keep no data about you. We set no cookies. Write to us if you have a question about this page."),
    ("Privacy Policy", "We store your user name and password encrypted, so that you can log in. We never give them to others."),
    ("Privacy", "This app does not collect any data. It works without a network, and your entries never leave the device."),
    ("Datenschutz", "Wir speichern Ihr Kennwort verschlüsselt, damit Sie sich anmelden können. Sonst speichern wir nichts."),
    ("プライバシーポリシー", "当社は、お客様のメールアドレスとパスワードを、ログインのためにのみ利用し、第三者に提供しません。"),
    ("500px Privacy", "We collect what you give us: your photos, your name, and the places that your photos tell of."),
    ("Security", "We use reCAPTCHA on our forms. Google's own terms apply to it, and we get no personal data from there."),
    ("Legal notice", "Acme Ltd, 1 High Street, Springfield. Registered in England with number 404. VAT GB 500 503 403."),
    ("Cookies", "If a page is not there for you, your browser may have kept an old copy. Cookies are kept for one year."),
    ("Domain terms", "Domains that you buy from us may expire. We tell you sixty days before, by e-mail, and once more."),
    ("Impressum", "Angaben gemäß § 5 TMG: Acme GmbH, Musterstraße 1, 12345 Musterstadt, vertreten durch Max Muster."),
]  # fmt: skip


@pytest.mark.parametrize(("what", "title", "body"), PAGES)
def test_no_document_says_what_a_page_is(what: str, title: str, body: str) -> None:
    assert no_document(title, body) == what


@pytest.mark.parametrize(("title", "body"), DOCUMENTS)
def test_no_document_leaves_short_documents_alone(title: str, body: str) -> None:
    assert no_document(title, body) == ""


def test_no_document_long_text_is_one_whatever_it_names() -> None:
    policy = "If a page is not found, or asks whether you are human, your address is logged. " * 120
    assert no_document("404", policy) == ""
    assert no_document("Privacy", policy[:3000]) == ""
