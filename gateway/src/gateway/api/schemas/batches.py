"""Bodies of the routes of batches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from gateway.api.schemas.fields import FileId, RequestModel, Seed, StyleId, Weight
from gateway.api.schemas.requests import BlendRequest, GenerateRequest, HybridRequest
from gateway.api.schemas.responses import Job, ResponseModel

MAX_ITEMS = 64

_METHOD = "How the piece is made, as the last part of `/generate/...`."


class BlendItem(BlendRequest):
    """A blend: the body of ``POST /generate/vae``."""

    method: Literal["vae"] = Field(description=_METHOD)


class GenerateItem(GenerateRequest):
    """A generated piece: the body of ``POST /generate/gan``."""

    method: Literal["gan"] = Field(description=_METHOD)
    count: Literal[1] = Field(1, description="One: each piece of a batch is an item of its own.")


class HybridItem(HybridRequest):
    """A blend of two generated pieces: the body of ``POST /generate/hybrid``."""

    method: Literal["hybrid"] = Field(description=_METHOD)
    count: Literal[1] = Field(1, description="One: each piece of a batch is an item of its own.")


Item = BlendItem | GenerateItem | HybridItem

_Many = Field(min_length=1, max_length=MAX_ITEMS)


class BatchRequest(RequestModel):
    """The body of ``POST /batches``: items one by one, or lists of which all combinations are made."""

    title: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(None, description="What to call it.")
    items: Annotated[list[Annotated[Item, Field(discriminator="method")]], _Many] | None = Field(
        None, description="The pieces to make, each with the fields of its method."
    )
    method: Literal["vae", "gan"] | None = Field(
        None, description="Instead of `items`: `vae` makes each pair at each weight, `gan` each style, with each seed."
    )
    pairs: Annotated[list[Annotated[list[FileId], Field(min_length=2, max_length=2)]], _Many] | None = Field(
        None, description="Of `vae`: the pairs of pieces."
    )
    weights: Annotated[list[Weight], _Many] | None = Field(
        None, description="Of `vae`: shares of the second piece; default 0.5."
    )
    styles: Annotated[list[StyleId], _Many] | None = Field(None, description="Of `gan`: ids of `/styles`.")
    seeds: Annotated[list[Seed], _Many] | None = Field(None, description="Seeds; if absent, a random one for each.")

    @model_validator(mode="after")
    def _check_one_form(self) -> Self:
        lists = [name for name in ("pairs", "weights", "styles", "seeds") if getattr(self, name) is not None]
        if (self.items is None) == (self.method is None):
            raise ValueError("Send either `items`, or `method` and lists to combine.")
        if self.items is not None and lists:
            raise ValueError(f"`items` conflicts with `{lists[0]}`: send one of them.")
        if self.method == "vae" and (self.pairs is None or self.styles is not None):
            raise ValueError("`method` `vae` requires `pairs`, and takes `weights` and `seeds`.")
        if self.method == "gan" and (self.styles is None or self.pairs is not None or self.weights is not None):
            raise ValueError("`method` `gan` requires `styles`, and takes `seeds`.")
        n_items = len(self.to_bodies())
        if n_items > MAX_ITEMS:
            raise ValueError(f"A batch has at most {MAX_ITEMS} pieces; these lists make {n_items}.")
        return self

    def to_bodies(self) -> list[dict[str, Any]]:
        """Return the items as JSON, in order: all seeds of a weight before the next weight, all weights of a pair."""
        if self.items is not None:
            return [item.to_json() for item in self.items]
        seeds = [{"seed": seed} for seed in self.seeds] if self.seeds else [{}]
        if self.method == "gan":
            return [
                {"method": "gan", "style": style, "count": 1, **seed} for style in self.styles or [] for seed in seeds
            ]
        return [
            {"method": "vae", "file_ids": pair, "weight": weight, **seed}
            for pair in self.pairs or []
            for weight in self.weights or [0.5]
            for seed in seeds
        ]

    def to_items(self) -> list[Item]:
        """Return the items, in order."""
        kinds: dict[str, type[Item]] = {"vae": BlendItem, "gan": GenerateItem, "hybrid": HybridItem}
        return self.items or [kinds[body["method"]].model_validate(body) for body in self.to_bodies()]


class BatchItem(ResponseModel):
    """One of the jobs of a batch."""

    index: int = Field(ge=0, description="Its place in the batch.")
    job: Job


class Batch(ResponseModel):
    """Several jobs that were requested at once. Each has a result as soon as it succeeded."""

    batch_id: str
    title: str
    state: Literal["running", "finished", "stopped"] = Field(
        description="`stopped`: somebody stopped it; the results that there were stay."
    )
    created_at: datetime
    items: list[BatchItem]


class BatchSummary(ResponseModel):
    """A batch in a list."""

    batch_id: str
    title: str
    state: Literal["running", "finished", "stopped"]
    created_at: datetime
    n_items: int = Field(description="Number of jobs.")
    n_succeeded: int = Field(description="Number of jobs that have a result.")


class Batches(ResponseModel):
    """The newest batches of an account."""

    batches: list[BatchSummary]
