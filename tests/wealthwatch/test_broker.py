"""The embedded broker, started and ended for real."""

from __future__ import annotations

from pathlib import Path

import pytest

from wealthwatch.broker import answers, embedded_broker, free_port
from wealthwatch.refusal import Refusal


def test_the_broker_answers_while_it_is_used_and_not_after(tmp_path: Path) -> None:
    with embedded_broker(tmp_path) as address:
        host, port = address.split(":")
        assert host == "127.0.0.1"
        assert answers(host, int(port))
    assert not answers(host, int(port))


def test_a_wheel_without_the_program_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "nothing"))
    with pytest.raises(Refusal, match=r"no program for this platform.*Kafka of your own"), embedded_broker(tmp_path):
        pass


def test_what_does_not_speak_kafka_is_no_broker() -> None:
    assert not answers("127.0.0.1", free_port())
