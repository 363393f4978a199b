/* Runs a topology in memory: JSON records in, what reaches the sinks and what fails out. No
 * servers, no threads but those of tables; the real loader, compiler, codec and operators.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_TEST_DRIVER_H
#define HR_TEST_DRIVER_H
#include "config/topology.h"

/* A folder of its own for the files that a topology names, and the topology. A call that cannot do
 * what it says fails the test. */
typedef struct driver driver;

driver *driver_new(void);
void driver_free(driver *d);

/* Writes a file into the folder (or into a folder in it), or copies one of the source tree there.
 */
void driver_file(driver *d, const char *name, const char *text);
void driver_copy(driver *d, const char *name, const char *source_path);

void driver_bytes(driver *d, const char *name, const void *bytes, size_t n);

/* The path of a file in the folder; the caller frees it. */
char *driver_path(const driver *d, const char *name);

/* Loads and compiles; true when there was no error. driver_diag() is then what `check` prints, the
 * folder's name left out. */
bool driver_load(driver *d, const char *yaml);
const char *driver_diag(driver *d);
hr_topology *driver_topology(driver *d);

/* As driver_load() for a topology of one source `in` with these fields (the `fields` of an Avro
 * record; empty: the file in.avsc that is there; NULL: no schema), these steps (and tables: whole
 * sections, in YAML), and one sink `out` behind the step `last`. */
bool driver_load_steps(driver *d, const char *fields, const char *steps);

/* Fails the test unless the records come out as `expected`, in batches of 1 and of 1,024 alike. */
void driver_expect(driver *d, const char *json, const char *expected);

/* Starts the tables and waits until they are ready. Stopped by driver_free(). */
void driver_tables(driver *d);

/* Sends the lines of `json` (one record each, key "k0", "k1" ...; a line `null` is a null value)
 * through the topology in batches of batch_rows. Returns one line for each record that reaches a
 * sink, "SINK: json", and one for each that fails, "STEP failed RECORD: code: reason (action)", in
 * the order of records, then of nodes; the caller frees it. State of operators lives for the call.
 */
char *driver_run(driver *d, const char *json, size_t batch_rows);

#endif
