/* The rows of a table, from a file of JSON lines.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

final class Rows {
    interface Taker {
        void take(Map<String, String> row);
    }

    private Rows() {
    }

    /** Calls back with the texts of each row's fields. */
    static void each(Path file, Taker taker) throws IOException {
        try (var lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                taker.take(row(Bytes.of(line)));
            }
        }
    }

    private static Map<String, String> row(byte[] line) throws IOException {
        Map<String, String> row = new HashMap<>();
        try (JsonParser p = Json.open(line)) {
            while (p.nextToken() != JsonToken.END_OBJECT) {
                String name = p.currentName();
                p.nextToken();
                row.put(name, p.getText());
            }
        } catch (Work.Rejected e) {
            throw new IOException(e);
        }
        return row;
    }
}
