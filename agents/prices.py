"""What a model's tokens cost, from the price list that comes with the package `genai-prices`. Nothing is fetched."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_OLLAMA: Final = "ollama"


@dataclass(frozen=True, slots=True)
class Rate:
    """The price of one model. It is looked up by provider, or by the server's address; without either it is free."""

    model: str = ""
    provider: str = ""
    address: str = ""

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float:
        """What a call costs, in USD. `cached_tokens` are those of `input_tokens` that the provider had cached.

        Raises:
            LookupError: the price list does not have this model.
        """
        if not (self.provider or self.address):
            return 0.0
        from genai_prices import Usage, calc_price  # noqa: PLC0415 - its list of prices is heavy

        usage = Usage(
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=min(cached_tokens, input_tokens),
        )
        if self.provider:
            price = calc_price(usage, self.model, provider_id=self.provider)
        else:
            price = calc_price(usage, self.model, provider_api_url=self.address)
        return float(price.total_price)


FREE: Final = Rate()
"""A local model's."""


def rate_of(name: str, base_url: str) -> Rate | None:
    """The price of the model `provider:model` at `base_url` ("" is the provider's own); None when it is not known.

    Models of Ollama and of a server on this machine are free. Any other server is known by its address, because the
    same name may have another price there. Imports the price list, which takes a moment: not on the event loop.
    """
    provider, _, model = name.partition(":")
    if provider == _OLLAMA:
        return None if model.endswith("cloud") or "ollama.com" in base_url else FREE
    if base_url and _is_local(base_url):
        return FREE
    rate = Rate(model, "", base_url) if base_url else Rate(model, provider)
    try:
        rate.cost(1, 1)
    except LookupError:
        return None
    return rate


def _is_local(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        place = ipaddress.ip_address(host)
    except ValueError:
        return False
    return place.is_loopback or place.is_unspecified
