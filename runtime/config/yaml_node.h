/* libyaml's events as a node tree that keeps the place of every key and value. Strict: what YAML
 * tools read differently (anchors, tags, `yes`, duplicate keys ...) is refused with its place.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_YAML_NODE_H
#define HR_CONFIG_YAML_NODE_H
#include "config/diag.h"
#include "config/error.h"
#include "record/arena.h"

#define HR_YAML_BYTES_MAX (1u << 20)
#define HR_YAML_DEPTH_MAX 32
#define HR_YAML_NODES_MAX 20000

typedef enum hr_yaml_kind { HR_YAML_SCALAR, HR_YAML_MAP, HR_YAML_LIST } hr_yaml_kind;

typedef enum hr_yaml_style {
    HR_YAML_PLAIN,
    HR_YAML_SINGLE_QUOTED,
    HR_YAML_DOUBLE_QUOTED,
    HR_YAML_BLOCK, /* | or > */
} hr_yaml_style;

/* A scalar's text with its place; what options of kind text, field or expression hold. */
typedef struct hr_text {
    const char *s; /* zero-terminated; NULL: not given */
    size_t len;
    hr_loc loc; /* of the first character in the file, the opening quote included */
    hr_yaml_style style;
    bool secret; /* from ${env:} or ${file:}: never print it */
    int width;   /* characters that it takes on its first line, quotes included; 0: not known */
    int indent;  /* blanks before the lines of a `|` block; -1: places inside are not known */
} hr_text;

/* Characters that a caret line marks for the text, at least 1. thread: any */
int hr_text_width(const hr_text *text);

typedef struct hr_yaml_node hr_yaml_node;

typedef struct hr_yaml_entry {
    hr_text key; /* of a map; key.s is NULL in a list */
    hr_yaml_node *value;
} hr_yaml_entry;

struct hr_yaml_node {
    hr_yaml_kind kind;
    hr_loc loc;
    int width;              /* characters on its first line, for the caret line */
    bool broken;            /* has an error that was reported: readers stay silent */
    hr_text text;           /* of a scalar */
    hr_yaml_entry *entries; /* of a map or list, in file order */
    size_t n;
};

/* Parses text[0..len) as the file named `file` (copied into the arena) and hands the text to `diag`
 * so that errors can show source lines. Every mistake goes to diag. NULL when there was an error
 * (or the document is empty, which is one). All nodes live in the arena. thread: any */
hr_yaml_node *hr_yaml_parse(hr_arena *arena, hr_diag *diag, const char *file, const char *text,
                            size_t len);

/* As hr_yaml_parse() for a piece of a text that begins at `start` and that diag knows already (an
 * override of the command line). */
hr_yaml_node *hr_yaml_parse_at(hr_arena *arena, hr_diag *diag, hr_loc start, const char *text,
                               size_t len);

/* As hr_yaml_parse() from a file of at most HR_YAML_BYTES_MAX. */
hr_yaml_node *hr_yaml_load(hr_arena *arena, hr_diag *diag, const char *path);

/* The file's bytes that hr_yaml_load() would parse, for those who need them too; NULL when diag got
 * the reason. */
const char *hr_yaml_read(hr_arena *arena, hr_diag *diag, const char *path, size_t *len);

/* The value of a key of a map, or NULL. */
hr_yaml_node *hr_yaml_get(const hr_yaml_node *map, const char *key);

/* Characters of the key or value that begins at that place in the tree; 0: there is none. */
int hr_yaml_width_at(const hr_yaml_node *root, hr_loc loc);

/* True for a scalar that is written plain and means nothing: `~`, `null` or no text at all. */
bool hr_yaml_is_null(const hr_yaml_node *node);

/* The place of byte `offset` of a scalar, for errors inside expressions: exact for plain and
 * quoted scalars on one line without escapes, the nearest line, or the
 * scalar's own place, otherwise. */
hr_loc hr_text_loc(const hr_text *text, size_t offset);

/* Expands ${env:NAME}, ${env:NAME:-default} and ${file:/path} in whole scalars of the tree; one in
 * a key or in a part of a scalar is an error (and the options parser refuses one that stands for an
 * expression). A variable that is not set and has no default, and a secret file open to group or
 * others, are errors that name the variable, never a value. Nodes with an error are marked broken.
 * What was expanded before stays. */
void hr_yaml_expand(hr_arena *arena, hr_diag *diag, hr_yaml_node *root);

#endif
