"""The brokers of the tests: the embedded one, and Apache Kafka."""
