"""What a group of settings is made of: a frozen model whose fields, bounds and docstrings say all there is to know."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from metarr.model.words import is_plain


class Section(BaseModel):
    """A frozen group of settings; camelCase outside, unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        allow_inf_nan=False,
    )


def _plain(text: str) -> str:
    if is_plain(text):
        return text
    raise ValueError("line breaks and other control characters have no place here")


PlainText = Annotated[str, Field(max_length=1000), AfterValidator(_plain)]
