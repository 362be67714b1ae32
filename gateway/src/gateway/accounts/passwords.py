"""Names and passwords of accounts: what is accepted, and how a password is hashed and verified (argon2id)."""

from __future__ import annotations

import functools
import secrets
import unicodedata

import argon2
from argon2.exceptions import InvalidHashError, VerificationError
from servicekit.faults import InvalidInput, WeakPassword
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from gateway.storage.executor import BlockingExecutor

MIN_PASSWORD_CHARACTERS = 10
MAX_NAME_CHARACTERS = 64

_N_THREADS = 2
"""Passwords hashed at the same time: each takes 64 MiB and about a tenth of a second."""

_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories that a name has none of: they cannot be seen, or change how the text around them is shown."""


class PasswordHasher:
    """Hashes and verifies passwords with argon2id, off the event loop.

    The parameters are argon2-cffi's defaults (RFC 9106, second recommended option).
    """

    def __init__(self) -> None:
        self._argon2 = argon2.PasswordHasher()
        self._executor = BlockingExecutor("passwords", _N_THREADS)
        self._hash_of_nobody = self._argon2.hash(secrets.token_urlsafe())

    def close(self) -> None:
        """End the threads."""
        self._executor.close()

    async def hash(self, password: str) -> str:
        """Return the hash of a password, with its salt and its parameters."""
        return await self._executor.run(self._argon2.hash, normalize_password(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether a password is the right one. Without a hash it takes as long, and the result is false.

        Parameters
        ----------
        password_hash : str or None
            The hash that is stored; None for a name that nobody has, and for an account without a password.
        password : str
            What was entered.
        """
        checked = self._hash_of_nobody if password_hash is None else password_hash
        is_right = await self._executor.run(self._verify, checked, normalize_password(password))
        return is_right and password_hash is not None

    def needs_rehash(self, password_hash: str) -> bool:
        """Return whether a hash has other parameters than new ones get."""
        return self._argon2.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def check_password(password: str) -> None:
    """Check that a new password can be used.

    Raises
    ------
    WeakPassword
        If it is too short, or one of the most common.
    """
    normalized = normalize_password(password)
    if len(normalized) < MIN_PASSWORD_CHARACTERS:
        raise WeakPassword(
            f"The password has {len(normalized)} characters; it needs at least {MIN_PASSWORD_CHARACTERS}. "
            "A few words that do not belong together are easy to remember.",
            min_characters=MIN_PASSWORD_CHARACTERS,
        )
    if normalized.casefold() in _common_passwords():
        raise WeakPassword("This is one of the most common passwords, which are tried first. Choose another one.")


def normalize_password(password: str) -> str:
    """Return a password as it is hashed: the same characters from every keyboard (NFKC, RFC 8265)."""
    return unicodedata.normalize("NFKC", password)


def clean_name(name: str, max_characters: int = MAX_NAME_CHARACTERS) -> str:
    """Return a name for people, in NFC and without spaces around it.

    Parameters
    ----------
    name : str
        What was entered. It may contain markup, which is text here and wherever it is shown.
    max_characters : int
        The longest name.

    Raises
    ------
    InvalidInput
        If it is empty, too long, or has characters that cannot be seen.
    """
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(cleaned) <= max_characters:
        raise InvalidInput(f"A name has 1 to {max_characters} characters; this one has {len(cleaned)}.")
    if any(unicodedata.category(character) in _INVISIBLE_CATEGORIES for character in cleaned):
        raise InvalidInput("A name has no control characters and no invisible ones.")
    return cleaned


def name_key(name: str) -> str:
    """Return what two names have in common that are the same but for case, width and composition.

    Examples
    --------
    >>> name_key("Ａda") == name_key("ADA")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


@functools.cache
def _common_passwords() -> frozenset[str]:
    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_PASSWORD_CHARACTERS)
