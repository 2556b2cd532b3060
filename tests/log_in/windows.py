"""One tab of either browser, with what the tests of this folder do in it."""

import time

from playwright.sync_api import BrowserContext, expect

from tests.fixtures.firefox import Firefox

ID = "TabSession.ready.then(() => TabSession.id)"
TEXT = "return document.querySelector(arguments[0])?.innerText.trim().replace(/\\s+/g, ' ')"
SECONDS = 30


class ChromiumTab:
    def __init__(self, context: BrowserContext, root: str) -> None:
        self._page, self._root = context.new_page(), root

    def open(self, path: str) -> None:
        self._page.goto(self._root + path)

    def reload(self) -> None:
        self._page.reload()

    def type(self, field: str, text: str) -> None:
        self._page.fill(field, text)

    def press(self, what: str) -> None:
        self._page.bring_to_front()
        self._page.click(what)

    def shows(self, what: str, text: str) -> None:
        expect(self._page.locator(what)).to_have_text(text)

    def id(self) -> str:
        return self._page.evaluate(ID)

    def lose_cookies(self) -> None:
        self._page.context.clear_cookies()


class FirefoxTab:
    def __init__(self, firefox: Firefox, root: str) -> None:
        self._firefox, self._root = firefox, root
        self._handle = firefox("WebDriver:NewWindow", type="tab")["handle"]

    def _turn_to(self) -> Firefox:
        self._firefox("WebDriver:SwitchToWindow", handle=self._handle)
        return self._firefox

    def open(self, path: str) -> None:
        self._turn_to()("WebDriver:Navigate", url=self._root + path)

    def reload(self) -> None:
        self._turn_to()("WebDriver:Refresh")

    def type(self, field: str, text: str) -> None:
        firefox = self._turn_to()
        element = firefox.find(field)
        firefox("WebDriver:ElementClear", id=element)
        firefox("WebDriver:ElementSendKeys", id=element, text=text)

    def press(self, what: str) -> None:
        firefox = self._turn_to()
        firefox("WebDriver:ElementClick", id=firefox.find(what))

    def shows(self, what: str, text: str) -> None:
        firefox, last = self._turn_to(), time.monotonic() + SECONDS
        while (shown := firefox.run(TEXT, what)) != text:
            assert time.monotonic() < last, f"{what} shows {shown!r}, not {text!r}"
            time.sleep(0.02)

    def id(self) -> str:
        return self._turn_to().run(f"return {ID}")

    def lose_cookies(self) -> None:
        self._turn_to()("WebDriver:DeleteAllCookies")

    def close(self) -> None:
        self._turn_to().close_tab()
