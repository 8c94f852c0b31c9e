"""The JSON Schemas that are published."""

from __future__ import annotations

import json

from pydantic import BaseModel

from schemas.export import MESSAGES, documents
from schemas.topics import HOUSEHOLDS, STATES, TOPICS


def test_every_topic_but_the_detectors_own_has_a_document() -> None:
    singular = {"journal": "journal"}
    wanted = {
        singular.get(topic.name, topic.name.removesuffix("s").replace("-", "_")) for topic in TOPICS if topic not in (STATES, HOUSEHOLDS)
    }
    assert set(MESSAGES) == wanted


def test_a_document_names_itself_and_describes_every_field() -> None:
    for (file, document), (name, message) in zip(documents().items(), MESSAGES.items(), strict=True):
        assert document["$id"] == f"urn:wealthwatch:schema:{name}:1"
        assert file == f"{name}.v1.json"
        assert set(document["properties"]) == {field.alias or key for key, field in message.model_fields.items()}
        assert issubclass(message, BaseModel)


def test_documents_are_the_same_each_time() -> None:
    assert json.dumps(documents()) == json.dumps(documents())
