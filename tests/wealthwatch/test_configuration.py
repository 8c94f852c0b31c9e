"""Settings handed to child processes."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from schemas.settings import Detector, Door, Kafka, Notifier, Settings, Webhook
from wealthwatch.configuration import environment_of


def test_a_child_reads_the_settings_its_parent_had(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        kafka=Kafka(bootstrap_servers="broker:1", sasl_password=SecretStr("s3cret")),
        detector=Detector(processing_guarantee="at_least_once", door=Door(port=7)),
        notifier=Notifier(webhook=Webhook.model_validate({"url": "https://crm.example/hook"})),
    )
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    assert Settings.load().model_dump() == settings.model_dump()


def test_defaults_need_no_variables() -> None:
    assert environment_of(Settings()) == {}
