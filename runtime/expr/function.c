/* SPDX-License-Identifier: Apache-2.0 */
#include "expr/function.h"

#include <string.h>

#define ANY HR_KIND_ANY
#define BOOL HR_KIND_BOOL
#define INT HR_KIND_INT
#define DOUBLE HR_KIND_DOUBLE
#define STRING HR_KIND_STRING
#define BYTES HR_KIND_BYTES
#define TIMESTAMP HR_KIND_TIMESTAMP
#define DURATION HR_KIND_DURATION
#define LIST HR_KIND_LIST
#define MAP HR_KIND_MAP
#define RECORD HR_KIND_RECORD

#define UNARY(name, a, result, kernel)                                                             \
    {                                                                                              \
        name, HR_FORM_OPERATOR, 1, {a}, result, hr_kernel_##kernel, NULL                           \
    }
#define BINARY(name, a, b, result, kernel)                                                         \
    {                                                                                              \
        name, HR_FORM_OPERATOR, 2, {a, b}, result, hr_kernel_##kernel, NULL                        \
    }
#define COMPARE(kind, prefix)                                                                      \
    BINARY("==", kind, kind, BOOL, prefix##_eq), BINARY("!=", kind, kind, BOOL, prefix##_ne),      \
        BINARY("<", kind, kind, BOOL, prefix##_lt), BINARY("<=", kind, kind, BOOL, prefix##_le),   \
        BINARY(">", kind, kind, BOOL, prefix##_gt), BINARY(">=", kind, kind, BOOL, prefix##_ge)
#define GLOBAL(name, a, result, kernel, doc)                                                       \
    {                                                                                              \
        name, HR_FORM_GLOBAL, 1, {a}, result, hr_kernel_##kernel, doc                              \
    }
#define SIZE(a, kernel, doc)                                                                       \
    {                                                                                              \
        "size", HR_FORM_BOTH, 1, {a}, INT, hr_kernel_##kernel, doc                                 \
    }
#define GETTER(name, a, kernel, doc)                                                               \
    {                                                                                              \
        name, HR_FORM_METHOD, 1, {a}, INT, hr_kernel_##kernel, doc                                 \
    }
#define METHOD(name, n, b, c, result, kernel, doc)                                                 \
    {                                                                                              \
        name, HR_FORM_METHOD, n, {STRING, b, c}, result, hr_kernel_##kernel, doc                   \
    }

const hr_function hr_functions[] = {
    BINARY("||", BOOL, BOOL, BOOL, or),
    BINARY("&&", BOOL, BOOL, BOOL, and),
    UNARY("!", BOOL, BOOL, not ),
    UNARY("-", INT, INT, int_neg),
    UNARY("-", DOUBLE, DOUBLE, double_neg),
    COMPARE(INT, int),
    COMPARE(DOUBLE, double),
    COMPARE(BOOL, flag),
    COMPARE(STRING, span),
    COMPARE(BYTES, span),
    COMPARE(TIMESTAMP, int),
    COMPARE(DURATION, int),
    BINARY("+", INT, INT, INT, int_add),
    BINARY("-", INT, INT, INT, int_sub),
    BINARY("*", INT, INT, INT, int_mul),
    BINARY("/", INT, INT, INT, int_div),
    BINARY("%", INT, INT, INT, int_mod),
    BINARY("+", DOUBLE, DOUBLE, DOUBLE, double_add),
    BINARY("-", DOUBLE, DOUBLE, DOUBLE, double_sub),
    BINARY("*", DOUBLE, DOUBLE, DOUBLE, double_mul),
    BINARY("/", DOUBLE, DOUBLE, DOUBLE, double_div),
    BINARY("+", STRING, STRING, STRING, concat),
    BINARY("+", BYTES, BYTES, BYTES, concat),
    BINARY("+", TIMESTAMP, DURATION, TIMESTAMP, timestamp_add),
    BINARY("+", DURATION, TIMESTAMP, TIMESTAMP, timestamp_add),
    BINARY("+", DURATION, DURATION, DURATION, duration_add),
    BINARY("-", TIMESTAMP, TIMESTAMP, DURATION, timestamp_diff),
    BINARY("-", TIMESTAMP, DURATION, TIMESTAMP, timestamp_sub),
    BINARY("-", DURATION, DURATION, DURATION, duration_sub),

    GLOBAL("int", INT, INT, use_int, "The value itself."),
    GLOBAL("int", DOUBLE, INT, double_to_int, "Cuts the fraction off."),
    GLOBAL("int", STRING, INT, string_to_int, "Reads decimal digits with an optional sign."),
    GLOBAL("int", TIMESTAMP, INT, use_int, "Milliseconds since 1970-01-01T00:00:00Z."),
    GLOBAL("int", DURATION, INT, use_int, "Milliseconds."),
    GLOBAL("int", ANY, INT, any_to_int, "Reads a JSON number or string."),
    GLOBAL("double", DOUBLE, DOUBLE, use_double, "The value itself."),
    GLOBAL("double", INT, DOUBLE, int_to_double, "The nearest double."),
    GLOBAL("double", STRING, DOUBLE, string_to_double, "Reads a number as JSON writes it."),
    GLOBAL("double", ANY, DOUBLE, any_to_double, "Reads a JSON number or string."),
    GLOBAL("string", STRING, STRING, use_span, "The value itself."),
    GLOBAL("string", INT, STRING, int_to_string, "Decimal digits."),
    GLOBAL("string", DOUBLE, STRING, double_to_string,
           "The shortest text that reads back the same."),
    GLOBAL("string", BOOL, STRING, bool_to_string, "`true` or `false`."),
    GLOBAL("string", BYTES, STRING, bytes_to_string, "The bytes, which must be UTF-8."),
    GLOBAL("string", TIMESTAMP, STRING, timestamp_to_string, "RFC 3339 in UTC."),
    GLOBAL("string", DURATION, STRING, duration_to_string, "Seconds: `5400s`."),
    GLOBAL("string", ANY, STRING, any_to_string,
           "The text of a JSON string; a number or bool as it is written."),
    GLOBAL("bytes", BYTES, BYTES, use_span, "The value itself."),
    GLOBAL("bytes", STRING, BYTES, use_span, "The text as UTF-8."),
    GLOBAL("bool", BOOL, BOOL, use_bool, "The value itself."),
    GLOBAL("bool", STRING, BOOL, string_to_bool,
           "Reads `true`, `TRUE`, `True`, `t`, `T`, `1` and their opposites."),
    GLOBAL("bool", ANY, BOOL, any_to_bool, "Reads a JSON bool or string."),
    GLOBAL("timestamp", TIMESTAMP, TIMESTAMP, use_int, "The value itself."),
    GLOBAL("timestamp", STRING, TIMESTAMP, string_to_timestamp,
           "Reads RFC 3339: `2013-11-01T04:55:00Z`."),
    GLOBAL("timestamp", INT, TIMESTAMP, int_to_timestamp,
           "From milliseconds since 1970-01-01T00:00:00Z."),
    GLOBAL("timestamp", ANY, TIMESTAMP, any_to_timestamp,
           "Reads a JSON string (RFC 3339) or number (milliseconds)."),
    GLOBAL("date", STRING, TIMESTAMP, date, "Reads `2013-11-01`: its midnight in UTC."),
    GLOBAL("duration", STRING, DURATION, string_to_duration,
           "Reads `1h30m`, `-1.5s`, `250ms`; units h, m, s, ms, us, ns."),

    SIZE(STRING, string_size, "Code points."),
    SIZE(BYTES, bytes_size, "Bytes."),
    SIZE(LIST, any_size, "Items."),
    SIZE(MAP, any_size, "Entries."),
    SIZE(RECORD, any_size, "Fields that are there."),
    SIZE(ANY, any_size, "Of a JSON string, array or object."),

    METHOD("startsWith", 2, STRING, ANY, BOOL, starts_with, "Whether it starts so."),
    METHOD("endsWith", 2, STRING, ANY, BOOL, ends_with, "Whether it ends so."),
    METHOD("contains", 2, STRING, ANY, BOOL, contains, "Whether it holds that."),
    METHOD("lowerAscii", 1, ANY, ANY, STRING, lower_ascii, "A to Z become a to z."),
    METHOD("upperAscii", 1, ANY, ANY, STRING, upper_ascii, "a to z become A to Z."),
    METHOD("trim", 1, ANY, ANY, STRING, trim, "Without white space at both ends."),
    METHOD("substring", 2, INT, ANY, STRING, substring, "From that code point (from 0) on."),
    METHOD("substring", 3, INT, INT, STRING, substring, "From the first to before the second."),

    GETTER("getFullYear", TIMESTAMP, full_year, "The year."),
    GETTER("getMonth", TIMESTAMP, month, "The month, January 0."),
    GETTER("getDate", TIMESTAMP, date_of_month, "The day of the month, from 1."),
    GETTER("getDayOfMonth", TIMESTAMP, day_of_month, "The day of the month, from 0."),
    GETTER("getDayOfWeek", TIMESTAMP, day_of_week, "The day of the week, Sunday 0."),
    GETTER("getDayOfYear", TIMESTAMP, day_of_year, "The day of the year, from 0."),
    GETTER("getHours", TIMESTAMP, hours, "The hour, 0 to 23."),
    GETTER("getMinutes", TIMESTAMP, minutes, "The minute, 0 to 59."),
    GETTER("getSeconds", TIMESTAMP, seconds, "The second, 0 to 59."),
    GETTER("getMilliseconds", TIMESTAMP, milliseconds, "The millisecond, 0 to 999."),
    GETTER("getHours", DURATION, duration_hours, "All of it in whole hours."),
    GETTER("getMinutes", DURATION, duration_minutes, "All of it in whole minutes."),
    GETTER("getSeconds", DURATION, duration_seconds, "All of it in whole seconds."),
    GETTER("getMilliseconds", DURATION, duration_milliseconds, "What is beyond whole seconds."),
};

const size_t hr_n_functions = sizeof hr_functions / sizeof hr_functions[0];

bool
hr_function_fits(const hr_function *fn, const char *name, hr_function_form form)
{
    return (fn->form == form || (fn->form == HR_FORM_BOTH && form != HR_FORM_OPERATOR)) &&
           strcmp(fn->name, name) == 0;
}

const char *
hr_function_signature(const hr_function *fn, char text[128])
{
    size_t len = 0, first = fn->form == HR_FORM_METHOD ? 1 : 0;

    if (first == 1) {
        len += (size_t)snprintf(text, 128, "%s.", hr_value_kind_name(fn->arg[0]));
    }
    len += (size_t)snprintf(text + len, 128 - len, "%s(", fn->name);
    for (size_t i = first; i < fn->n; i++) {
        len += (size_t)snprintf(text + len, 128 - len, "%s%s", i > first ? ", " : "",
                                hr_value_kind_name(fn->arg[i]));
    }
    snprintf(text + len, 128 - len, ") -> %s", hr_value_kind_name(fn->result));
    return text;
}

void
hr_expr_functions_markdown(FILE *out)
{
    char text[128];

    fputs("| function | gives |\n|---|---|\n", out);
    for (size_t i = 0; i < hr_n_functions; i++) {
        if (hr_functions[i].doc != NULL) {
            fprintf(out, "| `%s` | %s |\n", hr_function_signature(&hr_functions[i], text),
                    hr_functions[i].doc);
        }
    }
}
