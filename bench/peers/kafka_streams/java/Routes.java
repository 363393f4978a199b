/* The table of distances as a hash map by route, each with what the model and the output want of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

final class Routes {
    /** Numbers of the model, and the values of the fields Distance and Route as they are written. */
    record Route(float distance, float originCode, float destCode, float routeCode, byte[] distanceText,
                 byte[] routeText) {
    }

    private final Map<String, Route> routes = new HashMap<>();

    Routes(Path file, Forest forest) throws IOException {
        Rows.each(file, row -> add(row, forest));
    }

    private void add(Map<String, String> row, Forest forest) {
        String origin = row.get("Origin"), dest = row.get("Dest"), name = origin + "-" + dest;
        double distance = Double.parseDouble(row.get("Distance"));
        routes.put(name, new Route((float) distance, forest.words("Origin").number(origin), forest.words("Dest").number(dest),
            forest.words("Route").number(name), Bytes.of(Double.toString(distance)), Bytes.of('"' + name + '"')));
    }

    /** null: not in the table. */
    Route get(String origin, String dest) {
        return routes.get(origin + "-" + dest);
    }
}
