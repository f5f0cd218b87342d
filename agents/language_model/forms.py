"""The structured replies: what a model is told to fill in, read back with tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, create_model, model_validator

from ...evidence.documents import whole_characters
from ..roles import Analyst

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

MOST_QUERIES: Final = 3


def _text(value: Any) -> Any:
    """A text where a model wrote null, or a list of sentences."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        value = " ".join(value)
    return whole_characters(value) if isinstance(value, str) else value


def _queries(value: Any) -> Any:
    """Queries by source in any of the forms that models choose.

    `{"web": ["…"]}`, `{"web": "…"}`, `[{"source": "web", "text": "…"}]`, and under "" those for any source, `["…"]`;
    whatever else becomes none, because a missing
    query can be made from the question and is not worth another call.
    """
    found: dict[str, list[str]] = {}
    if isinstance(value, dict):
        for source, texts in value.items():
            found[str(source)] = [texts] if isinstance(texts, str) else texts if isinstance(texts, list) else []
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, str):
                found.setdefault("", []).append(item)
            elif isinstance(item, dict):
                text = str(item.get("text") or item.get("query") or "")
                found.setdefault(str(item.get("source", "")), []).append(text)
    return {
        whole_characters(source): [whole_characters(text) for text in texts if isinstance(text, str)]
        for source, texts in found.items()
    }


Text = Annotated[str, BeforeValidator(_text)]
Queries = Annotated[dict[str, list[str]], BeforeValidator(_queries)]


class _Form(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)


class AnalystForm(_Form):
    """One analyst as a planner proposes it."""

    name: Text = Field(min_length=1)
    affiliation: Text = ""
    role: Text = Field(min_length=1)
    description: Text = ""

    def as_analyst(self, analyst_id: str) -> Analyst:
        """The analyst under this id."""
        return {
            "id": analyst_id,
            "name": self.name,
            "affiliation": self.affiliation,
            "role": self.role,
            "description": self.description or self.role,
        }


class Panel(_Form):
    """A new panel. `roles` are those of all its analysts, said first: whoever plans them all overlaps less."""

    roles: list[Text] = Field(default_factory=list)
    analysts: list[AnalystForm] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, value: Any) -> Any:
        """A list of analysts without the object around it."""
        return {"analysts": value} if isinstance(value, list) else value


class RevisedPanel(_Form):
    """A panel after feedback: the ids of those who stay as they are, and the new or changed analysts."""

    keep: list[str] = Field(default_factory=list)
    analysts: list[AnalystForm] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, value: Any) -> Any:
        return {"analysts": value} if isinstance(value, list) else value


class NextQuestion(_Form):
    """The next question of an interview with its queries, or the end of it."""

    reason: Text = ""
    done: bool = False
    question: Text = ""
    queries: Queries = Field(default_factory=dict)


def next_question_form(sources: Sequence[str]) -> type[NextQuestion]:
    """`NextQuestion` whose schema names each source, so that a model that fills in the form forgets none."""
    return _next_question_form(tuple(sources))


@lru_cache(maxsize=32)
def _next_question_form(sources: tuple[str, ...]) -> type[NextQuestion]:
    properties = {name: {"type": "array", "items": {"type": "string"}} for name in sources}
    schema = {"type": "object", "properties": properties, "required": list(sources), "additionalProperties": False}
    queries: Any = Annotated[Queries, WithJsonSchema(schema)]
    return create_model(
        "NextQuestion",
        __base__=NextQuestion,
        __doc__=NextQuestion.__doc__,
        queries=(queries, Field(default_factory=dict)),
    )


def json_schema(form: type[BaseModel]) -> dict[str, Any]:
    """A form's JSON schema as strict decoders want it: no references, everything required, nothing else allowed.

    Reading stays tolerant all the same: a server that ignores the schema is not a reason to lose a reply.
    """
    schema = form.model_json_schema()
    definitions = schema.pop("$defs", {})
    strict: dict[str, Any] = _strict(schema, definitions)
    return {"title": form.__name__, "description": schema.get("description", ""), **strict}


def plainly(asking: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """The same model with the same form; of OpenAI's, with the form where its client only passes it on.

    For a form that it knows of, the client imports seven hundred modules, which takes a second of the processor, and
    reads each reply a second time. Its other interface (Responses) calls a form otherwise, and is left as it is.
    """
    bound: dict[str, Any] = dict(getattr(asking, "kwargs", {}))
    model = getattr(asking, "bound", None)
    if "response_format" not in bound or getattr(model, "use_responses_api", True):
        return asking
    bound["extra_body"] = {"response_format": bound.pop("response_format")}
    return cast("Runnable[Any, Any]", cast("Any", asking).model_copy(update={"kwargs": bound}))


def _strict(node: Any, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_strict(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _strict(definitions[node["$ref"].rpartition("/")[2]], definitions)
    kept = {key: value for key, value in node.items() if key not in _NOT_STRICT}
    if "properties" in kept:
        properties = {name: _strict(value, definitions) for name, value in kept["properties"].items()}
        kept |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    return {
        key: value if key in {"properties", "required"} else _strict(value, definitions) for key, value in kept.items()
    }


# What strict decoders refuse, or what only costs tokens.
_NOT_STRICT: Final = {"title", "description", "default", "minLength", "minItems"}
