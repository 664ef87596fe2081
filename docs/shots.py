"""The README's picture (`make docs-shots`): a real chat in real Chromium, on a portal of its own."""

import os
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.portal_process import PortalProcess, manage, serve

EMAIL, PASSWORD = "ada@example.org", "correct-horse-battery"
QUESTION = "How do I create an API key?"
GAP, BACKGROUND = 32, "#d9d9d4"
OUTPUT = Path(__file__).parent / "images" / "chat.png"


def main() -> None:
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        variables = {"PORTAL_DATA_DIR": directory}
        manage(variables, "prepare")
        manage(variables, "create_user", "--email", EMAIL, "--password", PASSWORD)
        with serve(variables) as portal:
            browser = playwright.chromium.launch(
                executable_path=os.environ["TEST_CHROMIUM"], args=["--no-sandbox", "--disable-gpu"]
            )
            desktop = shoot(browser, portal, 1180, 760, "light")
            phone = shoot(browser, portal, 390, 760, "dark")
            browser.close()
    join(desktop, phone).save(OUTPUT, optimize=True)


def shoot(browser: Browser, portal: PortalProcess, width: int, height: int, theme: str) -> Image.Image:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    sign_in(page, portal)
    page.locator("#composer-input").fill(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector('.turn[data-status="complete"]')
    image = Image.open(BytesIO(page.screenshot()))
    context.close()
    return image


def sign_in(page: Page, portal: PortalProcess) -> None:
    page.goto(f"{portal.url}/login")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/chat")


def join(left: Image.Image, right: Image.Image) -> Image.Image:
    size = (left.width + right.width + 3 * GAP, left.height + 2 * GAP)
    sheet = Image.new("RGB", size, BACKGROUND)
    sheet.paste(left, (GAP, GAP))
    sheet.paste(right, (left.width + 2 * GAP, GAP))
    return sheet.convert("P", palette=Image.Palette.ADAPTIVE)


if __name__ == "__main__":
    main()
