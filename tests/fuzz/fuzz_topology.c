/* Any bytes as a topology file: YAML, tree, options, then the whole way of `check`: expansion,
 * nodes, wiring, schemas, expressions; and what is printed about it. It lies in tests/fuzz/files,
 * so what it includes, and every other file that it names, is one of those few.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "config/options.h"
#include "config/topology_load.h"
#include "engine/topology_compile.h"

#include <stdlib.h>

typedef struct fuzz_options {
    double rate;
    int64_t number, wait_ms, bytes;
    bool fast;
    int mode;
    const char *title;
    hr_text name, secret, path, expr;
    hr_opt_list list;
    hr_opt_map map;
    struct {
        int64_t n;
    } block;
    const hr_yaml_node *node;
} fuzz_options;

#define ROW(name, kind, member, ...)                                                               \
    {                                                                                              \
        name, kind, offsetof(fuzz_options, member), __VA_ARGS__                                    \
    }
static const hr_option block_rows[] = {
    {"n", HR_OPT_INT, 0, "1", 1, 9, "", NULL, NULL, 0},
    {0},
};
static const hr_option fuzz_rows[] = {
    ROW("rate", HR_OPT_REAL, rate, NULL, 0, 1, "", NULL, NULL, HR_OPT_OPTIONAL),
    ROW("number", HR_OPT_INT, number, "3", -5, 5, "", NULL, NULL, 0),
    ROW("wait", HR_OPT_DURATION_MS, wait_ms, "5s", 0, 0, "", NULL, NULL, 0),
    ROW("bytes", HR_OPT_SIZE, bytes, "1KiB", 0, 0, "", NULL, NULL, 0),
    ROW("fast", HR_OPT_BOOL, fast, "false", 0, 0, "", NULL, NULL, 0),
    ROW("mode", HR_OPT_ENUM, mode, "b", 0, 0, "", "a|b", NULL, 0),
    ROW("title", HR_OPT_STR, title, NULL, 0, 0, "", NULL, NULL, HR_OPT_MAIN | HR_OPT_OPTIONAL),
    ROW("name", HR_OPT_NAME, name, NULL, 0, 0, "", NULL, NULL, 0),
    ROW("secret", HR_OPT_SECRET, secret, NULL, 0, 0, "", NULL, NULL, HR_OPT_OPTIONAL),
    ROW("path", HR_OPT_PATH, path, NULL, 0, 0, "", NULL, NULL, HR_OPT_OPTIONAL),
    ROW("expr", HR_OPT_EXPR, expr, NULL, 0, 0, "", NULL, NULL, HR_OPT_OPTIONAL),
    ROW("list", HR_OPT_LIST, list, NULL, 0, 0, "", NULL, NULL,
        HR_OPT_OPTIONAL | HR_OPT_FIELD_VALUES),
    ROW("map", HR_OPT_MAP, map, NULL, 0, 0, "", NULL, NULL, HR_OPT_OPTIONAL | HR_OPT_EXPR_VALUES),
    ROW("block", HR_OPT_BLOCK, block, "{}", 0, 0, "", NULL, block_rows, 0),
    ROW("node", HR_OPT_NODE, node, NULL, 0, 0, "", NULL, NULL, HR_OPT_OPTIONAL),
    {0},
};

static void
fuzz_places(const hr_yaml_node *node)
{
    if (node->kind == HR_YAML_SCALAR) {
        hr_text_loc(&node->text, node->text.len / 2);
        hr_text_width(&node->text);
    }
    for (size_t i = 0; i < node->n; i++) {
        fuzz_places(node->entries[i].value);
    }
}

static void
fuzz_print(const hr_diag *diag)
{
    FILE *out = fopen("/dev/null", "w");

    if (out == NULL) {
        abort();
    }
    hr_diag_print(diag, out, HR_DIAG_TEXT);
    hr_diag_print(diag, out, HR_DIAG_JSON);
    hr_diag_print(diag, out, HR_DIAG_GITHUB);
    fclose(out);
}

/* What `headrace check` does. */
static void
fuzz_check(const char *text, size_t size)
{
    hr_diag *diag = hr_diag_create();
    hr_topology *t =
        hr_topology_load_text(HR_FUZZ_FILES "/fuzz.yaml", text, size, HR_FUZZ_FILES, diag);

    if (t == NULL && hr_diag_errors(diag) == 0) {
        abort(); /* nothing without a reason */
    }
    if (t != NULL && (hr_topology_compile(t, diag) == HR_OK) != (hr_diag_errors(diag) == 0)) {
        abort();
    }
    fuzz_print(diag);
    hr_topology_destroy(t);
    hr_diag_destroy(diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hr_arena *arena = hr_arena_create(4096, 64u << 20);
    hr_diag *diag = hr_diag_create();
    hr_opt_env env = {.arena = arena, .diag = diag, .owner = "fuzz"};
    fuzz_options opt = {0};
    hr_yaml_node *root;

    if (arena == NULL || diag == NULL) {
        abort();
    }
    root = hr_yaml_parse(arena, diag, "fuzz.yaml", (const char *)data, size);
    if ((root == NULL) != (hr_diag_errors(diag) > 0)) {
        abort(); /* nothing without a reason, no tree with errors */
    }
    if (root != NULL) {
        bool ok = hr_options_parse(&env, fuzz_rows, root, root->loc, &opt) == HR_OK;

        fuzz_places(root);
        if (ok != (hr_diag_errors(diag) == 0)) {
            abort();
        }
    }
    fuzz_print(diag);
    hr_diag_destroy(diag);
    hr_arena_destroy(arena);
    fuzz_check((const char *)data, size);
    return 0;
}
