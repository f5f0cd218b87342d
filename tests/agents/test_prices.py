"""Prices: from the list in the package, by provider or by address; local models are free."""

from __future__ import annotations

import pytest

from tertulia.agents.language_model.providers import PROVIDERS
from tertulia.agents.prices import FREE, Rate, rate_of


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("ollama:qwen3:8b", ""),
        ("ollama:qwen3:8b", "http://gpu.firm.example:11434"),
        ("openai:x", "http://127.0.0.1:8000/v1"),
        ("openai:x", "http://localhost:8000/v1"),
        ("openai:x", "http://[::1]:8000/v1"),
        ("openai:x", "http://0.0.0.0:8000/v1"),
    ],
)
def test_a_local_model_is_free(name: str, address: str) -> None:
    assert rate_of(name, address) == FREE
    assert FREE.cost(1_000_000, 1_000_000) == 0


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("openai:no-such-model", ""),
        ("ollama:big:120b-cloud", ""),
        ("openai:gpt-5.4-mini", "https://models.firm.example/v1"),
        ("openai:gpt-5.4-mini", "http://192.168.1.4:8000/v1"),
    ],
)
def test_a_price_that_is_not_known_is_not_guessed(name: str, address: str) -> None:
    """The same name may cost something else at another address."""
    assert rate_of(name, address) is None


@pytest.mark.parametrize("provider", [provider for provider in PROVIDERS if provider.default], ids=lambda p: p.name)
def test_the_model_that_is_chosen_by_itself_has_a_price(provider) -> None:
    rate = rate_of(f"{provider.name}:{provider.default}", "")
    assert rate is not None
    assert rate.cost(1_000, 1_000) > 0


def test_a_known_address_is_priced_like_its_provider() -> None:
    assert rate_of("openai:gpt-5.4-mini", "https://api.openai.com/v1").cost(7, 7) == Rate(
        "gpt-5.4-mini", "openai"
    ).cost(7, 7)


def test_cached_tokens_are_cheaper_and_never_more_than_there_are() -> None:
    rate = rate_of("openai:gpt-5.4-mini", "")
    assert 0 < rate.cost(1_000, 0, 800) < rate.cost(1_000, 0)
    assert rate.cost(1_000, 0, 5_000) == rate.cost(1_000, 0, 1_000)
