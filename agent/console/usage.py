"""What answers cost: tokens and, where the settings hold prices, money. Pure."""

from dataclasses import dataclass

from agent.settings import Price


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model was used for."""

    requests: int = 0
    input: int = 0
    """Tokens, those of `cached` included."""
    cached: int = 0
    """Tokens of the input that the provider remembered."""
    output: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.requests + other.requests,
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
        )

    def cost(self, price: Price) -> float:
        """In the price's currency."""
        remembered = price.input if price.cached is None else price.cached
        fresh = self.input - self.cached
        return (fresh * price.input + self.cached * remembered + self.output * price.output) / 1_000_000

    def text(self, price: Price | None) -> str:
        """In a few words, such as `2 requests, 317 + 13 tokens, cost 0.00074`."""
        many = f"{self.requests} requests, " if self.requests > 1 else ""
        cost = "" if price is None else f", cost {self.cost(price):.2g}"
        return f"{many}{self.input} + {self.output} tokens{cost}"
