/* SPDX-License-Identifier: Apache-2.0 */
#include "record/type.h"

const char *
hr_kind_name(hr_kind kind)
{
    static const char *const names[] = {"any",   "bool",      "int",  "double", "string",
                                        "bytes", "timestamp", "list", "map",    "record"};

    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}
