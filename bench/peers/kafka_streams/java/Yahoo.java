/* The Yahoo streaming benchmark up to its join: views, ad_id and event_time of them, the campaign of the ad.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

final class Yahoo implements Work {
    private static final byte[] END = {'}'};

    static Supplier supplier(Path ads) throws IOException {
        Map<String, byte[]> campaigns = new HashMap<>();
        Rows.each(ads, row -> campaigns.put(row.get("ad_id"), Bytes.of("{\"campaign_id\":\"" + row.get("campaign_id")
            + "\",\"ad_id\":\"" + row.get("ad_id") + "\",\"event_time\":")));
        return () -> new Yahoo(campaigns);
    }

    /** By ad: the output up to event_time. */
    private final Map<String, byte[]> campaigns;
    private final Bytes out = new Bytes();

    private Yahoo(Map<String, byte[]> campaigns) {
        this.campaigns = campaigns;
    }

    @Override
    public byte[] apply(byte[] value) throws IOException, Rejected {
        String ad = null;
        boolean view = false;
        int start = 0, end = 0, fields = 0;
        JsonParser p = Json.open(value);
        for (String name = p.nextFieldName(); name != null; name = p.nextFieldName()) {
            p.nextToken();
            switch (name) {
                case "ad_id" -> {
                    ad = Json.string(p);
                    fields |= 1;
                }
                case "event_type" -> {
                    view = Json.string(p).equals("view");
                    fields |= 2;
                }
                case "event_time" -> {
                    Json.mustBeString(p);
                    start = Json.start(p);
                    end = Json.end(p);
                    fields |= 4;
                }
                case "user_id" -> fields |= Json.mustBeString(p) << 3;
                case "page_id" -> fields |= Json.mustBeString(p) << 4;
                case "ad_type" -> fields |= Json.mustBeString(p) << 5;
                case "ip_address" -> fields |= Json.mustBeString(p) << 6;
                default -> p.skipChildren();
            }
        }
        Json.close(p);
        if (fields != 0x7f) {
            throw new Rejected("a field is missing");
        }
        byte[] campaign = view ? campaigns.get(ad) : null;
        return campaign == null ? null : out.clear().put(campaign).put(value, start, end).put(END).take();
    }
}
