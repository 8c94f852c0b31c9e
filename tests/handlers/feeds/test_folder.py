"""The folder of feeds loads itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers import feeds


def test_every_file_of_the_folder_is_a_format_of_its_own_name() -> None:
    files = {file.stem for file in Path(feeds.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(feeds.names()) == files >= {"ecb", "jsonl", "pkdd99"}
    assert all(isinstance(feeds.load(name), feeds.Feed) for name in files)


def test_an_unknown_format_is_refused_with_the_list_of_those_there_are() -> None:
    with pytest.raises(feeds.UnknownFeedError, match=r"no feed format `camel`; there are: .*ecb, .*jsonl, .*pkdd99"):
        feeds.load("camel")
