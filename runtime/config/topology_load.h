/* Between the parts of the loader. Internal to runtime/config.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_TOPOLOGY_LOAD_H
#define HR_CONFIG_TOPOLOGY_LOAD_H
#include "config/topology_options.h"

typedef struct hr_loader {
    hr_topology *topology;
    hr_diag *diag;
    hr_opt_env env;        /* paths are resolved beneath the topology's files root */
    bool has_dead_letters; /* errors.dead_letters was written, right or wrong */
    bool names_unsure;     /* a section is missing or wrong: what it would hold is not known */
    bool wiring_unsure;    /* some `from` is not known: what looks unused may not be */
    bool tables_unsure;    /* some step has a mistake: what looks unused may not be */
} hr_loader;

/* As hr_topology_load() from a text in memory. */
hr_topology *hr_topology_load_text(const char *path, const char *text, size_t len,
                                   const char *config_files_root, hr_diag *diag);

/* Makes the nodes of one section, each with its type and options; every mistake goes to diag and
 * marks its node broken. section: the map under `sources:`, NULL for none. */
int hr_load_nodes(hr_loader *loader, hr_node_kind kind, const hr_yaml_node *section);

/* errors.dead_letters: a sink that stands alone. */
int hr_load_dead_letters(hr_loader *loader, const hr_text *key, const hr_yaml_node *yaml);

/* Names: no two nodes with one name. */
void hr_load_check_names(hr_loader *loader);

/* Connects the nodes: inputs, outputs, cycles, what nothing reads, the order of steps. */
int hr_load_wire(hr_loader *loader);

/* Marks the node broken and reports. */
void hr_load_error(hr_loader *loader, hr_node *node, hr_loc loc, int width, const char *slug,
                   const char *hint, const char *fmt, ...) __attribute__((format(printf, 7, 8)));

#endif
