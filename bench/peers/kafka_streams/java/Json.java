/* Jackson's streaming parser over one record, and where in the bytes a value stands.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;

final class Json {
    private static final JsonFactory FACTORY =
        JsonFactory.builder().enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();

    private Json() {
    }

    /** A parser inside the record's object. */
    static JsonParser open(byte[] value) throws IOException, Work.Rejected {
        if (value == null) {
            throw new Work.Rejected("no value");
        }
        JsonParser p = FACTORY.createParser(value, 0, value.length);
        if (p.nextToken() != JsonToken.START_OBJECT) {
            throw new Work.Rejected("not an object");
        }
        return p;
    }

    /** After the object there must be nothing. */
    static void close(JsonParser p) throws IOException, Work.Rejected {
        if (p.nextToken() != null) {
            throw new Work.Rejected("more than an object");
        }
        p.close();
    }

    static String string(JsonParser p) throws IOException, Work.Rejected {
        if (p.currentToken() != JsonToken.VALUE_STRING) {
            throw new Work.Rejected("not a string");
        }
        return p.getText();
    }

    /** 1, for the set of the fields seen; the text is checked and not kept. */
    static int mustBeString(JsonParser p) throws IOException, Work.Rejected {
        if (p.currentToken() != JsonToken.VALUE_STRING) {
            throw new Work.Rejected("not a string");
        }
        return 1;
    }

    static long integer(JsonParser p) throws IOException, Work.Rejected {
        if (p.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw new Work.Rejected("not an integer");
        }
        return p.getLongValue();
    }

    static double number(JsonParser p) throws IOException, Work.Rejected {
        if (!p.currentToken().isNumeric()) {
            throw new Work.Rejected("not a number");
        }
        return p.getDoubleValue();
    }

    /** Where the current value begins in the record. */
    static int start(JsonParser p) {
        return (int) p.currentTokenLocation().getByteOffset();
    }

    /** Where the current value, which is read to its end here, ends. */
    static int end(JsonParser p) throws IOException {
        p.finishToken();
        return (int) p.currentLocation().getByteOffset();
    }
}
