/* What to do about an error of the driver or the server (RELIABILITY section 8).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HR_MONGO_ERROR_CLASS_H
#define HR_MONGO_ERROR_CLASS_H
#include <stdbool.h>
#include <stdint.h>

typedef enum hr_mongo_class {
    HR_MONGO_TRANSIENT, /* over some time or another server it may work: retry */
    HR_MONGO_DUPLICATE, /* another document has this key */
    HR_MONGO_RECORD,    /* this document cannot be stored, whoever asks again */
    HR_MONGO_SETUP,     /* a person must change something: rights, names, write concern */
} hr_mongo_class;

/* How far an error reaches. */
typedef enum hr_mongo_scope {
    HR_MONGO_OF_OPERATION,     /* one entry of writeErrors */
    HR_MONGO_OF_COMMAND,       /* the whole command, or the way to the server */
    HR_MONGO_OF_WRITE_CONCERN, /* stored, but not as widely as was asked for */
} hr_mongo_scope;

/* domain: of bson_error_t (0 for entries of the server's reply), in error API version 2. retryable:
 * the reply carries the label RetryableWriteError. A server's code that no table names is the
 * record's fault when it comes with one operation, and transient when it fails a whole command:
 * so nothing is lost for a reason that is not known. thread: any */
hr_mongo_class hr_mongo_classify(hr_mongo_scope scope, uint32_t domain, int64_t code,
                                 bool retryable);

#endif
