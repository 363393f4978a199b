/* A Work as a processor of Kafka Streams: what it makes goes to the sink, what it rejects to the dead letters.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import java.io.IOException;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

final class WorkProcessor implements Processor<byte[], byte[], byte[], byte[]> {
    static final String OUT = "out", DEAD_LETTERS = "dead_letters";

    private final Work work;
    private ProcessorContext<byte[], byte[]> context;

    WorkProcessor(Work work) {
        this.work = work;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        try {
            byte[] made = work.apply(record.value());
            if (made != null) {
                context.forward(record.withValue(made), OUT);
            }
        } catch (IOException | Work.Rejected e) {
            context.forward(record, DEAD_LETTERS);
        }
    }
}
