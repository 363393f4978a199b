/* libyaml's events as a node tree.
 *
 * libyaml accepts more than people expect (duplicate keys, thousands of levels, anchors that a
 * reader must follow), so the events are checked here, one by one, before anything is built.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/yaml_node.h"
#include "config/file.h"
#include "config/yaml_problem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

/* A map or list that is being read. */
typedef struct yaml_level {
    hr_yaml_node *node;
    hr_yaml_entry *entries; /* grows on the heap, ends in the arena */
    size_t n, cap;
    hr_text key; /* read, and waits for its value; s NULL: none */
} yaml_level;

typedef struct yaml_reader {
    hr_arena *arena;
    hr_diag *diag;
    hr_loc start; /* place of the first character */
    yaml_parser_t parser;
    yaml_level levels[HR_YAML_DEPTH_MAX];
    size_t depth, nodes, documents;
    hr_yaml_node *root;
    bool failed;
} yaml_reader;

/* --- places ---------------------------------------------------------------------------------- */

static hr_loc
yaml_loc(const yaml_reader *r, const yaml_mark_t *mark)
{
    int col = (int)mark->column + (mark->line == 0 ? r->start.col : 1);

    return (hr_loc){r->start.file, r->start.line + (int)mark->line, col};
}

/* Characters that the event takes on its first line. */
static int
yaml_width(const yaml_event_t *event)
{
    const yaml_mark_t *a = &event->start_mark, *b = &event->end_mark;

    return a->line == b->line && b->column > a->column ? (int)(b->column - a->column) : 1;
}

/* Reports a mistake and goes on reading, so that all of a file are found. */
static void
yaml_complain(yaml_reader *r, const yaml_event_t *event, int width, const char *slug,
              const char *text, const char *hint)
{
    r->failed = true;
    hr_diag_add(r->diag, yaml_loc(r, &event->start_mark), width, slug, hint, "%s", text);
}

/* --- scalars --------------------------------------------------------------------------------- */

static hr_yaml_style
yaml_style(yaml_scalar_style_t style)
{
    switch (style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
        return HR_YAML_SINGLE_QUOTED;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
        return HR_YAML_DOUBLE_QUOTED;
    case YAML_LITERAL_SCALAR_STYLE:
    case YAML_FOLDED_SCALAR_STYLE:
        return HR_YAML_BLOCK;
    default:
        return HR_YAML_PLAIN;
    }
}

static int
yaml_characters(const char *s, size_t len)
{
    int n = 0;

    for (size_t i = 0; i < len; i++) {
        n += ((unsigned char)s[i] & 0xC0u) != 0x80u;
    }
    return n;
}

/* Characters that the text takes in the file when nothing in it was folded or escaped. */
static int
yaml_written_width(const char *s, size_t len, hr_yaml_style style)
{
    int n = yaml_characters(s, len) + (style == HR_YAML_PLAIN ? 0 : 2);

    for (size_t i = 0; i < len && style == HR_YAML_SINGLE_QUOTED; i++) {
        n += s[i] == '\'';
    }
    return n;
}

/* Blanks before the first line of a block's text, found in the file's own bytes. */
static int
yaml_block_indent(const yaml_reader *r, const yaml_event_t *event)
{
    const unsigned char *text = r->parser.input.string.start;
    size_t size = (size_t)(r->parser.input.string.end - text);
    size_t i = event->start_mark.index;
    int indent = 0;

    /* The index counts characters; with others than ASCII before it, it is not an offset. */
    if (i >= size || (text[i] != '|' && text[i] != '>') || text[i] == '>') {
        return -1;
    }
    while (i < size && text[i] != '\n') {
        i++;
    }
    for (i++; i < size && text[i] == ' '; i++) {
        indent++;
    }
    return indent > 0 ? indent : -1;
}

static int
yaml_scalar_indent(const yaml_reader *r, const yaml_event_t *event, const hr_text *text)
{
    bool one_line = event->start_mark.line == event->end_mark.line;

    if (text->style == HR_YAML_BLOCK) {
        return yaml_block_indent(r, event);
    }
    return one_line && yaml_written_width(text->s, text->len, text->style) == text->width ? 0 : -1;
}

/* NULL text: out of memory or refused. */
static hr_text
yaml_text(yaml_reader *r, const yaml_event_t *event)
{
    const char *s = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    hr_text text = {.len = len,
                    .loc = yaml_loc(r, &event->start_mark),
                    .style = yaml_style(event->data.scalar.style)};

    if (memchr(s, '\0', len) != NULL) {
        yaml_complain(r, event, yaml_width(event), "yaml", "a text cannot hold the character 0",
                      NULL);
        s = "";
        text.len = 0;
    }
    text.width = text.style == HR_YAML_BLOCK ? 1 : yaml_width(event);
    text.s = hr_arena_strndup(r->arena, s, text.len);
    text.indent = text.s != NULL ? yaml_scalar_indent(r, event, &text) : -1;
    return text;
}

/* YAML 1.1 reads these as booleans, YAML 1.2 as texts. */
static bool
yaml_is_bool_word(const hr_text *text)
{
    static const char *const words[] = {"yes", "no", "on", "off"};

    for (size_t i = 0; text->style == HR_YAML_PLAIN && i < 4; i++) {
        if (strcasecmp(text->s, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void
yaml_check_bool_word(yaml_reader *r, const hr_text *text, bool is_key)
{
    const char *boolean =
        strcasecmp(text->s, "yes") == 0 || strcasecmp(text->s, "on") == 0 ? "true" : "false";
    char hint[64];

    if (!yaml_is_bool_word(text)) {
        return;
    }
    if (is_key) {
        snprintf(hint, sizeof hint, "quote it: '%s'", text->s);
    } else {
        snprintf(hint, sizeof hint, "write %s, or quote it: '%s'", boolean, text->s);
    }
    r->failed = true;
    hr_diag_add(r->diag, text->loc, text->width, "bool-word", hint,
                "some YAML tools read '%s' as %s", text->s, boolean);
}

/* --- the tree -------------------------------------------------------------------------------- */

static bool
yaml_level_push(yaml_level *level, hr_yaml_entry entry)
{
    size_t cap = level->cap > 0 ? level->cap * 2 : 8;
    hr_yaml_entry *grown;

    if (level->n == level->cap) {
        grown = realloc(level->entries, cap * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        level->entries = grown;
        level->cap = cap;
    }
    level->entries[level->n++] = entry;
    return true;
}

static bool
yaml_stop(yaml_reader *r, hr_loc loc, const char *slug, const char *text)
{
    r->failed = true;
    hr_diag_add(r->diag, loc, 1, slug, NULL, "%s", text);
    return false;
}

/* Hangs a finished or opened node where it belongs. False: stop. */
static bool
yaml_attach(yaml_reader *r, hr_yaml_node *node)
{
    yaml_level *level = r->depth > 0 ? &r->levels[r->depth - 1] : NULL;
    hr_yaml_entry entry = {.value = node};

    if (level == NULL) {
        r->root = node;
        return true;
    }
    if (level->node->kind == HR_YAML_MAP) {
        entry.key = level->key;
        level->key.s = NULL;
    }
    return yaml_level_push(level, entry) || yaml_stop(r, node->loc, "memory", "out of memory");
}

static hr_yaml_node *
yaml_node_new(yaml_reader *r, hr_yaml_kind kind, const yaml_event_t *event)
{
    hr_yaml_node *node = NULL;

    if (++r->nodes > HR_YAML_NODES_MAX) {
        yaml_stop(r, yaml_loc(r, &event->start_mark), "too-large",
                  "a file has at most 20000 values");
        return NULL;
    }
    node = hr_arena_calloc(r->arena, 1, sizeof *node);
    if (node == NULL) {
        yaml_stop(r, yaml_loc(r, &event->start_mark), "memory", "out of memory");
        return NULL;
    }
    node->kind = kind;
    node->loc = yaml_loc(r, &event->start_mark);
    node->width = yaml_width(event);
    return node;
}

/* True when the next node is the key of a map. */
static bool
yaml_key_is_due(const yaml_reader *r)
{
    const yaml_level *level = r->depth > 0 ? &r->levels[r->depth - 1] : NULL;

    return level != NULL && level->node->kind == HR_YAML_MAP && level->key.s == NULL;
}

static void
yaml_check_key(yaml_reader *r, const yaml_event_t *event, const hr_text *key)
{
    if (key->style == HR_YAML_PLAIN && strcmp(key->s, "<<") == 0) {
        yaml_complain(r, event, 2, "merge-key", "merge keys are not allowed", "write the keys out");
    } else if (key->len == 0) {
        yaml_complain(r, event, 1, "yaml", "a key cannot be empty", NULL);
    } else {
        yaml_check_bool_word(r, key, true);
    }
}

static bool
yaml_scalar(yaml_reader *r, const yaml_event_t *event)
{
    hr_text text = yaml_text(r, event);
    hr_yaml_node *node;

    if (text.s == NULL) {
        return yaml_stop(r, text.loc, "memory", "out of memory");
    }
    if (yaml_key_is_due(r)) {
        yaml_check_key(r, event, &text);
        r->levels[r->depth - 1].key = text;
        return true;
    }
    node = yaml_node_new(r, HR_YAML_SCALAR, event);
    if (node == NULL) {
        return false;
    }
    yaml_check_bool_word(r, &text, false);
    node->width = text.width;
    node->text = text;
    return yaml_attach(r, node);
}

static bool
yaml_open(yaml_reader *r, const yaml_event_t *event, hr_yaml_kind kind)
{
    hr_yaml_node *node;

    if (yaml_key_is_due(r)) {
        return yaml_stop(r, yaml_loc(r, &event->start_mark), "yaml",
                         "a key must be a text, not a map or a list");
    }
    if (r->depth == HR_YAML_DEPTH_MAX) {
        return yaml_stop(r, yaml_loc(r, &event->start_mark), "too-large",
                         "nested deeper than 32 levels");
    }
    node = yaml_node_new(r, kind, event);
    if (node == NULL || !yaml_attach(r, node)) {
        return false;
    }
    r->levels[r->depth] = (yaml_level){.node = node};
    r->depth++;
    return true;
}

static int
yaml_key_order(const void *a, const void *b)
{
    const hr_text *x = *(const hr_text *const *)a, *y = *(const hr_text *const *)b;
    int c = strcmp(x->s, y->s);

    return c != 0 ? c : x < y ? -1 : x > y;
}

static void
yaml_check_duplicates(yaml_reader *r, const hr_yaml_node *map)
{
    const hr_text **keys = calloc(map->n + 1, sizeof *keys);
    const hr_text *first = NULL;
    char hint[64];

    for (size_t i = 0; keys != NULL && i < map->n; i++) {
        keys[i] = &map->entries[i].key;
    }
    if (keys != NULL) {
        qsort(keys, map->n, sizeof *keys, yaml_key_order);
    }
    for (size_t i = 0; keys != NULL && i < map->n; i++) {
        if (first == NULL || strcmp(first->s, keys[i]->s) != 0) {
            first = keys[i];
            continue;
        }
        r->failed = true;
        snprintf(hint, sizeof hint, "it is in line %d already", first->loc.line);
        hr_diag_add(r->diag, keys[i]->loc, keys[i]->width, "duplicate-key", hint,
                    "'%s' is given twice", keys[i]->s);
    }
    free(keys);
}

static bool
yaml_close(yaml_reader *r, const yaml_event_t *event)
{
    yaml_level *level = &r->levels[--r->depth];
    hr_yaml_node *node = level->node;
    hr_loc end = yaml_loc(r, &event->end_mark);

    if (end.line == node->loc.line && end.col > node->loc.col) {
        node->width = end.col - node->loc.col; /* [a, b] or {a: b} */
    }

    node->n = level->n;
    node->entries = hr_arena_calloc(r->arena, level->n + 1, sizeof *node->entries);
    if (node->entries == NULL) {
        r->depth++; /* freed with the others */
        return yaml_stop(r, node->loc, "memory", "out of memory");
    }
    if (level->n > 0) {
        memcpy(node->entries, level->entries, level->n * sizeof *node->entries);
    }
    free(level->entries);
    if (node->kind == HR_YAML_MAP) {
        yaml_check_duplicates(r, node);
    }
    return true;
}

/* --- events ---------------------------------------------------------------------------------- */

/* Anchors and tags are refused wherever they stand; the node itself is read on. */
static void
yaml_check_properties(yaml_reader *r, const yaml_event_t *event, const yaml_char_t *anchor,
                      const yaml_char_t *tag)
{
    if (anchor != NULL) {
        yaml_complain(r, event, (int)strlen((const char *)anchor) + 1, "anchor",
                      "anchors are not allowed", "write the value out where it is needed");
    } else if (tag != NULL) {
        yaml_complain(r, event, 1, "tag", "tags are not allowed",
                      "leave it out: the option's kind decides");
    }
}

static bool
yaml_document(yaml_reader *r, const yaml_event_t *event)
{
    if (event->data.document_start.version_directive != NULL ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end) {
        yaml_complain(r, event, 1, "directive", "directives are not allowed", "remove the line");
    }
    if (r->documents++ > 0) {
        yaml_complain(r, event, 3, "documents", "a file holds one document",
                      "make a second file of what follows");
        return false;
    }
    return true;
}

/* False: stop reading. */
static bool
yaml_event(yaml_reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return yaml_document(r, event);
    case YAML_SCALAR_EVENT:
        yaml_check_properties(r, event, event->data.scalar.anchor, event->data.scalar.tag);
        return yaml_scalar(r, event);
    case YAML_MAPPING_START_EVENT:
        yaml_check_properties(r, event, event->data.mapping_start.anchor,
                              event->data.mapping_start.tag);
        return yaml_open(r, event, HR_YAML_MAP);
    case YAML_SEQUENCE_START_EVENT:
        yaml_check_properties(r, event, event->data.sequence_start.anchor,
                              event->data.sequence_start.tag);
        return yaml_open(r, event, HR_YAML_LIST);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return yaml_close(r, event);
    case YAML_ALIAS_EVENT:
        yaml_complain(r, event, yaml_width(event), "alias", "aliases are not allowed",
                      "write the value out");
        return false;
    case YAML_STREAM_END_EVENT:
        return false;
    default:
        return true;
    }
}

static void
yaml_read(yaml_reader *r, const char *text, size_t len)
{
    yaml_event_t event;
    bool more = true;

    if (!yaml_parser_initialize(&r->parser)) {
        yaml_stop(r, r->start, "memory", "out of memory");
        return;
    }
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, len);
    while (more) {
        if (!yaml_parser_parse(&r->parser, &event)) {
            r->failed = true;
            hr_yaml_problem(&r->parser, r->diag, r->start, text, len);
            break;
        }
        more = yaml_event(r, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&r->parser);
    while (r->depth > 0) {
        free(r->levels[--r->depth].entries);
    }
}

/* Tabs are refused everywhere, so that nobody has to know where YAML allows them. */
static bool
yaml_check_tabs(hr_diag *diag, hr_loc loc, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\t') {
            hr_diag_add(diag, loc, 1, "tab", "use blanks; in a quoted text write \"\\t\"",
                        "tabs are not allowed");
            return false;
        }
        if (text[i] == '\n') {
            loc.line++;
            loc.col = 1;
        } else if (((unsigned char)text[i] & 0xC0u) != 0x80u) {
            loc.col++;
        }
    }
    return true;
}

hr_yaml_node *
hr_yaml_parse_at(hr_arena *arena, hr_diag *diag, hr_loc start, const char *text, size_t len)
{
    yaml_reader r = {.arena = arena, .diag = diag, .start = start};

    if (len > HR_YAML_BYTES_MAX) {
        yaml_stop(&r, start, "too-large", "a file holds at most 1 MiB");
        return NULL;
    }
    if (!yaml_check_tabs(diag, start, text, len)) {
        return NULL;
    }
    yaml_read(&r, text, len);
    if (!r.failed && r.root == NULL) {
        yaml_stop(&r, start, "empty", "there is nothing in it");
    }
    return r.failed ? NULL : r.root;
}

hr_yaml_node *
hr_yaml_parse(hr_arena *arena, hr_diag *diag, const char *file, const char *text, size_t len)
{
    hr_loc start = {hr_arena_strdup(arena, file), 1, 1};

    hr_diag_source(diag, file, text, len <= HR_YAML_BYTES_MAX ? len : 0);
    return hr_yaml_parse_at(arena, diag, start, text, len);
}

const char *
hr_yaml_read(hr_arena *arena, hr_diag *diag, const char *path, size_t *len)
{
    const char *text = NULL;
    hr_error err = {0};

    if (hr_file_read(arena, path, HR_YAML_BYTES_MAX, false, &text, len, &err) != HR_OK) {
        const char *reason =
            strncmp(err.msg, path, strlen(path)) == 0 ? err.msg + strlen(path) + 2 : err.msg;

        hr_diag_add(diag, (hr_loc){path, 0, 0}, 1, err.slug, err.hint, "%s", reason);
        return NULL;
    }
    return text;
}

hr_yaml_node *
hr_yaml_load(hr_arena *arena, hr_diag *diag, const char *path)
{
    size_t len = 0;
    const char *text = hr_yaml_read(arena, diag, path, &len);

    return text != NULL ? hr_yaml_parse(arena, diag, path, text, len) : NULL;
}

/* --- look-ups -------------------------------------------------------------------------------- */

hr_yaml_node *
hr_yaml_get(const hr_yaml_node *map, const char *key)
{
    for (size_t i = 0; map != NULL && map->kind == HR_YAML_MAP && i < map->n; i++) {
        if (strcmp(map->entries[i].key.s, key) == 0) {
            return map->entries[i].value;
        }
    }
    return NULL;
}

int
hr_yaml_width_at(const hr_yaml_node *root, hr_loc loc)
{
    int width = 0;

    if (root->loc.line == loc.line && root->loc.col == loc.col && root->kind == HR_YAML_SCALAR) {
        return root->width;
    }
    for (size_t i = 0; i < root->n && width == 0; i++) {
        const hr_yaml_entry *entry = &root->entries[i];
        bool at_key = entry->key.s != NULL && entry->key.loc.line == loc.line &&
                      entry->key.loc.col == loc.col;

        width = at_key ? hr_text_width(&entry->key) : hr_yaml_width_at(entry->value, loc);
    }
    if (width == 0 && root->loc.line == loc.line && root->loc.col == loc.col) {
        width = root->width;
    }
    return width;
}

bool
hr_yaml_is_null(const hr_yaml_node *node)
{
    return node->kind == HR_YAML_SCALAR && node->text.style == HR_YAML_PLAIN &&
           !node->text.secret &&
           (node->text.len == 0 || strcmp(node->text.s, "~") == 0 ||
            strcasecmp(node->text.s, "null") == 0);
}

int
hr_text_width(const hr_text *text)
{
    int n = text->width > 0 || text->s == NULL || text->secret
                ? text->width
                : yaml_characters(text->s, text->len);

    return n > 0 ? n : 1;
}

/* In a `|` block every line of the text is a line of the file. */
static hr_loc
text_loc_in_block(const hr_text *text, size_t offset)
{
    size_t start = offset;
    hr_loc loc = text->loc;

    loc.line++;
    for (size_t i = 0; i < offset; i++) {
        loc.line += text->s[i] == '\n';
    }
    while (start > 0 && text->s[start - 1] != '\n') {
        start--;
    }
    loc.col = text->indent + 1 + yaml_characters(text->s + start, offset - start);
    return loc;
}

hr_loc
hr_text_loc(const hr_text *text, size_t offset)
{
    hr_loc loc = text->loc;

    if (text->s == NULL || text->secret || text->indent < 0) {
        return loc;
    }
    offset = offset < text->len ? offset : text->len;
    if (text->style == HR_YAML_BLOCK) {
        return text_loc_in_block(text, offset);
    }
    loc.col += yaml_characters(text->s, offset) + (text->style != HR_YAML_PLAIN);
    for (size_t i = 0; i < offset && text->style == HR_YAML_SINGLE_QUOTED; i++) {
        loc.col += text->s[i] == '\'';
    }
    return loc;
}
