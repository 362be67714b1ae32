"""Devices of a person, and the ways by which one registers and logs in on them."""

from typing import Any, Protocol

from playwright.sync_api import BrowserContext, Page, expect

PASSWORD = "seven purple submarines"
SESSION_COOKIE = "segue_session"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """A browser of its own, with a passkey manager.

    Parameters
    ----------
    context : BrowserContext
        A fresh browser context.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self._devtools = context.new_cdp_session(self.page)
        self._devtools.send("WebAuthn.enable")
        added = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self._authenticator = {"authenticatorId": added["authenticatorId"]}

    def passkeys(self) -> list[dict[str, Any]]:
        """Return the passkeys that the device has."""
        return list(self._devtools.send("WebAuthn.getCredentials", self._authenticator)["credentials"])

    def copy_passkeys(self, other: "Device") -> None:
        """Take over the passkeys of another device, with their counters, as a passkey manager does."""
        self._devtools.send("WebAuthn.clearCredentials", self._authenticator)
        for credential in other.passkeys():
            self._devtools.send("WebAuthn.addCredential", self._authenticator | {"credential": credential})

    def open(self, path: str) -> None:
        """Open a page."""
        self.page.goto(path)
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def expect_piece(self, title: str, count: int) -> None:
        """Expect the library to list a piece, or not."""
        self.open("/library")
        if count == 0:
            expect(self.page.get_by_role("searchbox").or_(self.page.get_by_text("Nothing here yet"))).to_be_visible()
        expect(self.page.get_by_role("article", name=title, exact=True)).to_have_count(count)

    def cookie(self) -> str:
        """Return the secret of the session, as somebody who has stolen it would know it."""
        return next(str(each.get("value")) for each in self.context.cookies() if each.get("name") == SESSION_COOKIE)


class Way(Protocol):
    """A way to register and to log in."""

    def register(self, device: Device) -> None:
        """Make the anonymous account of a device a lasting one."""

    def log_in(self, device: Device) -> None:
        """Log in on a device."""


class ByPassword:
    """By a name and a password."""

    def register(self, device: Device) -> None:
        """Fill in the form for new accounts."""
        form = device.page.locator("register-form")
        form.get_by_label("Name").fill("Ada Lovelace")
        form.get_by_label("Password").fill(PASSWORD)
        form.get_by_role("button", name="Create account").click()

    def log_in(self, device: Device) -> None:
        """Fill in the form."""
        form = device.page.locator("log-in-form")
        form.get_by_label("Name").fill("ada lovelace")
        form.get_by_label("Password").fill(PASSWORD)
        form.get_by_role("button", name="Log in", exact=True).click()


class ByPasskey:
    """By a passkey, which a passkey manager copies to the second device."""

    def __init__(self) -> None:
        self._used_last: Device | None = None

    def register(self, device: Device) -> None:
        """Create a passkey."""
        self._used_last = device
        device.page.get_by_role("button", name="Use a passkey instead").click()

    def log_in(self, device: Device) -> None:
        """Use the passkey."""
        assert self._used_last is not None
        if device is not self._used_last:
            device.copy_passkeys(self._used_last)
        self._used_last = device
        device.page.get_by_role("button", name="Log in with a passkey").click()


class ByOpenId:
    """At a provider of OpenID Connect, on its own pages."""

    def register(self, device: Device) -> None:
        """Log in at the provider for the first time: it asks for a name, and for consent."""
        self.log_in(device)

    def log_in(self, device: Device) -> None:
        """Log in at the provider, where one is not logged in already."""
        page = device.page
        page.get_by_role("link", name="Continue with Example").click()
        sign_in = page.get_by_placeholder("Enter any login")
        consent = page.get_by_role("button", name="Continue")
        account = page.get_by_role("heading", name="How you log in")
        expect(sign_in.or_(consent).or_(account).first).to_be_visible()
        if sign_in.is_visible():
            sign_in.fill("ada")
            page.get_by_placeholder("and password").fill("anything")
            page.get_by_role("button", name="Sign-in").click()
            expect(consent.or_(account).first).to_be_visible()
        if consent.is_visible():
            consent.click()
