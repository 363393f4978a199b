/* The decoder and the encoder beside jansson, a DOM parser, on generated and mutated text.
 *
 * Where the two may differ: jansson refuses numbers beyond its types even where nobody reads them,
 * and names that hold NUL; and of a name that comes twice we check every occurrence, a DOM only the
 * last. Such texts are not compared.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hr_test.h"
#include "codec/base64.h"
#include "codec/json_walk.h"
#include "codec_rig.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define NULLABLE(type) "[\"null\"," type "]"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"

static const char schema[] =
    "{\"type\":\"record\",\"name\":\"Top\",\"fields\":[" FIELD("i", "\"int\"") "," FIELD("l", NULLABLE("\"long\"")) "," FIELD("d", NULLABLE("\"double\"")) "," FIELD("b", NULLABLE("\"boolean\"")) "," FIELD(
        "s",
        NULLABLE(
            "\"string\"")) "," FIELD("y",
                                     NULLABLE(
                                         "\"bytes\"")) "," FIELD("e",
                                                                 NULLABLE(
                                                                     "{\"type\":\"enum\",\"name\":"
                                                                     "\"E\",\"symbols\":[\"A\","
                                                                     "\"BC\"]}")) "," FIELD("list",
                                                                                            NULLABLE(
                                                                                                "{"
                                                                                                "\""
                                                                                                "ty"
                                                                                                "pe"
                                                                                                "\""
                                                                                                ":"
                                                                                                "\""
                                                                                                "ar"
                                                                                                "ra"
                                                                                                "y"
                                                                                                "\""
                                                                                                ","
                                                                                                "\""
                                                                                                "it"
                                                                                                "em"
                                                                                                "s"
                                                                                                "\""
                                                                                                ":"
                                                                                                "\""
                                                                                                "in"
                                                                                                "t"
                                                                                                "\""
                                                                                                "}")) "," FIELD("map",
                                                                                                                NULLABLE(
                                                                                                                    "{\"t"
                                                                                                                    "ype"
                                                                                                                    "\":"
                                                                                                                    "\"ma"
                                                                                                                    "p\","
                                                                                                                    "\"va"
                                                                                                                    "lues"
                                                                                                                    "\":"
                                                                                                                    "\"do"
                                                                                                                    "uble"
                                                                                                                    "\""
                                                                                                                    "}")) "," FIELD("r",
                                                                                                                                    NULLABLE("{\"type\":\"record\",\"name\":\"R\",\"fields\":[" FIELD(
                                                                                                                                        "x",
                                                                                                                                        "\"long\"") "," FIELD("y",
                                                                                                                                                              NULLABLE(
                                                                                                                                                                  "\"string\"")) "]}")) "]}";

static const char *const names[] = {"i", "l",    "d",   "b", "s",  "y",
                                    "e", "list", "map", "r", "zz", "made"};
enum { NAMES = sizeof names / sizeof names[0] };

static const char *const paths[] = {"i", "l",    "d",   "b", "s",   "y",
                                    "e", "list", "map", "r", "r.x", "r.y"};
enum { PATHS = sizeof paths / sizeof paths[0] };

static uint64_t seed = 0x9E3779B97F4A7C15u;

static uint64_t
roll(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % below;
}

static void
put(hr_buf *text, const char *part)
{
    assert_int_equal(hr_buf_append(text, part, strlen(part)), HR_OK);
}

#define PICK(list) list[roll(sizeof(list) / sizeof(list)[0])]

static void
put_blanks(hr_buf *text)
{
    static const char *const blanks[] = {"", "", "", "", " ", "\n", "\t ", "\r\n  "};

    put(text, PICK(blanks));
}

static void
put_number(hr_buf *text, bool integer)
{
    static const char *const odd[] = {"0",
                                      "-0",
                                      "1e5",
                                      "-1.5E-3",
                                      "2147483647",
                                      "0.1",
                                      "1e-400",
                                      "123456789012345678901",
                                      "1.0",
                                      "-2147483648",
                                      "9223372036854775807",
                                      "0.30000000000000004",
                                      "1E+2",
                                      "2147483648"};
    char number[40];

    if (!integer && roll(3) == 0) {
        put(text, PICK(odd));
        return;
    }
    snprintf(number, sizeof number, integer ? "%s%d" : "%s%d.%d", roll(2) != 0 ? "-" : "",
             (int)roll(100000), (int)roll(1000));
    put(text, number);
}

static void
put_string(hr_buf *text)
{
    static const char *const parts[] = {
        "",
        "a",
        "plain text",
        "longer than sixteen bytes",
        "\\n",
        "\\u0041",
        "\\\"",
        "\\\\",
        "\xc3\xa9",
        "\\ud83d\\ude00",
        "/",
        "\\/",
        "\\u0000",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "0123456789abcde",
        "}",
        "{,:]",
    };

    put(text, "\"");
    for (uint64_t n = roll(4); n > 0; n--) {
        put(text, PICK(parts));
    }
    put(text, "\"");
}

static void put_any(hr_buf *text, unsigned depth);

static void
put_name(hr_buf *text, const char *name)
{
    char escaped[16];

    put(text, "\"");
    if (roll(20) == 0) { /* the same name, spelled otherwise */
        snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)name[0]);
        put(text, escaped);
        put(text, name + 1);
    } else {
        put(text, name);
    }
    put(text, "\"");
    put_blanks(text);
    put(text, ":");
    put_blanks(text);
}

static void
put_container(hr_buf *text, unsigned depth, bool object)
{
    uint64_t n = roll(4);

    put(text, object ? "{" : "[");
    put_blanks(text);
    for (uint64_t i = 0; i < n; i++) {
        if (object) {
            put_name(text, PICK(names));
        }
        put_any(text, depth + 1);
        put_blanks(text);
        put(text, i + 1 < n ? "," : "");
        put_blanks(text);
    }
    put(text, object ? "}" : "]");
}

static void
put_any(hr_buf *text, unsigned depth)
{
    switch (roll(depth < 4 ? 8 : 6)) {
    case 0:
        put(text, "null");
        break;
    case 1:
        put(text, roll(2) != 0 ? "true" : "false");
        break;
    case 2:
    case 3:
        put_number(text, roll(2) != 0);
        break;
    case 4:
    case 5:
        put_string(text);
        break;
    default:
        put_container(text, depth, roll(2) != 0);
        break;
    }
}

/* Mostly what the schema wants. */
static void
put_declared(hr_buf *text, const char *name)
{
    static const char *const bytes[] = {"\"\"",         "\"Zg==\"",   "\"Zm9v\"",
                                        "\"Zm9vYg==\"", "\"\\/w==\"", "\"x\""};
    static const char *const symbols[] = {"\"A\"", "\"BC\"", "\"\\u0041\"", "\"B\""};
    static const char *const lists[] = {"[]", "[1]", "[ 1 , -2 ]", "[1,2,3]", "[1,null]"};
    static const char *const maps[] = {"{}", "{\"a\":1.5}", "{ \"a\" : 1 , \"\\u0062\":-2e3 }"};
    static const char *const records[] = {"{\"x\":1}", "{\"x\":-5,\"y\":\"in\\n\"}",
                                          "{ \"y\":null, \"x\":7 ,\"zz\":[{}]}", "{\"y\":\"\"}"};

    if (roll(12) == 0) {
        put_any(text, 2);
    } else if (strcmp(name, "i") == 0 || strcmp(name, "l") == 0) {
        put_number(text, true);
    } else if (strcmp(name, "d") == 0) {
        put_number(text, false);
    } else if (strcmp(name, "b") == 0) {
        put(text, roll(2) != 0 ? "true" : "false");
    } else if (strcmp(name, "s") == 0) {
        put_string(text);
    } else if (strcmp(name, "y") == 0) {
        put(text, PICK(bytes));
    } else if (strcmp(name, "e") == 0) {
        put(text, PICK(symbols));
    } else if (strcmp(name, "list") == 0) {
        put(text, PICK(lists));
    } else if (strcmp(name, "map") == 0) {
        put(text, PICK(maps));
    } else if (strcmp(name, "r") == 0) {
        put(text, PICK(records));
    } else {
        put_any(text, 1);
    }
}

static void
generate(hr_buf *text)
{
    uint64_t start = roll(NAMES), n = 1 + roll(NAMES);
    bool any_order = roll(3) == 0;

    text->len = 0;
    put_blanks(text);
    put(text, "{");
    put_blanks(text);
    for (uint64_t i = 0; i < n; i++) {
        const char *name = names[any_order ? roll(NAMES) : (start + i) % NAMES];

        put(text, i > 0 ? "," : "");
        put_blanks(text);
        put_name(text, name);
        put_declared(text, name);
        put_blanks(text);
    }
    put(text, roll(4) == 0 ? ",\"i\":3}" : "}");
    put_blanks(text);
}

static void
mutate(hr_buf *text)
{
    static const char bytes[] = "{}[]\",:\\ntrue0-.eE1 \xc3\xff\x01u";

    for (uint64_t n = roll(3); n > 0 && text->len > 0; n--) {
        size_t at = roll(text->len);

        switch (roll(4)) {
        case 0:
            text->data[at] = (uint8_t)bytes[roll(sizeof bytes - 1)];
            break;
        case 1:
            memmove(text->data + at, text->data + at + 1, text->len - at - 1);
            text->len--;
            break;
        case 2:
            put(text, " ");
            memmove(text->data + at + 1, text->data + at, text->len - at - 1);
            text->data[at] = (uint8_t)bytes[roll(sizeof bytes - 1)];
            break;
        default:
            text->len = roll(8) == 0 ? at : text->len;
            break;
        }
    }
}

/* What jansson makes of a text; *comparable is false where it refuses for reasons of its own. */
static json_t *
dom(hr_span text, bool *comparable)
{
    json_error_t error;
    json_t *json = json_loadb((const char *)text.data, text.len, JSON_ALLOW_NUL, &error);

    *comparable = json != NULL || (strstr(error.text, "too big") == NULL &&
                                   strstr(error.text, "overflow") == NULL &&
                                   strstr(error.text, "NUL byte in object key") == NULL);
    return json;
}

static bool
has_duplicates(hr_span text)
{
    json_error_t error;
    json_t *json = json_loadb((const char *)text.data, text.len,
                              JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);

    json_decref(json);
    return json == NULL;
}

static hr_span
dom_text(const json_t *json)
{
    return (hr_span){(const uint8_t *)json_string_value(json), json_string_length(json)};
}

static bool dom_fits(const json_t *json, const hr_schema *type);

static bool
dom_fits_record(json_t *json, const hr_schema *type)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        if (!dom_fits(json_object_get(json, type->fields[i].name), type->fields[i].schema)) {
            return false;
        }
    }
    return true;
}

static bool
dom_fits_items(json_t *json, const hr_schema *type)
{
    const char *key;
    json_t *item;
    size_t i;

    if (type->kind == HR_KIND_LIST) {
        json_array_foreach(json, i, item)
        {
            if (!dom_fits(item, type->items)) {
                return false;
            }
        }
        return json_is_array(json);
    }
    json_object_foreach(json, key, item)
    {
        if (!dom_fits(item, type->items)) {
            return false;
        }
    }
    return json_is_object(json);
}

static bool
dom_fits(const json_t *json, const hr_schema *type)
{
    json_int_t i = json_integer_value(json);

    if (json == NULL || json_is_null(json)) {
        return type->nullable;
    }
    switch (type->kind) {
    case HR_KIND_BOOL:
        return json_is_boolean(json);
    case HR_KIND_INT:
        return json_is_integer(json) && (!type->is_int32 || (i >= INT32_MIN && i <= INT32_MAX));
    case HR_KIND_DOUBLE:
        return json_is_number(json);
    case HR_KIND_STRING:
        return json_is_string(json) &&
               (type->n_symbols == 0 || hr_span_eq(dom_text(json), HR_SPAN_LIT("A")) ||
                hr_span_eq(dom_text(json), HR_SPAN_LIT("BC")));
    case HR_KIND_BYTES:
        return json_is_string(json) && hr_base64_decode(dom_text(json), NULL) != SIZE_MAX;
    case HR_KIND_LIST:
    case HR_KIND_MAP:
        return dom_fits_items((json_t *)json, type);
    case HR_KIND_RECORD:
        return json_is_object(json) && dom_fits_record((json_t *)json, type);
    default:
        return false;
    }
}

static const json_t *
dom_path(json_t *json, const char *path)
{
    if (strncmp(path, "r.", 2) == 0) {
        return json_object_get(json_object_get(json, "r"), path + 2);
    }
    return json_object_get(json, path);
}

/* The raw text of a column's value holds the same as the DOM does. */
static bool
same_raw(hr_span raw, const json_t *json)
{
    json_t *own =
        json_loadb((const char *)raw.data, raw.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    bool same = own != NULL && json_equal(own, json);

    json_decref(own);
    return same;
}

static bool
same_bytes(hr_span bytes, hr_span base64)
{
    uint8_t own[256];

    return base64.len <= sizeof own && hr_base64_decode(base64, own) == bytes.len &&
           memcmp(own, bytes.data, bytes.len) == 0;
}

static bool
same_value(const hr_column *column, hr_row row, const json_t *json)
{
    if (json == NULL || json_is_null(json)) {
        return column->lane[row] == HR_LANE_NULL;
    }
    if (column->lane[row] != HR_LANE_OK) {
        return false;
    }
    switch (column->kind) {
    case HR_KIND_BOOL:
        return column->v.b[row] == json_is_true(json);
    case HR_KIND_INT:
        return column->v.i[row] == json_integer_value(json);
    case HR_KIND_DOUBLE:
        return column->v.d[row] == json_number_value(json);
    case HR_KIND_STRING:
        return hr_span_eq(column->v.s[row], dom_text(json));
    case HR_KIND_BYTES:
        return same_bytes(column->v.s[row], dom_text(json));
    default:
        return same_raw(column->v.s[row], json);
    }
}

static codec_rig rig;
static int slots[PATHS];
static size_t accepted, rejected;

static void
check_values(json_t *json, hr_span text)
{
    for (size_t i = 0; i < PATHS; i++) {
        if (!same_value(&rig.batch->columns[slots[i]], 0, dom_path(json, paths[i]))) {
            fail_msg("%.*s: %s differs", (int)text.len, (const char *)text.data, paths[i]);
        }
    }
}

static void
check_text(hr_span text, bool typed)
{
    bool comparable, fits;
    json_t *json = dom(text, &comparable);

    fits = json_is_object(json) && (!typed || dom_fits_record(json, rig.schema));
    codec_rig_decode(&rig, &text, 1);
    if (comparable && fits != (rig.decoded.n_ok == 1) && !(typed && fits && has_duplicates(text))) {
        fail_msg("%.*s: %s", (int)text.len, (const char *)text.data,
                 fits ? rig.decoded.failed[0].reason : "accepted");
    }
    if (json != NULL && rig.decoded.n_ok == 1 && typed) {
        check_values(json, text);
    }
    *(rig.decoded.n_ok == 1 ? &accepted : &rejected) += 1;
    json_decref(json);
}

static void
decoder_and_dom_agree_with_a_schema(void **unused)
{
    hr_buf text = {0};

    (void)unused;
    accepted = rejected = 0;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    for (size_t i = 0; i < PATHS; i++) {
        slots[i] = codec_rig_read(&rig, paths[i]);
    }
    codec_rig_ready(&rig);
    for (int i = 0; i < 60000; i++) {
        generate(&text);
        check_text(hr_buf_span(&text), true);
        mutate(&text);
        check_text(hr_buf_span(&text), true);
    }
    assert_true(accepted > 20000 && rejected > 20000);
    hr_buf_finish(&text);
    codec_rig_close(&rig);
}

static void
decoder_and_dom_agree_without_a_schema(void **unused)
{
    hr_buf text = {0};

    (void)unused;
    accepted = rejected = 0;
    codec_rig_open(&rig, NULL, HR_UNKNOWN_KEEP);
    codec_rig_read(&rig, "i");
    codec_rig_read(&rig, "r.x");
    codec_rig_ready(&rig);
    for (int i = 0; i < 60000; i++) {
        generate(&text);
        mutate(&text);
        check_text(hr_buf_span(&text), false);
    }
    assert_true(accepted > 20000 && rejected > 10000);
    hr_buf_finish(&text);
    codec_rig_close(&rig);
}

/* What the splice below has to do, on the DOM: zz goes, s becomes t, i is overwritten, made is. */
static void
expected_output(json_t *json, int64_t i, const char *made)
{
    json_t *s = json_incref(json_object_get(json, "s"));

    json_object_del(json, "zz");
    json_object_del(json, "s");
    json_object_del(json, "t");
    if (s != NULL) {
        json_object_set_new(json, "t", s);
    }
    json_object_set_new(json, "i", json_integer(i));
    json_object_set_new(json, "made", made != NULL ? json_string(made) : json_null());
}

/* Collects the raw text of all members whose names nobody changed. */
static void
untouched(hr_span text, hr_buf *out)
{
    hr_json_iter iter;
    hr_json_member member;
    hr_span name;

    assert_true(hr_json_iter_init(&iter, text));
    while (hr_json_next(&iter, &member) == 1) {
        assert_true(hr_json_unescape(rig.arena, member.name_raw, &name));
        if (!hr_span_eq(name, HR_SPAN_LIT("zz")) && !hr_span_eq(name, HR_SPAN_LIT("s")) &&
            !hr_span_eq(name, HR_SPAN_LIT("t")) && !hr_span_eq(name, HR_SPAN_LIT("i")) &&
            !hr_span_eq(name, HR_SPAN_LIT("made"))) {
            assert_int_equal(hr_buf_append(out, member.name_raw.data, member.name_raw.len), HR_OK);
            assert_int_equal(hr_buf_append(out, member.raw.data, member.raw.len), HR_OK);
        }
    }
}

static void
check_splice(hr_span text, int i_slot, int made_slot)
{
    hr_buf before = {0}, after = {0};
    bool comparable, null = roll(4) == 0;
    json_t *expected = dom(text, &comparable), *json;
    hr_span out;

    if (expected == NULL) {
        return; /* numbers that jansson cannot hold */
    }
    rig.batch->columns[i_slot].lane[0] = HR_LANE_OK;
    rig.batch->columns[i_slot].v.i[0] = -77;
    rig.batch->columns[made_slot].lane[0] = null ? HR_LANE_NULL : HR_LANE_OK;
    rig.batch->columns[made_slot].v.s[0] = HR_SPAN_LIT("new \"\n");
    expected_output(expected, -77, null ? NULL : "new \"\n");
    codec_rig_encode(&rig, 0);
    out = (hr_span){rig.out.data, rig.out.len - 1};
    json = dom(out, &comparable);
    if (json == NULL || !json_equal(json, expected) ||
        (!has_duplicates(text) && has_duplicates(out))) {
        fail_msg("%.*s became %.*s", (int)text.len, (const char *)text.data, (int)out.len,
                 (const char *)out.data);
    }
    untouched(text, &before);
    untouched(out, &after);
    assert_true(hr_span_eq(hr_buf_span(&before), hr_buf_span(&after)));
    json_decref(json);
    json_decref(expected);
    hr_buf_finish(&before);
    hr_buf_finish(&after);
}

static void
a_splice_is_what_the_dom_would_be(void **unused)
{
    hr_type type_int = {.kind = HR_KIND_INT}, type_string = {.kind = HR_KIND_STRING};
    int i_slot, made_slot;
    hr_buf text = {0};

    (void)unused;
    accepted = 0;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    codec_rig_drop(&rig, "zz");
    codec_rig_rename(&rig, "s", "t");
    i_slot = codec_rig_make(&rig, "i", type_int);
    made_slot = codec_rig_make(&rig, "made", type_string);
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, NULL, 0), HR_OK);
    codec_rig_ready(&rig);
    for (int i = 0; i < 60000; i++) {
        hr_span span;

        generate(&text);
        span = hr_buf_span(&text);
        codec_rig_decode(&rig, &span, 1);
        if (rig.decoded.n_ok == 1) {
            check_splice(span, i_slot, made_slot);
            accepted++;
        }
    }
    assert_true(accepted > 10000);
    hr_buf_finish(&text);
    codec_rig_close(&rig);
}

/* Everything that can be seen of a row: its reason, or its values and its encoded form. */
static void
describe(hr_row row, hr_buf *out)
{
    for (size_t i = 0; i < rig.decoded.n_failed; i++) {
        if (rig.decoded.failed[i].row == row) {
            put(out, rig.decoded.failed[i].reason);
            return;
        }
    }
    for (size_t i = 0; i < PATHS; i++) {
        const hr_column *column = &rig.batch->columns[slots[i]];

        hr_buf_append(out, &column->lane[row], 1);
        if (hr_kind_is_span(column->kind)) {
            hr_buf_append(out, column->v.s[row].data, column->v.s[row].len);
        } else if (column->kind == HR_KIND_BOOL) {
            hr_buf_append(out, &column->v.b[row], 1);
        } else {
            hr_buf_append(out, &column->v.i[row], 8);
        }
    }
    put(out, codec_rig_encode(&rig, row));
}

static void
a_batch_of_one_equals_a_batch_of_many(void **unused)
{
    static hr_buf texts[HR_BATCH_ROWS], many[HR_BATCH_ROWS];
    static hr_span spans[HR_BATCH_ROWS];
    hr_buf one = {0};

    (void)unused;
    codec_rig_open(&rig, schema, HR_UNKNOWN_KEEP);
    for (size_t i = 0; i < PATHS; i++) {
        slots[i] = codec_rig_read(&rig, paths[i]);
    }
    codec_rig_drop(&rig, "zz");
    codec_rig_rename(&rig, "s", "t");
    assert_int_equal(codec_rig_encoder(&rig, HR_FORMAT_JSON, NULL, 0), HR_OK);
    codec_rig_ready(&rig);
    for (size_t i = 0; i < HR_BATCH_ROWS; i++) {
        generate(&texts[i]);
        if (roll(2) == 0) {
            mutate(&texts[i]);
        }
        spans[i] = hr_buf_span(&texts[i]);
    }
    codec_rig_decode(&rig, spans, HR_BATCH_ROWS);
    assert_true(rig.decoded.n_ok > 100 && rig.decoded.n_failed > 100);
    for (hr_row row = 0; row < HR_BATCH_ROWS; row++) {
        describe(row, &many[row]);
    }
    for (hr_row row = 0; row < HR_BATCH_ROWS; row++) {
        one.len = 0;
        memset(rig.state, 0, hr_decoder_state_size(rig.decoder)); /* it knows no order yet */
        codec_rig_decode(&rig, &spans[row], 1);
        describe(0, &one);
        assert_true(hr_span_eq(hr_buf_span(&one), hr_buf_span(&many[row])));
        hr_buf_finish(&texts[row]);
        hr_buf_finish(&many[row]);
    }
    hr_buf_finish(&one);
    codec_rig_close(&rig);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoder_and_dom_agree_with_a_schema),
        cmocka_unit_test(decoder_and_dom_agree_without_a_schema),
        cmocka_unit_test(a_splice_is_what_the_dom_would_be),
        cmocka_unit_test(a_batch_of_one_equals_a_batch_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
