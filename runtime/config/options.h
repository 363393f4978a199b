/* Options tables: one row gives parsing, range, unit, default, help, manual and JSON Schema, so
 * they cannot drift.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_OPTIONS_H
#define HR_CONFIG_OPTIONS_H
#include "config/diag.h"
#include "config/yaml_node.h"

typedef enum hr_opt_kind {
    HR_OPT_STR,         /* const char * */
    HR_OPT_TEXT,        /* hr_text: a string with its place */
    HR_OPT_INT,         /* int64_t */
    HR_OPT_REAL,        /* double */
    HR_OPT_BOOL,        /* bool */
    HR_OPT_DURATION_MS, /* int64_t; 500ms, 5s, 1m, 2h, 1d */
    HR_OPT_SIZE,        /* int64_t bytes; 512, 4KiB, 64MiB, 1GiB */
    HR_OPT_ENUM,        /* int: index into `choices` */
    HR_OPT_PATH,   /* hr_text: a path beneath the files root, resolved; the file must be readable */
    HR_OPT_NAME,   /* hr_text: matches [a-z][a-z0-9_]* (table, connection ...) */
    HR_OPT_FIELD,  /* hr_text: name of a field */
    HR_OPT_EXPR,   /* hr_text: an expression; ${...} is refused in it */
    HR_OPT_LIST,   /* hr_opt_list: scalars */
    HR_OPT_MAP,    /* hr_opt_map: name -> scalar, in file order */
    HR_OPT_BLOCK,  /* a nested struct described by `block`, whose offsets count from its start; with
                      the fallback "{}" its own fallbacks hold when it is absent */
    HR_OPT_BLOCKS, /* hr_opt_blocks: a list of such structs; `block` ends with HR_OPT_END(struct) */
    HR_OPT_SECRET, /* hr_text: must come from ${env:} or ${file:}; an inline value is an error */
    HR_OPT_NODE,   /* const hr_yaml_node *: a map that its owner parses; `choices` names its part of
                      the JSON Schema ("#/$defs/steps") */
} hr_opt_kind;

typedef struct hr_opt_list {
    const hr_text *v;
    size_t n;
} hr_opt_list;

typedef struct hr_opt_entry {
    hr_text key, value;
} hr_opt_entry;

typedef struct hr_opt_map {
    const hr_opt_entry *v;
    size_t n;
} hr_opt_map;

typedef struct hr_opt_blocks {
    void *v; /* an array of the row's structs */
    size_t n;
} hr_opt_blocks;

enum {
    HR_OPT_MAIN = 0x1, /* a scalar (or list) in place of the map sets this row: `filter: 'x > 1'` */
    HR_OPT_ALL_KEYS = 0x2,      /* HR_OPT_MAP only, single row: the map itself, as in derive */
    HR_OPT_OPTIONAL = 0x4,      /* absent leaves the zeroed value and needs no fallback text */
    HR_OPT_EXPR_VALUES = 0x8,   /* HR_OPT_MAP: values are expressions; HR_OPT_LIST likewise */
    HR_OPT_FIELD_VALUES = 0x10, /* HR_OPT_LIST: items are field names */
    HR_OPT_NONEMPTY = 0x20,
    HR_OPT_CREATED = 0x40, /* HR_OPT_PATH: a file that is written; its folder must exist */
    HR_OPT_FOLDER = 0x80,  /* HR_OPT_PATH: a folder */
};

typedef struct hr_option {
    const char *name;
    hr_opt_kind kind;
    size_t offset;        /* into the options block; filled before compile(), const afterwards */
    const char *fallback; /* as YAML text; NULL and no HR_OPT_OPTIONAL: the key is required */
    double min, max;      /* both 0: unchecked; milliseconds and bytes for durations and sizes */
    const char *help;     /* one line; the manual is generated from it */
    const char *choices;  /* HR_OPT_ENUM: "dead_letter|skip|fail"; HR_OPT_LIST: of each item */
    const struct hr_option *block; /* HR_OPT_BLOCK, HR_OPT_BLOCKS: the rows, ending with {0} */
    unsigned flags;
} hr_option;

/* The end of the rows of HR_OPT_BLOCKS: knows how large one struct is. */
#define HR_OPT_END(type)                                                                           \
    {                                                                                              \
        .offset = sizeof(type)                                                                     \
    }

/* What a parse needs beside the table. */
typedef struct hr_opt_env {
    hr_arena *arena; /* owns all strings and arrays of the block */
    hr_diag *diag;
    const char *owner;       /* "enrich", "sink kafka": names the operator in messages */
    const char *files_root;  /* real path; NULL: PATH options are not resolved nor checked */
    const char *base_dir;    /* relative paths start here (the folder of the topology file) */
    const hr_option *beside; /* keys that stand beside the owner: the hint for one that is below it;
                                may be NULL */
    int at_width;            /* characters to mark where a missing key is reported; 0: one */
} hr_opt_env;

/* Fills the zeroed `block` from `node` by `table` (ends with {0}); reports every unknown, missing,
 * mistyped and out-of-range key with its place and remedy. `at` is where a missing key is reported
 * (the operator's key). HR_OK or HR_ECONFIG. thread: any */
int hr_options_parse(const hr_opt_env *env, const hr_option *table, const hr_yaml_node *node,
                     hr_loc at, void *block);

/* The row of that name; NULL if there is none. */
const hr_option *hr_options_find(const hr_option *table, const char *name);

/* True when the option was given in `node` (as a key, or as the scalar that stands for the map) and
 * its text is `text`. For an option of kind enum or name. */
bool hr_options_given_as(const hr_option *row, const hr_yaml_node *node, const char *text);

/* The place of an option in a parsed node: its value if given, else the node itself. */
hr_loc hr_options_loc(const hr_yaml_node *node, const char *option);

/* "rate   real, 0 to 1, required   Share of the keys to keep." one line per row, blocks indented.
 */
void hr_options_help(FILE *out, const hr_option *table);
/* The same as a Markdown table for the generated reference. */
void hr_options_markdown(FILE *out, const hr_option *table);
/* A JSON Schema object for the table (draft 2020-12), without trailing newline. */
void hr_options_json_schema(FILE *out, const hr_option *table, int indent);
/* The same for the value of one row. */
void hr_option_json_schema(FILE *out, const hr_option *row, int indent);

/* Parses "250ms", "5s", "64MiB" as the tables do. false: not one. */
bool hr_parse_duration_ms(const char *text, int64_t *ms);
bool hr_parse_size(const char *text, int64_t *bytes);

/* Resolves a path named by a file in base_dir: it must lie beneath root (realpath and prefix), be a
 * regular file and readable. HR_OK, or HR_ECONFIG with place and remedy. `out` lives in the arena.
 */
int hr_path_resolve(hr_arena *arena, const char *root, const char *base_dir, const hr_text *path,
                    const char **out, hr_error *err);

/* As hr_path_resolve() for a folder. */
int hr_path_resolve_folder(hr_arena *arena, const char *root, const char *base_dir,
                           const hr_text *path, const char **out, hr_error *err);

/* As hr_path_resolve() for a file that may not exist yet: its folder must. */
int hr_path_resolve_new(hr_arena *arena, const char *root, const char *base_dir,
                        const hr_text *path, const char **out, hr_error *err);

#endif
