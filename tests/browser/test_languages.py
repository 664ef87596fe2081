"""The portal in German and in Greek, as people meet it."""

from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.portal_process import PortalProcess

SignInPage = Callable[[Any], Page]

WORDS = {
    "de": {
        "saved": "Gespeichert.",
        "new": "Neuer Chat",
        "today": "Heute",
        "ask": "Fragen Sie etwas",
        "send": "Senden",
        "copy": "Kopieren",
        "prompt": "Systemanweisung",
        "commands": "Befehle",
        "keys": "API-Schlüssel",
        "create": "Neuer Schlüssel",
        "used": "0 von 1.200.000 Tokens pro Tag",
        "mail": "Neues Passwort wählen",
    },
    "el": {
        "saved": "Αποθηκεύτηκε.",
        "new": "Νέα συνομιλία",
        "today": "Σήμερα",
        "ask": "Ρωτήστε οτιδήποτε",
        "send": "Αποστολή",
        "copy": "Αντιγραφή",
        "prompt": "Οδηγία συστήματος",
        "commands": "Εντολές",
        "keys": "Κλειδιά API",
        "create": "Νέο κλειδί",
        "used": "0 από 1.200.000 token ανά ημέρα",
        "mail": "Επιλογή νέου κωδικού πρόσβασης",
    },
}


def test_a_person_chooses_german_then_greek(
    sign_in_page: SignInPage,
    browser: Browser,
    alice: Any,
    make_key: Callable[..., str],
    portal: PortalProcess,
) -> None:
    make_key(alice, "chat", daily_limit=1_200_000)
    page = sign_in_page(alice)
    for language, words in WORDS.items():
        page.goto("/profile")
        page.locator("#id_language").select_option(language)
        page.locator("#save-profile").click()
        expect(page.get_by_role("status").first).to_have_text(words["saved"])
        expect(page.locator("html")).to_have_attribute("lang", language)
        it_shows_the_chat(page, words)
        it_shows_the_keys(page, words)
        # Somebody who is not signed in has no language but the browser's; their mail goes to Alice, in hers.
        with browser.new_context(base_url=portal.url, locale="en") as elsewhere:
            other = elsewhere.new_page()
            other.goto("/password/forgot")
            expect(other.get_by_role("heading", level=1)).to_have_text("Forgot your password?")
            other.get_by_label("Email").fill(alice.email)
            other.get_by_role("button", name="Send the link").click()
            expect(other.get_by_role("heading", level=1)).to_have_text("Check your inbox")
        assert words["mail"] in subjects_to(portal, alice)


def it_shows_the_chat(page: Page, words: dict[str, str]) -> None:
    page.goto("/chat")
    sidebar = page.locator("#sidebar")
    expect(sidebar.get_by_role("link", name=words["new"])).to_be_visible()
    expect(page.locator("#composer-input")).to_have_attribute("placeholder", words["ask"])
    page.locator("#composer-input").fill("Repeat after me: ```python\nprint(1)\n```")
    page.get_by_role("button", name=words["send"], exact=True).click()
    expect(page.locator('.turn[data-status="complete"] .copy-code')).to_have_text(words["copy"])
    expect(sidebar.get_by_role("heading", name=words["today"])).to_be_visible()
    page.locator("#open-settings").click()
    expect(page.get_by_role("dialog").get_by_label(words["prompt"])).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("listbox").get_by_role("group", name=words["commands"])).to_be_visible()
    page.keyboard.press("Escape")


def it_shows_the_keys(page: Page, words: dict[str, str]) -> None:
    page.goto("/keys")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["keys"])
    expect(page.get_by_role("button", name=words["create"])).to_be_visible()
    expect(page.locator(".key-limits")).to_contain_text(words["used"])
    # Programs read it: it is nobody's language.
    assert page.locator("meter").get_attribute("value") == "0"


def subjects_to(portal: PortalProcess, user: Any) -> list[str]:
    folder = Path(portal.variables["PORTAL_DATA_DIR"], "outbox")
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.glob("*.eml")]
    return [mail["Subject"].strip() for mail in mails if mail["To"] == user.email]


@pytest.mark.parametrize(
    ("language", "title", "wrong"),
    [
        ("de-AT", "Anmelden", "Die E-Mail-Adresse oder das Passwort stimmt nicht."),
        ("el", "Σύνδεση", "Η διεύθυνση e-mail ή ο κωδικός πρόσβασης δεν είναι σωστά."),
        ("fr", "Sign in", "The email address and/or password you specified are not correct."),
    ],
)
def test_who_is_not_signed_in_gets_the_browsers_language(
    browser: Browser, base_url: str, new_email: str, language: str, title: str, wrong: str
) -> None:
    with browser.new_context(
        base_url=base_url, locale=language, viewport={"width": 390, "height": 800}
    ) as context:
        page = context.new_page()
        page.goto("/login")
        expect(page.locator("html")).to_have_attribute("lang", language[:2] if title != "Sign in" else "en")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        page.locator("#id_login").fill(new_email)
        page.locator("#id_password").fill("not-the-password")
        page.get_by_role("button", name=title).click()
        expect(page.get_by_role("alert")).to_contain_text(wrong)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
