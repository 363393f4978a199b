/* Nexmark q0 (pass through), q1 (currency), q2 (selection) and q13 (side input) over bids. Fields are copied as they
 * stand in the record, which is cheaper than to write them anew.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import com.fasterxml.jackson.core.io.NumberOutput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

final class Nexmark implements Work {
    private static final byte[] AUCTION = Bytes.of("{\"auction\":"), BIDDER = Bytes.of(",\"bidder\":"),
        PRICE = Bytes.of(",\"price\":"), DATE_TIME = Bytes.of(",\"dateTime\":"), EXTRA = Bytes.of(",\"extra\":"),
        VALUE = Bytes.of(",\"value\":"), END = {'}'};
    private static final long SIDE_ROWS = 10000;

    private interface Query {
        /** false: the bid is dropped. */
        boolean write(Bid bid, Bytes out);
    }

    static Supplier supplier(String query, Path sideInput) throws IOException {
        Query of = switch (query) {
            case "nexmark_q0" -> Nexmark::passThrough;
            case "nexmark_q1" -> Nexmark::currency;
            case "nexmark_q2" -> Nexmark::selection;
            case "nexmark_q13" -> sideInput(sideInput);
            default -> throw new IllegalArgumentException(query);
        };
        return () -> new Nexmark(of, query.equals("nexmark_q1"));
    }

    private final Query query;
    private final Bid bid;
    private final Bytes out = new Bytes();

    private Nexmark(Query query, boolean withPrice) {
        this.query = query;
        this.bid = new Bid(withPrice);
    }

    @Override
    public byte[] apply(byte[] value) throws IOException, Rejected {
        bid.read(value);
        out.clear();
        return query.write(bid, out) ? out.put(END).take() : null;
    }

    private static void ids(Bid bid, Bytes out) {
        bid.put(out.put(AUCTION), Bid.AUCTION);
        bid.put(out.put(BIDDER), Bid.BIDDER);
    }

    private static boolean passThrough(Bid bid, Bytes out) {
        ids(bid, out);
        bid.put(out.put(PRICE), Bid.PRICE);
        bid.put(out.put(DATE_TIME), Bid.DATE_TIME);
        bid.put(out.put(EXTRA), Bid.EXTRA);
        return true;
    }

    private static boolean currency(Bid bid, Bytes out) {
        ids(bid, out);
        out.put(PRICE).put(Bytes.of(NumberOutput.toString(0.908 * bid.price, true)));
        bid.put(out.put(DATE_TIME), Bid.DATE_TIME);
        bid.put(out.put(EXTRA), Bid.EXTRA);
        return true;
    }

    private static boolean selection(Bid bid, Bytes out) {
        if (bid.auction % 123 != 0) {
            return false;
        }
        bid.put(out.put(AUCTION), Bid.AUCTION);
        bid.put(out.put(PRICE), Bid.PRICE);
        return true;
    }

    private static Query sideInput(Path file) throws IOException {
        Map<Long, byte[]> side = new HashMap<>();
        Rows.each(file, row -> side.put(Long.parseLong(row.get("key")), Bytes.of('"' + row.get("value") + '"')));
        return (bid, out) -> {
            byte[] value = side.get(bid.auction % SIDE_ROWS);
            if (value == null) {
                return false;
            }
            ids(bid, out);
            bid.put(out.put(PRICE), Bid.PRICE);
            bid.put(out.put(DATE_TIME), Bid.DATE_TIME);
            out.put(VALUE).put(value);
            return true;
        };
    }
}
