/* A bid of Nexmark: its numbers, and where its fields stand in the record.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;

final class Bid {
    static final int AUCTION = 0, BIDDER = 1, PRICE = 2, DATE_TIME = 3, EXTRA = 4;
    private static final int CHANNEL = 5, URL = 6, FIELDS = 7;

    byte[] record;
    long auction;
    double price; // where asked for
    private final int[] start = new int[FIELDS], end = new int[FIELDS];
    private final boolean withPrice;
    private int seen;

    Bid(boolean withPrice) {
        this.withPrice = withPrice;
    }

    void read(byte[] value) throws IOException, Work.Rejected {
        record = value;
        seen = 0;
        JsonParser p = Json.open(value);
        for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
            p.nextToken();
            switch (name) {
                case "auction" -> {
                    auction = Json.integer(p);
                    note(p, AUCTION);
                }
                case "bidder" -> {
                    Json.integer(p);
                    note(p, BIDDER);
                }
                case "price" -> {
                    if (withPrice) {
                        price = Json.number(p);
                    } else {
                        Json.integer(p);
                    }
                    note(p, PRICE);
                }
                case "dateTime" -> string(p, DATE_TIME);
                case "extra" -> string(p, EXTRA);
                case "channel" -> seen |= Json.mustBeString(p) << CHANNEL;
                case "url" -> seen |= Json.mustBeString(p) << URL;
                default -> p.skipChildren();
            }
        }
        Json.close(p);
        if (seen != (1 << FIELDS) - 1) {
            throw new Work.Rejected("a field is missing");
        }
    }

    private void string(JsonParser p, int field) throws IOException, Work.Rejected {
        Json.mustBeString(p);
        note(p, field);
    }

    private void note(JsonParser p, int field) throws IOException {
        start[field] = Json.start(p);
        end[field] = Json.end(p);
        seen |= 1 << field;
    }

    /** Adds the value of a field as it stands in the record. */
    Bytes put(Bytes out, int field) {
        return out.put(record, start[field], end[field]);
    }
}
