/* The workloads of the benches on Kafka Streams.
 *
 *   java Peer WORKLOAD BOOTSTRAP IN OUT GROUP PROFILE THREADS DEAD_LETTERS [TABLE [MODEL]]
 *
 * PROFILE is throughput, or the linger of the producer in ms for a latency profile. Runs until SIGTERM.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

public final class Peer {
    private Peer() {
    }

    /** Defaults, but for what is set here; peer.py states them in the results. */
    private static Properties settings(String bootstrap, String group, String profile, String threads) {
        Properties p = new Properties();
        p.put(StreamsConfig.APPLICATION_ID_CONFIG, group);
        p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
        p.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv().getOrDefault("TMPDIR", System.getProperty("java.io.tmpdir")));
        p.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        p.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10000);
        p.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 8 << 20);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
        p.put(StreamsConfig.producerPrefix(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG), true);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        p.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), profile.equals("throughput") ? "20" : profile);
        return p;
    }

    private static Work.Supplier work(String workload, String[] files) throws IOException {
        return switch (workload) {
            case "pass" -> null;
            case "yahoo" -> Yahoo.supplier(Path.of(files[0]));
            case "nexmark_q0", "nexmark_q1", "nexmark_q2" -> Nexmark.supplier(workload, null);
            case "nexmark_q13" -> Nexmark.supplier(workload, Path.of(files[0]));
            default -> Flight.supplier(Path.of(files[1]), Path.of(files[0]));
        };
    }

    private static Topology topology(Work.Supplier work, String in, String out, String deadLetters) {
        var bytesIn = new ByteArrayDeserializer();
        var bytesOut = new ByteArraySerializer();
        Topology topology = new Topology().addSource("in", bytesIn, bytesIn, in);
        if (work == null) {
            return topology.addSink(WorkProcessor.OUT, out, bytesOut, bytesOut, "in");
        }
        return topology.addProcessor("work", () -> new WorkProcessor(work.get()), "in")
            .addSink(WorkProcessor.OUT, out, bytesOut, bytesOut, "work")
            .addSink(WorkProcessor.DEAD_LETTERS, deadLetters, bytesOut, bytesOut, "work");
    }

    public static void main(String[] args) throws IOException {
        Work.Supplier work = work(args[0], java.util.Arrays.copyOfRange(args, 8, args.length));
        KafkaStreams streams = new KafkaStreams(topology(work, args[2], args[3], args[7]),
            settings(args[1], args[4], args[5], args[6]));
        streams.setUncaughtExceptionHandler(e -> {
            e.printStackTrace();
            Runtime.getRuntime().halt(1); // a run that has failed gives no figures
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
        streams.start();
    }
}
