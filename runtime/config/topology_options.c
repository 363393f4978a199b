/* SPDX-License-Identifier: Apache-2.0 */
#include "config/topology_options.h"

#define TOPOLOGY(member) offsetof(hr_topology_block, member)
#define ERRORS(member) (TOPOLOGY(errors.member) - TOPOLOGY(errors))
#define RATE(member) (TOPOLOGY(errors.max_rate.member) - TOPOLOGY(errors.max_rate))
#define NODE(member) offsetof(hr_node_block, member)

#define ON_ERROR_CHOICES "dead_letter|skip|fail"

static const hr_option max_rate_rows[] = {
    {.name = "records",
     .kind = HR_OPT_INT,
     .offset = RATE(records),
     .min = 1,
     .help =
         "So many failed records are let pass in the time of `per`; one more stops the topology."},
    {.name = "per",
     .kind = HR_OPT_DURATION_MS,
     .offset = RATE(per_ms),
     .fallback = "1m",
     .min = 100,
     .max = 86400000,
     .help = "The time in which they are counted."},
    {0},
};

static const hr_option errors_rows[] = {
    {.name = "on_error",
     .kind = HR_OPT_ENUM,
     .offset = ERRORS(on_error),
     .choices = ON_ERROR_CHOICES,
     .help = "What becomes of a failed record where its node does not say; absent: dead_letter "
             "where there are dead letters, else fail.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "max_rate",
     .kind = HR_OPT_BLOCK,
     .offset = ERRORS(max_rate),
     .block = max_rate_rows,
     .help = "Stops a topology in which too much fails.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "dead_letters",
     .kind = HR_OPT_NODE,
     .offset = ERRORS(dead_letters),
     .choices = "dead_letters",
     .help = "The sink of failed records: they leave with their original bytes and the reason.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

/* `take` names sections: the rows of kind HR_OPT_NODE in hr_topology_options. */
static const hr_option include_rows[] = {
    {.name = "file",
     .kind = HR_OPT_PATH,
     .offset = offsetof(hr_include_block, file),
     .flags = HR_OPT_MAIN,
     .help = "A topology or a fragment, as seen from this file. Paths that its nodes name stay "
             "relative to it."},
    {.name = "take",
     .kind = HR_OPT_LIST,
     .offset = offsetof(hr_include_block, take),
     .fallback = "[tables, steps]",
     .choices = "sources|tables|steps|sinks|endpoints",
     .flags = HR_OPT_NONEMPTY,
     .help = "The sections whose nodes come from there."},
    HR_OPT_END(hr_include_block),
};

const hr_option hr_topology_options[] = {
    {.name = "version",
     .kind = HR_OPT_INT,
     .offset = TOPOLOGY(version),
     .help = "The version of this file format: 1."},
    {.name = "topology",
     .kind = HR_OPT_NAME,
     .offset = TOPOLOGY(name),
     .help = "Its name: also the consumer group and the prefix of what it creates."},
    {.name = "fragment",
     .kind = HR_OPT_NAME,
     .offset = TOPOLOGY(fragment),
     .help = "In the place of `topology`: this file is a part that topologies include. It needs no "
             "sources and no sinks, and cannot run by itself.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "include",
     .kind = HR_OPT_BLOCKS,
     .offset = TOPOLOGY(include),
     .block = include_rows,
     .help = "Other files whose nodes become nodes of this topology, as if written here.",
     .flags = HR_OPT_NONEMPTY | HR_OPT_OPTIONAL},
    {.name = "description",
     .kind = HR_OPT_TEXT,
     .offset = TOPOLOGY(description),
     .help = "What it does, in a sentence.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "guarantee",
     .kind = HR_OPT_ENUM,
     .offset = TOPOLOGY(guarantee),
     .fallback = "at-least-once",
     .choices = "at-least-once|exactly-once",
     .help = "What holds for every record; this version keeps at-least-once."},
    {.name = "sources",
     .kind = HR_OPT_NODE,
     .offset = TOPOLOGY(sources),
     .choices = "sources",
     .help = "Where records come from, by name; may be absent where there are endpoints.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "tables",
     .kind = HR_OPT_NODE,
     .offset = TOPOLOGY(tables),
     .choices = "tables",
     .help = "Keyed reference data held in memory, by name.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "steps",
     .kind = HR_OPT_NODE,
     .offset = TOPOLOGY(steps),
     .choices = "steps",
     .help = "What is done with a record, by name; each reads a source or another step.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "sinks",
     .kind = HR_OPT_NODE,
     .offset = TOPOLOGY(sinks),
     .choices = "sinks",
     .help = "Where records go, by name; may be absent where there are endpoints.",
     .flags = HR_OPT_NONEMPTY},
    {.name = "endpoints",
     .kind = HR_OPT_NODE,
     .offset = TOPOLOGY(endpoints),
     .choices = "endpoints",
     .help = "What answers HTTP requests and emits no records, by name.",
     .flags = HR_OPT_NONEMPTY | HR_OPT_OPTIONAL},
    {.name = "errors",
     .kind = HR_OPT_BLOCK,
     .offset = TOPOLOGY(errors),
     .block = errors_rows,
     .help = "What becomes of records that fail.",
     .flags = HR_OPT_OPTIONAL},
    {0},
};

#define FROM_ROW                                                                                   \
    {                                                                                              \
        .name = "from", .kind = HR_OPT_NAME, .offset = NODE(from),                                 \
        .help = "The source or step whose records it takes."                                       \
    }
#define ON_ERROR_ROW                                                                               \
    {                                                                                              \
        .name = "on_error", .kind = HR_OPT_ENUM, .offset = NODE(on_error),                         \
        .choices = ON_ERROR_CHOICES, .flags = HR_OPT_OPTIONAL,                                     \
        .help = "What becomes of a record that fails here; absent: as under `errors`."             \
    }
#define FORMAT_ROW(text)                                                                           \
    {                                                                                              \
        .name = "format", .kind = HR_OPT_ENUM, .offset = NODE(format), .fallback = "json",         \
        .choices = "json|raw", .help = (text)                                                      \
    }

static const hr_option source_rows[] = {
    FORMAT_ROW("How records are encoded; raw: bytes, without fields."),
    {.name = "schema",
     .kind = HR_OPT_PATH,
     .offset = NODE(schema),
     .help = "Avro schema (.avsc) that types the fields; absent: any field may exist, of any type.",
     .flags = HR_OPT_OPTIONAL},
    {.name = "unknown_fields",
     .kind = HR_OPT_ENUM,
     .offset = NODE(unknown),
     .fallback = "keep",
     .choices = "keep|drop|error",
     .help = "Fields that the schema does not name."},
    ON_ERROR_ROW,
    {0},
};

static const hr_option table_rows[] = {
    {.name = "key",
     .kind = HR_OPT_LIST,
     .offset = NODE(select),
     .help = "The fields that identify a row.",
     .flags = HR_OPT_FIELD_VALUES | HR_OPT_NONEMPTY},
    FORMAT_ROW("How rows are encoded."),
    {.name = "schema",
     .kind = HR_OPT_PATH,
     .offset = NODE(schema),
     .help = "Avro schema (.avsc) of a row."},
    {.name = "unknown_fields",
     .kind = HR_OPT_ENUM,
     .offset = NODE(unknown),
     .fallback = "drop",
     .choices = "keep|drop|error",
     .help = "Fields that the schema does not name."},
    {0},
};

static const hr_option step_rows[] = {
    FROM_ROW,
    ON_ERROR_ROW,
    {0},
};

static const hr_option sink_rows[] = {
    FROM_ROW,
    FORMAT_ROW("How records are encoded, where the sink does not know it by itself."),
    {.name = "fields",
     .kind = HR_OPT_LIST,
     .offset = NODE(select),
     .help = "The fields that leave, in this order; absent: all, unknown ones too.",
     .flags = HR_OPT_FIELD_VALUES | HR_OPT_NONEMPTY | HR_OPT_OPTIONAL},
    ON_ERROR_ROW,
    {0},
};

static const hr_option endpoint_rows[] = {{0}};

const hr_option *
hr_node_options(hr_node_kind kind)
{
    static const hr_option *const tables[] = {source_rows, table_rows, step_rows, sink_rows,
                                              endpoint_rows};

    return tables[kind];
}

const char *
hr_node_kind_word(hr_node_kind kind)
{
    static const char *const words[] = {"source", "table", "step", "sink", "endpoint"};

    return words[kind];
}

const char *
hr_node_type_word(hr_node_kind kind)
{
    static const char *const words[] = {"kind of source", "kind of table", "operator",
                                        "kind of sink", "kind of endpoint"};

    return words[kind];
}
