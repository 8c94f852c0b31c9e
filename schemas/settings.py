"""Settings of the services: defaults, then one TOML file, then the environment (`WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS=...`)."""

from __future__ import annotations

import os
import ssl
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, SecretStr, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings import SettingsError as SourceError

from schemas.environment import DELIMITER, complaint, variables
from schemas.managers import Channel
from schemas.message import CurrencyCode, Identifier
from schemas.rules import RuleSettings, Severity
from schemas.topics import Topic

PREFIX = "WEALTHWATCH_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"


class SettingsError(ValueError):
    """The settings cannot be used; the text is one line that names the setting and what it may be, and holds no value."""


class Section(BaseModel):
    """A table of the settings file; an unknown key is refused, since it is most likely misspelt."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Kafka(Section):
    """How to reach the brokers, and how topics are made."""

    bootstrap_servers: str = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    ssl_cafile: Path | None = None
    topic_prefix: str = "wealth."
    partitions: int = Field(8, ge=1, description="Of every topic that is spread by customer; it cannot change later")
    replication_factor: int = Field(1, ge=1)

    def topic(self, topic: Topic) -> str:
        """The topic's name on the broker."""
        return self.topic_prefix + topic.name

    def client(self) -> dict[str, Any]:
        """How a client of kafka-python or aiokafka connects: their keyword arguments have the same names."""
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap_servers, "security_protocol": self.security_protocol}
        if self.security_protocol.startswith("SASL"):
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password.get_secret_value() if self.sasl_password else None,
            }
        if self.security_protocol.endswith("SSL"):
            options["ssl_context"] = ssl.create_default_context(cafile=str(self.ssl_cafile) if self.ssl_cafile else None)
        return options


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError("is not a time zone of the IANA database, such as Asia/Shanghai") from None
    return name


class Tier(Section):
    """A class of customers by assets, with the amounts a rule takes from it."""

    name: str
    line: Decimal = Field(ge=0, decimal_places=4, description="AUM_avg(30) from which a customer belongs here")
    abs_floor: Decimal = Field(gt=0, decimal_places=4, description="Materiality floor of a single movement")


class Bank(Section):
    """The bank's own facts."""

    base_currency: CurrencyCode = "CNY"
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    country: str = Field("CN", description="ISO 3166 code: whose public holidays are no working days")
    opens_at: int = Field(9, ge=0, le=23)
    closes_at: int = Field(18, ge=1, le=24)
    tiers: tuple[Tier, ...] = (
        Tier(name="basic", line=Decimal(0), abs_floor=Decimal(50_000)),
        Tier(name="gold", line=Decimal(200_000), abs_floor=Decimal(100_000)),
        Tier(name="platinum", line=Decimal(2_000_000), abs_floor=Decimal(500_000)),
        Tier(name="private", line=Decimal(8_000_000), abs_floor=Decimal(1_000_000)),
    )

    tier_hysteresis: Decimal = Field(Decimal("0.05"), ge=0, lt=1, decimal_places=4, description="A tier is lost this share below its line")

    @model_validator(mode="after")
    def _rising(self) -> Bank:
        lines = [tier.line for tier in self.tiers]
        if not lines or lines[0] != 0 or lines != sorted(set(lines)):
            raise ValueError("tiers begin at a line of 0 and rise")
        if len({tier.name for tier in self.tiers}) < len(self.tiers):
            raise ValueError("each tier has a name of its own")
        if self.closes_at <= self.opens_at:
            raise ValueError("the bank opens before it closes")
        return self


class Fuse(Section):
    """When bad messages stop the worker, because then the fault is ours or the feed's, not the message's."""

    run: int = Field(1_000, ge=1, description="So many refused messages of one partition in a row")
    ratio: float = Field(0.5, gt=0, le=1, description="This share refused, of the last `window` messages of one partition")
    window: int = Field(10_000, ge=100)


class Door(Section):
    """Where a service answers `/metrics`, `/healthz` and `/readyz`; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65_535)


class Feed(Section):
    """When a feed is at work, and how long it may say nothing then; the alert FeedGap goes by it."""

    gap_minutes: int = Field(60, ge=1, description="So many minutes of its working hours without a movement are a gap")
    opens_at: int | None = Field(None, ge=0, le=23, description="Hour of the bank's time zone; the bank's own where it is not given")
    closes_at: int | None = Field(None, ge=1, le=24)
    every_day: bool = Field(False, description="Also on days on which the bank does not work")

    @model_validator(mode="after")
    def _opens_first(self) -> Feed:
        if self.opens_at is not None and self.closes_at is not None and self.closes_at <= self.opens_at:
            raise ValueError("a feed opens before it closes")
        return self


class Detector(Section):
    """The detector: one process of many that share the partitions."""

    application_id: str = "wealthwatch-detector"
    group_instance_id: str | None = Field(
        None,
        min_length=1,
        max_length=249,
        pattern=r"^[a-zA-Z0-9._-]+$",
        description="A lasting name of this worker alone: back within session_timeout_s it gets its partitions, and no other stops",
    )
    processing_guarantee: Literal["exactly_once", "at_least_once"] = "exactly_once"
    batch_records: int = Field(32_000, ge=1, description="Most movements in one transaction")
    batch_mib: int = Field(32, ge=1, description="Or as many as will write so many MiB of states, going by the one before")
    queue_records: int = Field(40_000, ge=1, description="Most movements of one partition that wait; then fetching pauses")
    queue_mib: int = Field(32, ge=1, description="Or so many MiB of them: what waits is bounded however large a movement is")
    session_timeout_s: float = Field(20.0, gt=0)
    heartbeat_interval_s: float = Field(3.0, gt=0)
    transaction_timeout_s: float = Field(60.0, gt=0)
    largest_movement_bytes: int = Field(262_144, ge=1_024)
    positions_every_s: float = Field(1.0, ge=0, description="A customer's position is published at most so often")
    offsets_every_s: float = Field(1.0, ge=0, description="Group offsets follow so often; truth is in the changelog")
    history_days: int = Field(400, ge=92, description="Dates of flows and closes kept for each customer")
    remembered_events: int = Field(512, ge=64, description="Event ids kept for each customer, against redelivery; 32 make room at once")
    tick_by_the_clock: bool = Field(True, description="Make a tick when an hour of the wall clock passes; off for a replay of the past")
    store: Literal["memory", "rocksdb"] = Field("memory", description="Where customers at rest are kept, beside the changelog")
    store_folder: Path | None = Field(None, description="Of a worker alone, for the store rocksdb; may be lost, and is then read anew")
    store_cache_mib: int = Field(1_024, ge=8, description="Memory of all partitions' RocksDB: blocks read, and what is not on disk yet")
    store_keep_minutes: float = Field(60.0, ge=0, description="A partition's folder is kept so long after the partition went elsewhere")
    live_customers: int = Field(200_000, ge=1, description="So many customers of a worker are kept as objects, shared by its partitions")
    standby_replicas: int = Field(0, ge=0, description="So many other workers keep each partition's states warm, to take it over at once")
    patience_s: float = Field(300.0, gt=0, description="A worker that has something to do and gets on with nothing for so long ends")
    rule_lead_s: float = Field(
        60.0,
        ge=4,
        description="`rules set` lets a version begin so long after now; a worker that could not read wealth.rules for half of it waits",
    )
    feeds: dict[str, Feed] = Field(default_factory=dict, description="By source: whose silence is watched")
    fuse: Fuse = Fuse()
    door: Door = Door(port=9101)

    @model_validator(mode="after")
    def _somewhere(self) -> Detector:
        if self.store == "rocksdb" and self.store_folder is None:
            raise ValueError("the store rocksdb needs a store_folder")
        return self


class Webhook(Section):
    """Where the webhook channel posts, signed after Standard Webhooks."""

    url: HttpUrl | None = None
    secret: SecretStr | None = Field(None, description="whsec_ and the base64 of at least 24 random bytes")
    timeout_s: float = Field(10.0, gt=0)
    ca_file: Path | None = None


class Restricted(Section):
    """The route of what the customer's manager must not see (`classification`); without a `manager_id` it is held."""

    manager_id: Identifier | None = Field(None, description="The desk that is told instead, such as the compliance officer's")
    channels: tuple[Channel, ...] = Field((Channel.WEBHOOK,), min_length=1, description="Never the inbox, which shows by customer")

    @model_validator(mode="after")
    def _apart(self) -> Restricted:
        if Channel.INBOX in self.channels:
            raise ValueError("the inbox shows what it is told to the customer's manager, so it is no channel for what is restricted")
        return self


class Notifier(Section):
    """The notifier: triage, journal, delivery."""

    group_id: str = "wealthwatch-notifier"
    session_timeout_s: float = Field(20.0, gt=0)
    heartbeat_interval_s: float = Field(3.0, gt=0)
    channels: tuple[Channel, ...] | None = Field(None, description="Instead of each manager's own, when given")
    cooldown_s: dict[Severity, float] = Field(
        {Severity.INFO: 86_400, Severity.NOTICE: 86_400, Severity.WARNING: 0, Severity.CRITICAL: 0},
        description="A second opening with the same dedup_key within this event time is held",
    )
    attempts: int = Field(8, ge=1, description="Tries of one delivery, backing off, before it is kept as undelivered")
    first_wait_s: float = Field(0.5, gt=0)
    longest_wait_s: float = Field(300.0, gt=0)
    webhook: Webhook = Webhook()
    restricted: Restricted = Restricted()
    door: Door = Door(port=9102)


class Inbox(Section):
    """The managers' web page and its read model."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65_535)
    database_url: str = "sqlite:///wealthwatch-inbox.sqlite"
    secure_cookie: bool = Field(False, description="Set when served over HTTPS")
    session_hours: float = Field(12.0, gt=0, description="A login ends after so long")
    idle_minutes: float = Field(60.0, gt=0, description="A login ends when nothing was done for so long")
    logins_per_minute: int = Field(10, ge=1)
    door: Door = Door(port=9103)


class Log(Section):
    """How services write their log to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


def _no_strange_key(table: Any) -> Any:
    # The messages of the topic ignore keys of a later version; in the file an unknown key is misspelt, or a threshold without its table.
    strange = sorted(set(table) - set(RuleSettings.model_fields)) if isinstance(table, dict) else []
    if strange:
        raise PydanticCustomError(
            "rule_key",
            "there is no key {key}, only {keys}; thresholds stand in parameters",
            {"key": strange[0], "keys": ", ".join(RuleSettings.model_fields)},
        )
    return table


class Settings(BaseSettings):
    """All settings of all services."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter=DELIMITER)
    _file: ClassVar[Path | None] = None

    kafka: Kafka = Kafka()
    bank: Bank = Bank()
    detector: Detector = Detector()
    notifier: Notifier = Notifier()
    inbox: Inbox = Inbox()
    log: Log = Log()
    rules: dict[str, Annotated[RuleSettings, BeforeValidator(_no_strange_key)]] = Field(
        default_factory=dict, description="By the rule's name, such as large_inflow"
    )

    @classmethod
    def load(cls, file: Path | None = None, **overrides: Any) -> Settings:
        """Read the settings; `file` is the TOML file, else the one that WEALTHWATCH_CONFIG names, else none.

        Raises:
            SettingsError: there is no such file, a key or an environment variable is unknown, or a value is wrong.
        """
        if wrong := complaint((name for name in os.environ if name.upper().startswith(PREFIX)), (CONFIG_VARIABLE, *variables(cls, PREFIX))):
            raise SettingsError(wrong)
        path = file or (Path(named) if (named := os.environ.get(CONFIG_VARIABLE)) else None)
        if path is not None and not path.is_file():
            raise SettingsError(f"no settings file at {path}")

        class FromFile(cls):  # type: ignore[valid-type,misc]
            _file = path

        try:
            loaded: Settings = FromFile(**overrides)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{path} is not TOML: {error}") from None
        except SourceError as error:
            raise SettingsError(f"{error}; the value of a whole section is JSON") from None
        except ValidationError as error:
            raise SettingsError(
                "; ".join(_what_is_wrong(cls, fault["loc"], fault["type"], fault["msg"]) for fault in error.errors())
            ) from None
        return loaded

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Overrides, then the environment, then the file."""
        sources: tuple[PydanticBaseSettingsSource, ...] = (init_settings, env_settings)
        return (*sources, TomlConfigSettingsSource(settings_cls, cls._file)) if cls._file else sources


def _what_is_wrong(model: type[BaseModel], place: tuple[int | str, ...], fault: str, message: str) -> str:
    """One fault in words, without the value, which may be a secret."""
    name = ".".join(map(str, place))
    if fault != "extra_forbidden":
        return f"setting {name}: {message[:1].lower()}{message[1:]}"
    for step in place[:-1]:
        field = model.model_fields.get(str(step))
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return f"setting {name}: there is no such key"
        model = field.annotation
    return f"setting {name}: there is no such key, only {', '.join(model.model_fields)}"
