/* Reading a collection from its start to its end, as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_READER_H
#define HR_MONGO_READER_H
#include "codec/schema.h"
#include "mongo/client.h"
#include "record/buf.h"

typedef struct hr_mongo_reader hr_mongo_reader;

/* Starts to read; `record` (NULL: none) says which fields are asked for and how they are written;
 * client and record must outlive it. NULL: out of memory. thread: the client's */
hr_mongo_reader *hr_mongo_reader_open(hr_mongo_client *client, const char *database,
                                      const char *collection, const hr_schema *record);
void hr_mongo_reader_close(hr_mongo_reader *reader); /* accepts NULL */

/* Appends the next document to `out`. HR_OK with *more false: that was all. HR_EIO: the server, try
 * again from the start; HR_ERECORD: a document that does not fit the schema, named in *err. */
int hr_mongo_reader_next(hr_mongo_reader *reader, hr_buf *out, bool *more, hr_error *err);

/* Names the document read last, for messages: by its _id where that is an ObjectId, else by its
 * place in the collection. */
void hr_mongo_reader_place(const hr_mongo_reader *reader, char *text, size_t size);

#endif
