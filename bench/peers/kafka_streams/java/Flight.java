/* The flight-delay pipeline: the request goes out as it came, with its features, distance and prediction in it.
 *
 * One pass of Jackson's parser takes the fields that are needed and notes where those stand that are to be written
 * anew; the other bytes are copied. That is cheaper than to write the record anew by a generator.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;

final class Flight implements Work {
    /* Fields written, in the order in which they are appended where the request has none. */
    private static final int DAY_OF_YEAR = 0, DAY_OF_MONTH = 1, DAY_OF_WEEK = 2, DISTANCE = 3, ROUTE = 4,
        PREDICTION = 5, FIELDS = 6;
    private static final String[] NAMES =
        {"DayOfYear", "DayOfMonth", "DayOfWeek", "Distance", "Route", "Prediction"};
    private static final byte[][] APPENDED = new byte[FIELDS][], SMALL_INTS = new byte[367][];
    private static final List<String> FEATURES =
        List.of("DepDelay", "Distance", "DayOfMonth", "DayOfWeek", "DayOfYear", "Carrier", "Origin", "Dest", "Route");
    private static final byte[] END = {'}'};

    static {
        Arrays.setAll(APPENDED, field -> Bytes.of(",\"" + NAMES[field] + "\":"));
        Arrays.setAll(SMALL_INTS, number -> Bytes.of(Integer.toString(number)));
    }

    /** The tables of all tasks. */
    static Supplier supplier(Path model, Path distances) throws IOException {
        Forest forest = new Forest(model);
        if (!List.of(forest.features).equals(FEATURES)) {
            throw new IOException(model + " has other features than " + FEATURES);
        }
        Routes routes = new Routes(distances, forest);
        return () -> new Flight(forest, routes);
    }

    private final Forest forest;
    private final Forest.Words carriers;
    private final Routes routes;
    private final Bytes out = new Bytes();
    private final float[] x = new float[FEATURES.size()];
    private final byte[][] written = new byte[FIELDS][];
    private final int[] seen = new int[FIELDS], start = new int[FIELDS], end = new int[FIELDS];
    private int nSeen, seenSet;
    private String origin, dest, carrier, uuid;
    private LocalDate date;
    private double depDelay;
    private boolean hasDelay;

    private Flight(Forest forest, Routes routes) {
        this.forest = forest;
        this.carriers = forest.words("Carrier");
        this.routes = routes;
    }

    @Override
    public byte[] apply(byte[] value) throws IOException, Rejected {
        int close = read(value);
        if (uuid == null || origin == null || dest == null || carrier == null || date == null || !hasDelay) {
            throw new Rejected("a field is missing");
        }
        Routes.Route route = routes.get(origin, dest);
        if (route == null) {
            throw new Rejected("no distance");
        }
        int dayOfYear = date.getDayOfYear(), dayOfMonth = date.getDayOfMonth(), dayOfWeek = date.getDayOfWeek().getValue();
        x[0] = (float) depDelay;
        x[1] = route.distance();
        x[2] = dayOfMonth;
        x[3] = dayOfWeek;
        x[4] = dayOfYear;
        x[5] = carriers.number(carrier);
        x[6] = route.originCode();
        x[7] = route.destCode();
        x[8] = route.routeCode();
        written[DAY_OF_YEAR] = SMALL_INTS[dayOfYear];
        written[DAY_OF_MONTH] = SMALL_INTS[dayOfMonth];
        written[DAY_OF_WEEK] = SMALL_INTS[dayOfWeek];
        written[DISTANCE] = route.distanceText();
        written[ROUTE] = route.routeText();
        written[PREDICTION] = SMALL_INTS[forest.classify(x)];
        return write(value, close);
    }

    /** Takes the fields; returns where the object's last brace is. */
    private int read(byte[] value) throws IOException, Rejected {
        nSeen = seenSet = 0;
        origin = dest = carrier = uuid = null;
        date = null;
        hasDelay = false;
        JsonParser p = Json.open(value);
        for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
            p.nextToken();
            field(p, name);
        }
        int close = Json.start(p);
        Json.close(p);
        return close;
    }

    private void field(JsonParser p, String name) throws IOException, Rejected {
        switch (name) {
            case "UUID" -> uuid = Json.string(p);
            case "Origin" -> origin = Json.string(p);
            case "Dest" -> dest = Json.string(p);
            case "Carrier" -> carrier = Json.string(p);
            case "FlightDate" -> date = date(p);
            case "DepDelay" -> {
                depDelay = Json.number(p);
                hasDelay = true;
            }
            case "DayOfYear" -> note(p, DAY_OF_YEAR);
            case "DayOfMonth" -> note(p, DAY_OF_MONTH);
            case "DayOfWeek" -> note(p, DAY_OF_WEEK);
            case "Distance" -> note(p, DISTANCE);
            case "Route" -> note(p, ROUTE);
            case "Prediction" -> note(p, PREDICTION);
            default -> p.skipChildren();
        }
    }

    private void note(JsonParser p, int field) throws IOException, Rejected {
        if (p.currentToken() == JsonToken.START_OBJECT || p.currentToken() == JsonToken.START_ARRAY
            || (seenSet >> field & 1) != 0) {
            throw new Rejected("not one plain value");
        }
        seenSet |= 1 << field;
        seen[nSeen] = field;
        start[nSeen] = Json.start(p);
        end[nSeen] = Json.end(p);
        nSeen++;
    }

    /** YYYY-MM-DD */
    private static LocalDate date(JsonParser p) throws IOException, Rejected {
        if (p.currentToken() != JsonToken.VALUE_STRING || p.getTextLength() != 10) {
            throw new Rejected("not a date");
        }
        char[] text = p.getTextCharacters();
        int at = p.getTextOffset();
        if (text[at + 4] != '-' || text[at + 7] != '-') {
            throw new Rejected("not a date");
        }
        try {
            return LocalDate.of(digits(text, at, 4), digits(text, at + 5, 2), digits(text, at + 8, 2));
        } catch (DateTimeException e) {
            throw new Rejected("not a date");
        }
    }

    private static int digits(char[] text, int at, int n) throws Rejected {
        int number = 0;
        for (int i = at; i < at + n; i++) {
            if (text[i] < '0' || text[i] > '9') {
                throw new Rejected("not a date");
            }
            number = number * 10 + text[i] - '0';
        }
        return number;
    }

    private byte[] write(byte[] value, int close) {
        int from = 0;
        out.clear();
        for (int i = 0; i < nSeen; i++) {
            out.put(value, from, start[i]).put(written[seen[i]]);
            from = end[i];
        }
        out.put(value, from, close);
        for (int field = 0; field < FIELDS; field++) {
            if ((seenSet >> field & 1) == 0) {
                out.put(APPENDED[field]).put(written[field]);
            }
        }
        return out.put(END).take();
    }
}
