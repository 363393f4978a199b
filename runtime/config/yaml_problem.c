/* libyaml names the state that its parser is in; a person wants to know what to type. The table
 * goes by libyaml 0.2.5's texts; what it does not know is passed on as it is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml_problem.h"

#include <string.h>

typedef struct problem_text {
    const char *part; /* of libyaml's text */
    const char *text, *hint;
    const char *slug; /* NULL: "yaml" */
} problem_text;

static const problem_text problems[] = {
    {"mapping values are not allowed in this context", "a colon is not expected here",
     "quote a text that holds ': ', and indent a key under the one it belongs to", NULL},
    {"could not find expected ':'", "this line is not 'key: value'",
     "write a colon and a blank behind the key, or quote the text", NULL},
    {"did not find expected key", "this does not line up with the keys before it",
     "give all keys of a map the same indentation, and close quotes and brackets", NULL},
    {"did not find expected ',' or ']'", "the list is not closed", "separate by commas, end with ]",
     NULL},
    {"did not find expected ',' or '}'", "the map is not closed", "separate by commas, end with }",
     NULL},
    {"did not find expected '-' indicator", "this does not line up with the list before it",
     "begin every item with '- ' in the same column", NULL},
    {"did not find expected node content", "a value is missing here", NULL, NULL},
    {"block sequence entries are not allowed", "a list cannot begin here",
     "write the list in a line of its own, or as [a, b]", NULL},
    {"block mapping keys are not allowed", "a key cannot stand here", NULL, NULL},
    {"found unexpected end of stream", "the quote is not closed", "end the text with its quote",
     NULL},
    {"found unexpected document indicator", "the quote is not closed",
     "end the text with its quote", NULL},
    {"found unknown escape character", "this escape is not known",
     "write \\\\ for a backslash, or use single quotes", NULL},
    {"found character that cannot start any token", "a text cannot begin with this character",
     "quote it", NULL},
    {"did not find expected hexdecimal number", "the escape needs hexadecimal digits", NULL, NULL},
    {"found invalid Unicode character escape code", "the escape is no character", NULL, NULL},
    {"found undefined tag handle", "tags are not allowed",
     "leave it out: the option's kind decides", "tag"},
    {"did not find expected alphabetic or numeric character",
     "a text cannot begin with this character", "quote it", NULL},
    {"did not find expected <document start>", "this does not belong to what is before it",
     "give all keys of the file the same indentation", NULL},
    {"control characters are not allowed", "control characters are not allowed", "remove it", NULL},
    {"invalid leading UTF-8 octet", "the file is not UTF-8", "save it as UTF-8", NULL},
    {"invalid trailing UTF-8 octet", "the file is not UTF-8", "save it as UTF-8", NULL},
    {"incomplete UTF-8 octet sequence", "the file is not UTF-8", "save it as UTF-8", NULL},
    {"invalid length of a UTF-8 sequence", "the file is not UTF-8", "save it as UTF-8", NULL},
    {"invalid Unicode character", "the file is not UTF-8", "save it as UTF-8", NULL},
};

static const problem_text *
problem_find(const char *text)
{
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++) {
        if (strstr(text, problems[i].part) != NULL) {
            return &problems[i];
        }
    }
    return NULL;
}

/* The reader tells a byte offset, not a place. */
static hr_loc
problem_offset_loc(hr_loc start, const char *text, size_t offset)
{
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            start.line++;
            start.col = 1;
        } else if (((unsigned char)text[i] & 0xC0u) != 0x80u) {
            start.col++;
        }
    }
    return start;
}

static hr_loc
problem_mark_loc(hr_loc start, const yaml_mark_t *mark)
{
    return (hr_loc){start.file, start.line + (int)mark->line,
                    (int)mark->column + (mark->line == 0 ? start.col : 1)};
}

void
hr_yaml_problem(const yaml_parser_t *parser, hr_diag *diag, hr_loc start, const char *text,
                size_t len)
{
    const char *cause = parser->problem != NULL ? parser->problem : "out of memory";
    const problem_text *known = problem_find(cause);
    const yaml_mark_t *mark = &parser->problem_mark;
    hr_loc loc;

    if (parser->error == YAML_READER_ERROR) {
        loc = problem_offset_loc(start, text,
                                 parser->problem_offset < len ? parser->problem_offset : len);
    } else {
        /* An open quote or bracket is where it began, not where the file ends. */
        if (strstr(cause, "end of stream") != NULL || strstr(cause, "document indicator") != NULL ||
            strstr(cause, "expected ','") != NULL) {
            mark = &parser->context_mark;
        }
        loc = problem_mark_loc(start, mark);
    }
    hr_diag_add(diag, loc, 1, known != NULL && known->slug != NULL ? known->slug : "yaml",
                known != NULL ? known->hint : NULL, "%s", known != NULL ? known->text : cause);
}
