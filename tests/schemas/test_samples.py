"""The contract over time: what an older version wrote is read by the newest one.

`samples/v1` holds messages as some version wrote them. A file there is never changed; a field that is new gets a sample beside them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from schemas.export import MESSAGES
from schemas.message import SCHEMA_VERSION

SAMPLES = sorted((Path(__file__).parent / "samples").glob("v*/*.json"))


def message_of(sample: Path) -> type[BaseModel]:
    return MESSAGES[sample.name.partition(".")[0]]


def read(sample: Path) -> BaseModel:
    return message_of(sample).model_validate_json(sample.read_bytes())


def with_unknown_keys(value: Any, path: str = "") -> Any:
    """The same JSON with something of a later minor version in every object whose keys are the contract's."""
    if isinstance(value, list):
        return [with_unknown_keys(inner, path) for inner in value]
    if not isinstance(value, dict):
        return value
    found = {name: with_unknown_keys(inner, name if not path else f"{path}.{name}") for name, inner in value.items()}
    return found if path.startswith(FREE) else {**found, "a_key_of_the_future": [1, {"x": None}]}


FREE = ("allocation", "target_allocation", "evidence.allocation", "evidence.facts", "parameters", "by_")
"""Dictionaries whose keys are not the contract's."""


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_an_older_message_is_read_and_nothing_of_it_is_lost(sample: Path) -> None:
    assert json.loads(read(sample).model_dump_json(exclude_unset=True)) == json.loads(sample.read_bytes())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_what_is_written_is_read_to_the_same(sample: Path) -> None:
    one = read(sample)
    for text in (one.model_dump_json(), one.model_dump_json(exclude_none=True), one.model_dump_json(exclude_defaults=False)):
        assert message_of(sample).model_validate_json(text) == one


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_keys_of_a_later_minor_version_are_ignored_at_every_depth(sample: Path) -> None:
    later = json.dumps(with_unknown_keys(json.loads(sample.read_bytes())))
    assert "a_key_of_the_future" in later
    assert message_of(sample).model_validate_json(later) == read(sample)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_another_major_version_is_refused(sample: Path) -> None:
    if "schema_version" in message_of(sample).model_fields:
        with pytest.raises(ValidationError, match="schema_version"):
            message_of(sample).model_validate({**json.loads(sample.read_bytes()), "schema_version": SCHEMA_VERSION + 1})


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_message_never_changes(sample: Path) -> None:
    one = read(sample)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(one, next(iter(type(one).model_fields)), "x")


@pytest.mark.parametrize("name", MESSAGES)
def test_every_field_of_every_message_stands_in_a_sample(name: str) -> None:
    sampled = {key for sample in SAMPLES if sample.name.partition(".")[0] == name for key in json.loads(sample.read_bytes())}
    assert sampled == {field.alias or key for key, field in MESSAGES[name].model_fields.items()}


def test_every_sample_is_of_a_message() -> None:
    assert {sample.name.partition(".")[0] for sample in SAMPLES} == set(MESSAGES)
    assert {sample.parent.name for sample in SAMPLES} == {f"v{SCHEMA_VERSION}"}
