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

/* Reads the files that `include:` of the expanded `root` names, and what those include, and puts
 * the nodes that are taken into the sections of `root`, before its own. A section that could not be
 * read is left as a broken value, so that nothing is said about what lacks because of it. Adds the
 * files' bytes to the topology's hash. HR_OK, with every mistake in diag, or HR_ENOMEM. */
int hr_load_includes(hr_loader *loader, hr_yaml_node *root);

/* The keys of a file with a broken value for each that it may lack because it is a fragment or has
 * endpoints; the file itself, when it is neither or no map. */
const hr_yaml_node *hr_load_own_keys(hr_loader *loader, const hr_yaml_node *root);

/* A fragment has no name of a topology, no guarantee and no errors. */
void hr_load_check_fragment(hr_loader *loader, const hr_yaml_node *root);
void hr_load_check_version(hr_loader *loader, const hr_yaml_node *root,
                           const hr_topology_block *block);

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
