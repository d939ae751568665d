"""Find the base URL of the API from the settings."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from urllib.parse import urlsplit

import httpx

from .errors import ConfigurationError

DEFAULT_BASE_URL = "https://api.arize.com"

logger = logging.getLogger("arize_queues")
_warned_of: set[str] = set()

_HOST_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


def base_url_of(base_url: object, region: object) -> str:
    """Return the base URL of the arguments, else of the environment, else the default.

    Raises:
        ConfigurationError: A setting is malformed, or two lead to different places.
    """
    return (
        _agreed({"base_url": _checked_url("base_url", base_url), "region": _region_url("region", region)})
        or _agreed(
            {
                "ARIZE_BASE_URL": _checked_url("ARIZE_BASE_URL", os.environ.get("ARIZE_BASE_URL")),
                "ARIZE_REGION": _region_url("ARIZE_REGION", os.environ.get("ARIZE_REGION")),
                "ARIZE_API_HOST": _host_url(),
            }
        )
        or DEFAULT_BASE_URL
    )


def is_unprotected(base_url: str) -> bool:
    """Return True if the API key would be sent unencrypted."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    return parts.scheme == "http" and host != "localhost" and not _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, which may begin with "127." and lead anywhere
        return False


def _agreed(urls: dict[str, str | None]) -> str | None:
    """Return the one URL that the settings of one level agree on."""
    given = {name: url for name, url in urls.items() if url}
    if len(set(given.values())) > 1:
        told = ", ".join(f"{name} ({url})" for name, url in given.items())
        raise ConfigurationError(f"these settings contradict each other: {told}; keep one")
    return next(iter(given.values()), None)


def _checked_url(name: str, value: object) -> str | None:
    url = None if value is None else str(value).strip()  # an httpx.URL is welcome
    if not url:
        if url is not None and name == "base_url":
            raise ConfigurationError("base_url: it is empty")
        return None
    if any(mark in url for mark in "@?#"):  # what stands there may be secret, so it is not shown
        raise ConfigurationError(f"{name}: it must be a URL without user, query or fragment")
    if not _is_url(url):
        raise ConfigurationError(f"{name}: {url!r} is not a URL such as {DEFAULT_BASE_URL}")
    return url.rstrip("/")


def _is_url(url: str) -> bool:
    """Judge as httpx does, and more strictly where the host is concerned, since the key goes there."""
    try:
        parts, host = urlsplit(url), httpx.URL(url).raw_host.decode()
        port_is_valid = parts.port is None or parts.port > 0
    except (ValueError, httpx.InvalidURL):
        return False
    return (
        parts.scheme in ("http", "https")
        and port_is_valid
        and not parts.netloc.endswith(":")  # as in "https://https://api.arize.com"
        and (":" in host or _HOST_NAME.fullmatch(host) is not None)
        and url.isprintable()
        and " " not in url
    )


def _region_url(name: str, region: object) -> str | None:
    if not region:
        return None
    if not isinstance(region, str) or not region.replace("-", "").isalnum() or not region.isascii():
        raise ConfigurationError(f"{name}: {region!r} is not a region such as 'eu-west-1a'")
    return f"https://api.{region}.arize.com"


def _host_url() -> str | None:
    host, scheme, port = (os.environ.get(f"ARIZE_API_{part}") for part in ("HOST", "SCHEME", "PORT"))
    if not host:
        if scheme or port:
            raise ConfigurationError("ARIZE_API_SCHEME and ARIZE_API_PORT need ARIZE_API_HOST")
        return None
    if "/" in host:
        raise ConfigurationError("ARIZE_API_HOST: it must be a host alone; ARIZE_BASE_URL takes a whole URL")
    return _checked_url("ARIZE_API_HOST", f"{scheme or 'https'}://{host}{f':{port}' if port else ''}")


def warn_if_unprotected(base_url: str) -> None:
    """Warn, once for each address, that the API key is sent unencrypted."""
    if is_unprotected(base_url) and base_url not in _warned_of:
        _warned_of.add(base_url)
        logger.warning("%s is not encrypted: the API key travels in the clear", base_url)
