import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Currency;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The peer on the JVM: decodes and validates each movement by the contract, keeps a balance for each customer with a changelog, tells
 * large external credits. Both cores (two stream threads). Configured by environment.
 */
public final class SameJob {
    private static final Map<String, String> ENV = System.getenv();
    private static final ObjectReader READER =
            JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build().readerFor(Movement.class);
    private static final ObjectWriter WRITER = JsonMapper.builder().build().writerFor(Notification.class);
    private static final long FLOOR = units(new BigDecimal(ENV.get("BENCH_FLOOR")));
    private static final long PCT = Long.parseLong(ENV.get("BENCH_PERCENT"));
    private static final Set<String> EXTERNAL = Set.of(ENV.get("BENCH_EXTERNAL").split(","));

    public static void main(String[] arguments) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, ENV.get("BENCH_APP"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, ENV.get("BENCH_BOOTSTRAP"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, ENV.get("BENCH_FOLDER"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, ENV.get("BENCH_GUARANTEE"));
        if (StreamsConfig.AT_LEAST_ONCE.equals(ENV.get("BENCH_GUARANTEE"))) {
            // The default of 30 s would commit nothing within a run. Exactly once keeps its default of 100 ms.
            settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);
        }
        // The record cache holds every customer: a changed balance goes to the changelog once a commit, not once a movement.
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64 << 20);
        // Larger batches and a linger, as Confluent recommends for throughput; 100 ms is Streams' own default.
        settings.put(StreamsConfig.producerPrefix("batch.size"), 128 << 10);
        settings.put(StreamsConfig.producerPrefix("linger.ms"), ENV.get("BENCH_LINGER_MS"));
        KafkaStreams streams = new KafkaStreams(topology(), settings);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Topology topology() {
        // In memory, like the stores of wealthwatch: a little faster than RocksDB, the default.
        var balances = Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("balances"), Serdes.String(), Serdes.Long());
        Topology topology = new Topology();
        topology.addSource("movements", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(), ENV.get("BENCH_TOPIC"));
        topology.addProcessor("large-inflow", LargeInflow::new, "movements");
        topology.addStateStore(balances.withCachingEnabled().withLoggingEnabled(Map.of()), "large-inflow");
        topology.addSink(
                "notifications", ENV.get("BENCH_OUTPUT"), Serdes.String().serializer(), Serdes.ByteArray().serializer(), "large-inflow");
        return topology;
    }

    /** Ten-thousandths of the currency's unit, exact. */
    private static long units(BigDecimal amount) {
        return amount.scaleByPowerOfTen(4).longValueExact();
    }

    /** R01: one external credit of at least max(floor, percent of the balance before it). */
    private static final class LargeInflow implements Processor<String, byte[], String, byte[]> {
        private ProcessorContext<String, byte[]> context;
        private KeyValueStore<String, Long> balances;

        @Override
        public void init(ProcessorContext<String, byte[]> given) {
            context = given;
            balances = given.getStateStore("balances");
        }

        @Override
        public void process(Record<String, byte[]> record) {
            Movement movement;
            try {
                movement = READER.readValue(record.value());
                movement.validate();
            } catch (IOException | RuntimeException refused) {
                System.err.println("refused: " + refused.getMessage());
                return;
            }
            Long kept = balances.get(movement.customerId);
            long amount = units(new BigDecimal(movement.amount));
            boolean credit = movement.direction.equals("credit");
            long change = credit ? amount : -amount;
            long before = kept != null ? kept : movement.balanceAfter != null ? units(new BigDecimal(movement.balanceAfter)) - change : 0;
            balances.put(movement.customerId, Math.addExact(before, change));
            long gate = Math.max(FLOOR, Math.multiplyExact(before, PCT) / 100);
            if (credit && amount >= gate && EXTERNAL.contains(movement.kind)) {
                var told = new Notification("large_inflow", movement.customerId, movement.eventId, movement.amount,
                        BigDecimal.valueOf(gate, 4).toPlainString(), BigDecimal.valueOf(before, 4).toPlainString(),
                        movement.occurredAt, Instant.ofEpochMilli(record.timestamp()).toString());
                try {
                    context.forward(record.withKey(movement.customerId).withValue(WRITER.writeValueAsBytes(told)));
                } catch (IOException impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
        }
    }

    @JsonNaming(SnakeCaseStrategy.class)
    record Notification(String rule, String customerId, String eventId, String measured, String threshold, String aumBefore,
            String occurredAt, String detectedAt) {}

    @JsonNaming(SnakeCaseStrategy.class)
    record Counterparty(String name, String bank, String account, String customerId) {}

    @JsonNaming(SnakeCaseStrategy.class)
    record Reverses(String eventId, String occurredAt, String kind) {}

    /** The contract of an account movement, field for field. */
    @JsonNaming(SnakeCaseStrategy.class)
    record Movement(int schemaVersion, String eventId, String source, String accountId, String customerId,
            String branch, String assetClass, String kind, String direction, String amount, String currency, String balanceAfter,
            String product, String instrument, String quantity, String issuer, Integer riskScore, String maturityDate, Integer overdueDays,
            String occurredAt, String bookedOn, String valueDate, String bankTransactionCode, Counterparty counterparty, String channel,
            Reverses reverses, boolean snapshot) {
        private static final Pattern IDENTIFIER = Pattern.compile("[^\\x00-\\x1f\\x7f]{1,128}");
        private static final Pattern AMOUNT = Pattern.compile("(0|[1-9][0-9]{0,13})(\\.[0-9]{1,4})?");
        private static final Pattern SIGNED = Pattern.compile("-?(0|[1-9][0-9]{0,13})(\\.[0-9]{1,4})?");
        private static final Pattern QUANTITY = Pattern.compile("-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,8})?");
        private static final Set<String> CURRENCIES =
                Currency.getAvailableCurrencies().stream().map(Currency::getCurrencyCode).collect(Collectors.toUnmodifiableSet());
        private static final Set<String> DIRECTIONS = Set.of("credit", "debit");
        private static final Set<String> KINDS = Set.of(ENV.get("BENCH_KINDS").split(","));
        private static final Set<String> ASSET_CLASSES = Set.of(ENV.get("BENCH_ASSET_CLASSES").split(","));

        void validate() {
            hold(schemaVersion == 1, "schema_version");
            for (String identifier : List.of(eventId, source, accountId, customerId)) {
                hold(IDENTIFIER.matcher(identifier).matches(), "identifier");
            }
            hold(ASSET_CLASSES.contains(assetClass), "asset_class");
            hold(KINDS.contains(kind), "kind");
            hold(DIRECTIONS.contains(direction), "direction");
            hold(AMOUNT.matcher(amount).matches() && new BigDecimal(amount).signum() > 0, "amount");
            hold(CURRENCIES.contains(currency), "currency");
            hold(balanceAfter == null || SIGNED.matcher(balanceAfter).matches(), "balance_after");
            hold(quantity == null || QUANTITY.matcher(quantity).matches(), "quantity");
            hold(riskScore == null || (1 <= riskScore && riskScore <= 5), "risk_score");
            hold(overdueDays == null || (0 <= overdueDays && overdueDays <= 36_600), "overdue_days");
            texts(branch, product, instrument, issuer, bankTransactionCode, channel);
            moment(occurredAt);
            dates(maturityDate, bookedOn, valueDate);
            if (counterparty != null) {
                texts(counterparty.name, counterparty.bank, counterparty.account);
                hold(counterparty.customerId == null || IDENTIFIER.matcher(counterparty.customerId).matches(), "customer_id");
            }
            hold(kind.equals("reversal") == (reverses != null), "reverses");
            if (reverses != null) {
                hold(IDENTIFIER.matcher(reverses.eventId).matches() && KINDS.contains(reverses.kind), "reverses");
                moment(reverses.occurredAt);
            }
            hold(!kind.equals("valuation") || balanceAfter != null, "balance_after");
        }

        private static void moment(String text) {
            int year = OffsetDateTime.parse(text).getYear();
            hold(1900 <= year && year < 2200, "occurred_at");
        }

        private static void dates(String... all) {
            for (String text : all) {
                if (text != null) {
                    LocalDate.parse(text);
                }
            }
        }

        private static void texts(String... all) {
            for (String text : all) {
                hold(text == null || text.length() <= 512, "text");
            }
        }

        private static void hold(boolean holds, String field) {
            if (!holds) {
                throw new IllegalArgumentException(field);
            }
        }
    }
}
