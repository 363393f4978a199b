/* A growing array of bytes for one record after the other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

final class Bytes {
    private byte[] at = new byte[1024];
    private int length;

    static byte[] of(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    Bytes clear() {
        length = 0;
        return this;
    }

    Bytes put(byte[] from, int start, int end) {
        int n = end - start;
        if (n > at.length - length) {
            at = Arrays.copyOf(at, Math.max(2 * at.length, length + n));
        }
        System.arraycopy(from, start, at, length, n);
        length += n;
        return this;
    }

    Bytes put(byte[] from) {
        return put(from, 0, from.length);
    }

    byte[] take() {
        return Arrays.copyOf(at, length);
    }
}
