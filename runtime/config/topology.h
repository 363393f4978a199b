/* A topology as loaded from its file: named nodes, wired. config/topology_load.c fills it from YAML
 * up to the wiring; engine/topology_compile.c then gives every node its fields, slots and blocks.
 * Everything lives in the topology's arena and is read-only once compiled.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_CONFIG_TOPOLOGY_H
#define HR_CONFIG_TOPOLOGY_H
#include "config/options.h"
#include "config/yaml_node.h"
#include "record/fields.h"

typedef struct hr_topology hr_topology;
typedef struct hr_node hr_node;

typedef enum hr_node_kind {
    HR_NODE_SOURCE,
    HR_NODE_TABLE,
    HR_NODE_STEP,
    HR_NODE_SINK,
    HR_NODE_ENDPOINT
} hr_node_kind;

typedef enum hr_on_error {
    HR_ON_ERROR_DEAD_LETTER,
    HR_ON_ERROR_SKIP,
    HR_ON_ERROR_FAIL,
} hr_on_error;

/* A source, table, step, sink or endpoint. */
struct hr_node {
    hr_node_kind kind;
    hr_text name;
    hr_topology *topology;
    uint32_t index;           /* among the topology's nodes of this kind */
    const hr_yaml_node *yaml; /* the node's map */

    hr_text type_name;                /* the operator's key: enrich, kafka ... */
    const hr_yaml_node *options_yaml; /* its value */
    const void
        *type;     /* hr_op_type, hr_source_type, hr_sink_type, hr_table_type or hr_endpoint_type */
    void *options; /* filled from the type's options table */
    void *shared;  /* filled by the type's compile() */
    bool compiled; /* compile() returned HR_OK: release() is due */
    bool broken;   /* has an error; what follows from it is not reported */

    hr_text from;   /* steps and sinks */
    hr_node *input; /* the node that `from` names */
    hr_node **outputs;
    size_t n_outputs;
    hr_on_error on_error;
    bool on_error_given;

    /* Sources and tables decode, sinks encode. */
    hr_format format;
    hr_text schema_path; /* resolved; s NULL: none */
    const hr_schema *schema;
    hr_unknown unknown;
    hr_opt_list select; /* sink: fields; table: key */

    hr_fields fields;    /* of the records that leave it; of a sink: that reach it; of an endpoint:
                            that its answers may hold */
    hr_lineage *lineage; /* of the source it hangs on; tables and endpoints have their own */
    void *decoder;       /* hr_decoder: sources, tables */
    void *encoder;       /* hr_encoder: sinks that want one */
};

/* Another file that nodes of this topology come from. */
typedef struct hr_included {
    const char *file; /* as seen from the working directory */
    size_t n_nodes;
} hr_included;

struct hr_topology {
    hr_arena *arena;
    hr_diag *diag;          /* of the check; not used at run time */
    const char *file;       /* as given on the command line */
    const char *dir;        /* folder of the file */
    const char *files_root; /* real path beneath which named files must lie */
    uint64_t hash;          /* of the bytes of the file and of what it includes; travels with dead
                               letters */
    hr_text name, description;
    bool fragment;               /* a part that topologies include: it can be checked, not run */
    const hr_included *includes; /* the files that nodes came from, in the order they were read */
    size_t n_includes;
    bool dry; /* set before compiling: every sink gets an encoder, so that it can be printed */
    bool exactly_once; /* asked for by `guarantee` */
    hr_node *sources, *tables, *steps, *sinks, *endpoints;
    size_t n_sources, n_tables, n_steps, n_sinks, n_endpoints;
    hr_node **order; /* steps, every one behind its input */
    /* errors: */
    hr_on_error on_error;
    hr_node *dead_letters;    /* a sink node outside `sinks`; NULL: none */
    int64_t max_rate_records; /* more failed records than this within max_rate_per_ms stop the */
    int64_t max_rate_per_ms;  /* topology; 0: no limit */
};

/* Reads and wires the file; every mistake goes to diag. config_files_root: the runner's files_root
 * or NULL. Returns the topology even when there were errors, as far as it got (NULL: the file could
 * not be read or is not YAML). Node types are looked up through the registry (hr_registry.h). The
 * caller compiles it next and destroys it with hr_topology_destroy(). */
hr_topology *hr_topology_load(const char *path, const char *config_files_root, hr_diag *diag);

/* Releases the nodes' shared blocks (type->release), then the arena. Accepts NULL. */
void hr_topology_destroy(hr_topology *topology);

/* The node of that name and kind, or NULL. */
hr_node *hr_topology_find(const hr_topology *topology, hr_node_kind kind, const char *name);

#endif
