"""Settings: where they come from, which one wins, what is refused."""

from __future__ import annotations

import functools
from typing import Any

import httpx
import pytest

from arize_queues import ArizeClient, ArizeQueuesError, AsyncArizeClient, ConfigurationError
from arize_queues._base_url import DEFAULT_BASE_URL
from tests.support.answers import KEY


def base_url(**settings: Any) -> str:
    """Return the base URL of settings."""
    return ArizeClient(api_key=KEY, **settings)._context.settings.base_url


@pytest.mark.parametrize("kind", [ArizeClient, AsyncArizeClient])
@pytest.mark.parametrize("key", [None, "", "  "])
def test_no_api_key_is_an_error_that_says_what_to_do(kind, key):
    """A client without an API key is refused with the two ways to give one."""
    with pytest.raises(ConfigurationError, match=r"pass api_key= or set ARIZE_API_KEY") as caught:
        kind(api_key=key)
    assert isinstance(caught.value, ArizeQueuesError)


def test_the_key_of_the_argument_wins_over_that_of_the_environment(monkeypatch):
    """The API key of the argument takes precedence over that of the environment."""
    monkeypatch.setenv("ARIZE_API_KEY", "from-environment")
    assert ArizeClient()._context.settings.api_key == "from-environment"
    assert ArizeClient(api_key="from-argument")._context.settings.api_key == "from-argument"


def test_a_key_keeps_no_blanks_around_it(monkeypatch):
    """White space around an API key, such as the line end of a file, is removed."""
    monkeypatch.setenv("ARIZE_API_KEY", " abc\n")
    assert ArizeClient()._context.settings.api_key == "abc"


@pytest.mark.parametrize("key", ["a b-secret", "a\nb-secret", "käy-secret", "a\x00b-secret"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key):
    """An API key with characters that no header can carry is refused, and the error does not show it."""
    with pytest.raises(ConfigurationError, match="api_key") as caught:
        ArizeClient(api_key=key)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "settings", "expected"),
    [
        ({}, {}, DEFAULT_BASE_URL),
        ({}, {"base_url": "https://arize.example/"}, "https://arize.example"),
        ({}, {"base_url": "https://gateway.example/arize/"}, "https://gateway.example/arize"),
        ({}, {"region": "eu-west-1a"}, "https://api.eu-west-1a.arize.com"),
        ({"ARIZE_BASE_URL": "https://one.example"}, {}, "https://one.example"),
        ({"ARIZE_REGION": "us-east-1b"}, {}, "https://api.us-east-1b.arize.com"),
        ({"ARIZE_API_HOST": "two.example"}, {}, "https://two.example"),
        (
            {"ARIZE_API_HOST": "localhost", "ARIZE_API_SCHEME": "http", "ARIZE_API_PORT": "8080"},
            {},
            "http://localhost:8080",
        ),
        ({"ARIZE_REGION": "us-east-1b"}, {"base_url": "https://one.example"}, "https://one.example"),
        ({"ARIZE_BASE_URL": "https://one.example"}, {"region": "eu-west-1a"}, "https://api.eu-west-1a.arize.com"),
        ({"ARIZE_BASE_URL": "not a url"}, {"region": "eu-west-1a"}, "https://api.eu-west-1a.arize.com"),
        ({"ARIZE_BASE_URL": "", "ARIZE_REGION": "", "ARIZE_API_HOST": ""}, {}, DEFAULT_BASE_URL),
        ({"ARIZE_BASE_URL": "https://one.example", "ARIZE_API_HOST": "one.example"}, {}, "https://one.example"),
    ],
)
def test_argument_then_environment_then_default(monkeypatch, environment, settings, expected):
    """The base URL comes from the argument, else from the environment, else from the default."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert base_url(**settings) == expected


@pytest.mark.parametrize(
    ("environment", "settings", "names"),
    [
        ({}, {"base_url": "https://one.example", "region": "eu-west-1a"}, ("base_url", "region")),
        (
            {"ARIZE_BASE_URL": "https://one.example", "ARIZE_REGION": "eu-west-1a"},
            {},
            ("ARIZE_BASE_URL", "ARIZE_REGION"),
        ),
        ({"ARIZE_API_HOST": "one.example", "ARIZE_REGION": "eu-west-1a"}, {}, ("ARIZE_API_HOST", "ARIZE_REGION")),
        (
            {"ARIZE_API_HOST": "a.example", "ARIZE_BASE_URL": "https://b.example"},
            {},
            ("ARIZE_API_HOST", "ARIZE_BASE_URL"),
        ),
        ({}, {"default_headers": {"authorization": "Bearer x"}}, ("default_headers", "api_key")),
    ],
)
def test_contradicting_settings_are_an_error_that_names_both(monkeypatch, environment, settings, names):
    """Two settings that contradict each other raise an error that names both."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="contradict") as caught:
        base_url(**settings)
    assert all(name in str(caught.value) for name in names)


def test_an_http_client_and_an_ssl_context_contradict_each_other():
    """An SSL context beside a user's httpx client is refused, because that client has TLS settings of its own."""
    with httpx.Client() as http, pytest.raises(ConfigurationError, match="http_client and ssl_context"):
        ArizeClient(api_key=KEY, http_client=http, ssl_context=httpx.create_ssl_context())


def test_an_http_client_of_the_other_colour_is_refused():
    """A sync client refuses an async httpx client, and the other way round."""
    with (
        httpx.Client() as http,
        pytest.raises(ConfigurationError, match=r"http_client: a Client is not an httpx\.Async"),
    ):
        AsyncArizeClient(api_key=KEY, http_client=http)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": ""},
        {"base_url": "api.arize.com"},
        {"base_url": "ftp://api.arize.com"},
        {"base_url": "https://"},
        {"base_url": "https://host:99999"},
        {"base_url": "https://user@host"},
        {"base_url": "https://host/?a=b"},
        {"base_url": "https://https://api.arize.example"},
        {"base_url": "https://exa mple.com"},
        {"base_url": "https://example.com/a b"},
        {"base_url": "https://a..b"},
        {"base_url": "https://1.2.3.999"},
        {"base_url": f"https://{'a' * 64}.example"},
        {"base_url": "https://ex\u200bample\ud800.com"},
        {"base_url": "https://[::1"},
        {"base_url": "https://[fe80]"},
        {"base_url": "https://host:"},
        {"region": "eu west"},
        {"region": "evil.example/"},
        {"timeout": 0},
        {"timeout": -1.0},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": True},
        {"timeout": "60"},
        {"timeout": 10**400},
        {"timeout": 1e300},
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"max_concurrency": 0},
        {"api_revision": "2026-07"},
        {"default_headers": {"X-Team": "a\r\nX-Evil: 1"}},
        {"default_headers": {"X-Team": 1}},
        {"default_headers": {"": "x"}},
        {"default_headers": {"X Team": "x"}},
        {"default_headers": {"X-Team": " x"}},
        {"default_headers": {"X-Team": "x\t"}},
        {"default_headers": {"X-Team": "\u00e9"}},
        {"default_headers": {"X-T\u00e9am": "x"}},
        {"default_headers": {"X-Team": "a\x7fb"}},
        {"default_headers": {"Content-Length": "3"}},
        {"default_headers": {"transfer-encoding": "chunked"}},
        {"default_headers": ["X-Team"]},
        {"on_response": "print"},
    ],
    ids=str,
)
def test_a_malformed_setting_is_refused_by_its_name(settings):
    """The error of a malformed setting begins with its name."""
    with pytest.raises(ConfigurationError) as caught:
        ArizeClient(api_key=KEY, **settings)
    assert str(caught.value).startswith(f"{next(iter(settings))}:")


@pytest.mark.parametrize(
    "url",
    [
        "https://:hush@host",
        "https://me:hush@host",
        "me:hush@host",
        "https://host\\@hush",
        "https://h/?hush=1",
        "//h?hush",
    ],
)
def test_a_url_with_a_secret_in_it_is_refused_without_showing_it(url):
    """A base URL with a password is refused, because it would end up in logs, and the error does not show it."""
    with pytest.raises(ConfigurationError, match="base_url") as caught:
        ArizeClient(api_key=KEY, base_url=url)
    assert "hush" not in str(caught.value)


def test_the_value_of_a_header_is_not_shown():
    """The error of a malformed header does not show its value, which may be a token."""
    with pytest.raises(ConfigurationError, match="X-Token") as caught:
        ArizeClient(api_key=KEY, default_headers={"X-Token": " hush "})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://gateway.example:8443/arize",
        "http://my_host",
        "https://[::1]:80",
        "http://10.0.0.1",
        "https://b\u00fccher.example",
        "https://host.example.",
    ],
)
def test_hosts_of_all_kinds_are_accepted(url):
    """A host may be a name, even beyond ASCII, or an address."""
    assert base_url(base_url=url) == url


@pytest.mark.parametrize("host", ["https://api.arize.example", "api.arize.example/v2", "me:hush@host", "a b"])
def test_a_host_that_is_more_than_one_is_refused(monkeypatch, host):
    """A URL in place of a host is refused; its scheme would be taken for the host."""
    monkeypatch.setenv("ARIZE_API_HOST", host)
    with pytest.raises(ConfigurationError, match="ARIZE_API_HOST") as caught:
        base_url()
    assert "hush" not in str(caught.value)


async def listen(_info):
    """Be told of an answer, in a task that nobody awaits."""


class Listener:
    """Something that is called, and must be awaited."""

    async def __call__(self, _info):
        """Be told of an answer."""


@pytest.mark.parametrize("kind", [ArizeClient, AsyncArizeClient])
@pytest.mark.parametrize("on_response", [listen, Listener(), functools.partial(listen)])
def test_an_on_response_that_must_be_awaited_is_refused(kind, on_response):
    """An async `on_response` is refused, because nobody would await it."""
    with pytest.raises(ConfigurationError, match=r"on_response: .* await"):
        kind(api_key=KEY, on_response=on_response)


@pytest.mark.parametrize("name", ["ARIZE_API_PORT", "ARIZE_API_SCHEME"])
def test_a_part_of_an_address_without_a_host_is_refused(monkeypatch, name):
    """A scheme or a port without a host is refused."""
    monkeypatch.setenv(name, "8080")
    with pytest.raises(ConfigurationError, match=f"{name}.*ARIZE_API_HOST"):
        base_url()


@pytest.mark.parametrize(("name", "value"), [("ARIZE_BASE_URL", "nowhere"), ("ARIZE_REGION", "a/b")])
def test_a_malformed_variable_is_refused_by_its_name(monkeypatch, name, value):
    """The error of a malformed environment variable names the variable."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        base_url()


def test_the_default_timeout_gives_connecting_less():
    """The default timeout is 60 seconds for each phase and 5 to connect; a shorter one also bounds connecting."""
    with ArizeClient(api_key=KEY) as client:
        assert client._connection.get().timeout == httpx.Timeout(60.0, connect=5.0)
    with ArizeClient(api_key=KEY, timeout=2) as client:
        assert client._connection.get().timeout == httpx.Timeout(2.0)
    with ArizeClient(api_key=KEY, timeout=None) as client:
        assert client._connection.get().timeout == httpx.Timeout(None)
    own = httpx.Timeout(1.0, read=9.0)
    with ArizeClient(api_key=KEY, timeout=own) as client:
        assert client._connection.get().timeout == own


def test_all_settings_are_keyword_only():
    """All settings are keyword-only."""
    with pytest.raises(TypeError):
        ArizeClient(KEY)  # type: ignore[misc]
