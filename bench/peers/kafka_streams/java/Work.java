/* What is done with a record between its two topics. One per task; only its stream thread calls it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import java.io.IOException;

interface Work {
    /** The value to put out; null: none. A record that cannot be worked on: Rejected, or what Jackson throws. */
    byte[] apply(byte[] value) throws IOException, Rejected;

    /** Makes one per task, over the same tables. */
    interface Supplier {
        Work get();
    }

    /** A record for the dead letters. Without a stack trace, which would cost more than the record. */
    final class Rejected extends Exception {
        private static final long serialVersionUID = 1;

        Rejected(String reason) {
            super(reason, null, false, false);
        }
    }
}
