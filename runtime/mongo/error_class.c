/* SPDX-License-Identifier: Apache-2.0 */
#include "mongo/error_class.h"

#include <mongoc/mongoc.h>
#include <stddef.h>

typedef struct error_row {
    int64_t code;
    hr_mongo_class is;
} error_row;

/* Codes of servers, by number. */
static const error_row server_codes[] = {
    {2, HR_MONGO_RECORD},        /* BadValue */
    {6, HR_MONGO_TRANSIENT},     /* HostUnreachable */
    {7, HR_MONGO_TRANSIENT},     /* HostNotFound */
    {13, HR_MONGO_SETUP},        /* Unauthorized */
    {18, HR_MONGO_SETUP},        /* AuthenticationFailed */
    {20, HR_MONGO_SETUP},        /* IllegalOperation */
    {22, HR_MONGO_RECORD},       /* InvalidBSON */
    {24, HR_MONGO_TRANSIENT},    /* LockTimeout */
    {26, HR_MONGO_SETUP},        /* NamespaceNotFound */
    {43, HR_MONGO_TRANSIENT},    /* CursorNotFound */
    {46, HR_MONGO_TRANSIENT},    /* LockBusy */
    {50, HR_MONGO_TRANSIENT},    /* MaxTimeMSExpired */
    {59, HR_MONGO_SETUP},        /* CommandNotFound */
    {61, HR_MONGO_SETUP},        /* ShardKeyNotFound */
    {63, HR_MONGO_TRANSIENT},    /* StaleShardVersion */
    {64, HR_MONGO_TRANSIENT},    /* WriteConcernFailed: wtimeout */
    {67, HR_MONGO_SETUP},        /* CannotCreateIndex */
    {72, HR_MONGO_SETUP},        /* InvalidOptions */
    {73, HR_MONGO_SETUP},        /* InvalidNamespace */
    {79, HR_MONGO_SETUP},        /* UnknownReplWriteConcern */
    {85, HR_MONGO_SETUP},        /* IndexOptionsConflict */
    {86, HR_MONGO_SETUP},        /* IndexKeySpecsConflict */
    {89, HR_MONGO_TRANSIENT},    /* NetworkTimeout */
    {91, HR_MONGO_TRANSIENT},    /* ShutdownInProgress */
    {94, HR_MONGO_TRANSIENT},    /* NotYetInitialized */
    {100, HR_MONGO_SETUP},       /* UnsatisfiableWriteConcern */
    {112, HR_MONGO_TRANSIENT},   /* WriteConflict */
    {121, HR_MONGO_RECORD},      /* DocumentValidationFailure */
    {133, HR_MONGO_TRANSIENT},   /* FailedToSatisfyReadPreference */
    {134, HR_MONGO_TRANSIENT},   /* ReadConcernMajorityNotAvailableYet */
    {146, HR_MONGO_TRANSIENT},   /* ExceededMemoryLimit */
    {150, HR_MONGO_TRANSIENT},   /* StaleEpoch */
    {166, HR_MONGO_SETUP},       /* CommandNotSupportedOnView */
    {189, HR_MONGO_TRANSIENT},   /* PrimarySteppedDown */
    {202, HR_MONGO_TRANSIENT},   /* NetworkInterfaceExceededTimeLimit */
    {262, HR_MONGO_TRANSIENT},   /* ExceededTimeLimit */
    {384, HR_MONGO_TRANSIENT},   /* ConnectionError */
    {8000, HR_MONGO_SETUP},      /* AtlasError: a limit of the plan */
    {9001, HR_MONGO_TRANSIENT},  /* SocketException */
    {10003, HR_MONGO_SETUP},     /* a capped collection, where nothing can be replaced */
    {10107, HR_MONGO_TRANSIENT}, /* NotWritablePrimary */
    {10334, HR_MONGO_RECORD},    /* BSONObjectTooLarge */
    {11000, HR_MONGO_DUPLICATE}, /* DuplicateKey */
    {11600, HR_MONGO_TRANSIENT}, /* InterruptedAtShutdown */
    {11601, HR_MONGO_TRANSIENT}, /* Interrupted */
    {11602, HR_MONGO_TRANSIENT}, /* InterruptedDueToReplStateChange */
    {13297, HR_MONGO_SETUP},     /* DatabaseDifferCase */
    {13388, HR_MONGO_TRANSIENT}, /* StaleConfig */
    {13435, HR_MONGO_TRANSIENT}, /* NotPrimaryNoSecondaryOk */
    {13436, HR_MONGO_TRANSIENT}, /* NotPrimaryOrSecondary */
    {14031, HR_MONGO_TRANSIENT}, /* OutOfDiskSpace */
};

static bool
error_find_code(int64_t code, hr_mongo_class *is)
{
    for (size_t i = 0; i < sizeof server_codes / sizeof server_codes[0]; i++) {
        if (server_codes[i].code == code) {
            *is = server_codes[i].is;
            return true;
        }
    }
    return false;
}

/* What the driver itself says; its codes overlap with those of servers. */
static hr_mongo_class
error_of_driver(uint32_t domain, int64_t code)
{
    switch (domain) {
    case MONGOC_ERROR_CLIENT:
        if (code == MONGOC_ERROR_CLIENT_AUTHENTICATE || code == MONGOC_ERROR_CLIENT_GETNONCE) {
            return HR_MONGO_SETUP;
        }
        return code == MONGOC_ERROR_CLIENT_TOO_BIG ? HR_MONGO_RECORD : HR_MONGO_TRANSIENT;
    case MONGOC_ERROR_SASL:
    case MONGOC_ERROR_SCRAM:
    case MONGOC_ERROR_NAMESPACE:
        return HR_MONGO_SETUP;
    case MONGOC_ERROR_PROTOCOL:
        return code == MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION ? HR_MONGO_SETUP : HR_MONGO_TRANSIENT;
    case MONGOC_ERROR_BSON:
        return HR_MONGO_RECORD;
    case MONGOC_ERROR_COMMAND:
        return code == MONGOC_ERROR_COMMAND_INVALID_ARG ? HR_MONGO_RECORD : HR_MONGO_TRANSIENT;
    default:
        return HR_MONGO_TRANSIENT;
    }
}

hr_mongo_class
hr_mongo_classify(hr_mongo_scope scope, uint32_t domain, int64_t code, bool retryable)
{
    hr_mongo_class is;

    if (scope == HR_MONGO_OF_WRITE_CONCERN) {
        return code == MONGOC_ERROR_WRITE_CONCERN_ERROR || !error_find_code(code, &is) ||
                       is != HR_MONGO_SETUP
                   ? HR_MONGO_TRANSIENT
                   : HR_MONGO_SETUP;
    }
    if (retryable) {
        return HR_MONGO_TRANSIENT;
    }
    if (domain != 0 && domain != MONGOC_ERROR_SERVER && domain != MONGOC_ERROR_QUERY) {
        return error_of_driver(domain, code);
    }
    if (error_find_code(code, &is)) {
        return is;
    }
    return scope == HR_MONGO_OF_OPERATION ? HR_MONGO_RECORD : HR_MONGO_TRANSIENT;
}
